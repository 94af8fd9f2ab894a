using AtSync.Storage.Sqlite;

namespace AtSync.Storage.Local.Sqlite;

/// <summary>The tables of a local store and how they came to be.</summary>
/// <remarks>
/// <c>records</c> holds one row per key, the value last so that headers are read without it. <c>seq</c> is the outbox row of its last
/// pushed edit: the outbox needs neither key nor second index. <c>accepted</c> holds ranges of settled numbers (see
/// <see cref="Core.LocalCore.StandingOf"/>). <c>changes</c> holds what watchers have not read yet, and grows only while somebody watches. <c>state</c> is one row of counters, so that nothing is ever counted by walking.
/// </remarks>
internal static class LocalSchema
{
    public static SqliteSchema Instance { get; } = new("local store", 0x41744C53, [Version1, Version2]);

    private const string Version2 =
        """
        ALTER TABLE state ADD COLUMN change_seq INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE state ADD COLUMN watch_until INTEGER NOT NULL DEFAULT 0;
        CREATE TABLE changes(seq INTEGER PRIMARY KEY, key TEXT NOT NULL, deleted INTEGER NOT NULL, remote INTEGER NOT NULL, commit_id INTEGER NOT NULL);
        """;

    private const string Version1 =
        """
        CREATE TABLE state(
          id INTEGER PRIMARY KEY CHECK(id = 1), owner TEXT NOT NULL, device_id TEXT NOT NULL,
          generation INTEGER NOT NULL, resyncing INTEGER NOT NULL, next_seq INTEGER NOT NULL, records INTEGER NOT NULL, bytes INTEGER NOT NULL,
          pending INTEGER NOT NULL, dead INTEGER NOT NULL, quarantined INTEGER NOT NULL, quarantine_bytes INTEGER NOT NULL,
          conflicts INTEGER NOT NULL, replaced INTEGER NOT NULL, replaced_bytes INTEGER NOT NULL, accepted_ranges INTEGER NOT NULL);

        CREATE TABLE records(
          id INTEGER PRIMARY KEY, key TEXT NOT NULL, commit_id INTEGER NOT NULL, seq INTEGER NOT NULL, has_value INTEGER NOT NULL,
          tombstone INTEGER NOT NULL, own INTEGER NOT NULL, generation INTEGER NOT NULL, updated_at INTEGER NOT NULL,
          available_at INTEGER, expires_at INTEGER, metadata BLOB NOT NULL, value BLOB NOT NULL);
        CREATE UNIQUE INDEX records_key ON records(key);
        CREATE INDEX records_expiry ON records(expires_at) WHERE expires_at IS NOT NULL;
        CREATE INDEX records_tombstone ON records(commit_id) WHERE tombstone = 1 AND seq = 0;

        CREATE TABLE outbox(
          seq INTEGER PRIMARY KEY, record INTEGER NOT NULL, op INTEGER NOT NULL, edit_time INTEGER NOT NULL, attempts INTEGER NOT NULL,
          not_before INTEGER NOT NULL, dead INTEGER NOT NULL, error_code TEXT, error_detail TEXT);
        CREATE INDEX outbox_refused ON outbox(seq) WHERE attempts > 0;

        CREATE TABLE accepted(first_seq INTEGER PRIMARY KEY, last_seq INTEGER NOT NULL, first_commit INTEGER NOT NULL);

        CREATE TABLE cursors(name TEXT PRIMARY KEY NOT NULL, position INTEGER NOT NULL);

        CREATE TABLE quarantine(
          id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, commit_id INTEGER NOT NULL, error_code TEXT NOT NULL,
          error_detail TEXT NOT NULL, seen_at INTEGER NOT NULL, raw BLOB NOT NULL);

        CREATE TABLE conflicts(
          id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, kind INTEGER NOT NULL, policy TEXT NOT NULL, detected_at INTEGER NOT NULL,
          local_op INTEGER NOT NULL, local_commit INTEGER NOT NULL, local_updated INTEGER,
          remote_op INTEGER NOT NULL, remote_commit INTEGER NOT NULL, remote_updated INTEGER,
          local_metadata BLOB NOT NULL, remote_metadata BLOB NOT NULL, local_value BLOB NOT NULL, remote_value BLOB NOT NULL);
        CREATE INDEX conflicts_replaced ON conflicts(id) WHERE kind = 3;

        CREATE TABLE properties(name TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL);
        """;
}
