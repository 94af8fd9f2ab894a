using AtSync.Storage.Sqlite;

namespace AtSync.Storage.Server.Shards;

/// <summary>
/// The tables of a shard file. <c>record</c> has one row per key: the record, or the tombstone of a logged deletion.
/// <c>record_log</c> is the commit log: one range of live entries and one of tombstones per tenant, merged by the reader, so that
/// skipped tombstones are never visited. A row that is not logged has no commit id and is in neither. The value is the last column,
/// so that what does not need it does not read its overflow pages. A tenant without a name is being removed.
/// </summary>
internal static class ShardSchema
{
    /// <summary>The kind of file.</summary>
    public static readonly SqliteSchema Schema = new("key store", ApplicationId: 0x41745331, [Version1, Version2, Version3, Version4]);

    private const string Version1 = """
        CREATE TABLE shard(id INTEGER PRIMARY KEY, position INTEGER NOT NULL, count INTEGER NOT NULL);

        CREATE TABLE tenant(
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT UNIQUE,
            epoch TEXT NOT NULL,
            last_commit_id INTEGER NOT NULL,
            records INTEGER NOT NULL,
            bytes INTEGER NOT NULL);

        CREATE TABLE record(
            id INTEGER PRIMARY KEY,
            tenant INTEGER NOT NULL,
            key TEXT NOT NULL,
            deleted INTEGER NOT NULL,
            commit_id INTEGER,
            op INTEGER NOT NULL,
            op_time INTEGER NOT NULL,
            version INTEGER NOT NULL,
            created INTEGER NOT NULL,
            updated INTEGER NOT NULL,
            available INTEGER,
            expires INTEGER,
            refresh INTEGER,
            metadata BLOB NOT NULL,
            value BLOB);

        CREATE UNIQUE INDEX record_key ON record(tenant, key);
        CREATE UNIQUE INDEX record_log ON record(tenant, deleted, commit_id) WHERE commit_id IS NOT NULL;
        CREATE INDEX record_expiry ON record(tenant, expires) WHERE expires IS NOT NULL;
        """;

    // Positions are never used again (AUTOINCREMENT): who follows the log from a position must not miss what comes later.
    private const string Version2 = """
        CREATE TABLE notification(
            position INTEGER PRIMARY KEY AUTOINCREMENT,
            tenant INTEGER NOT NULL,
            id TEXT NOT NULL,
            kind INTEGER NOT NULL,
            status INTEGER NOT NULL,
            peer TEXT NOT NULL,
            created INTEGER NOT NULL,
            expires INTEGER NOT NULL,
            attempts INTEGER NOT NULL,
            body BLOB NOT NULL);

        CREATE UNIQUE INDEX notification_id ON notification(tenant, id);
        CREATE INDEX notification_received ON notification(tenant, position) WHERE kind<>1;
        CREATE INDEX notification_queue ON notification(tenant, peer, position) WHERE kind=1 AND status=0;
        CREATE INDEX notification_expiry ON notification(tenant, expires);
        """;

    // The limits are those of one atSign alone; NULL is the default's business. A refresh time matters for cached copies only.
    private const string Version3 = """
        ALTER TABLE tenant ADD COLUMN notifications INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE tenant ADD COLUMN notification_bytes INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE tenant ADD COLUMN max_records INTEGER;
        ALTER TABLE tenant ADD COLUMN max_bytes INTEGER;
        ALTER TABLE tenant ADD COLUMN max_notifications INTEGER;
        ALTER TABLE tenant ADD COLUMN max_notification_bytes INTEGER;
        UPDATE tenant SET
            notifications = (SELECT count(*) FROM notification WHERE notification.tenant=tenant.id),
            notification_bytes = (SELECT coalesce(sum(octet_length(notification.id) + octet_length(peer) + octet_length(body)), 0)
                FROM notification WHERE notification.tenant=tenant.id);

        ALTER TABLE notification ADD COLUMN topic TEXT;
        CREATE INDEX notification_topic ON notification(tenant, peer, topic, position) WHERE topic IS NOT NULL AND kind=1 AND status=0;

        CREATE INDEX record_refresh ON record(refresh) WHERE refresh IS NOT NULL AND key>='cached:' AND key<'cached;';
        """;

    // Of which epoch this one is the continuation, and up to which commit id.
    private const string Version4 = """
        ALTER TABLE tenant ADD COLUMN epoch_from TEXT;
        ALTER TABLE tenant ADD COLUMN epoch_commit_id INTEGER;
        """;
}
