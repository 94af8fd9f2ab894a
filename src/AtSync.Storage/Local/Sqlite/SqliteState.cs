using AtSync.Storage.Local.Core;
using AtSync.Storage.Sqlite;

namespace AtSync.Storage.Local.Sqlite;

/// <summary>The row of counters: read once per transaction, written only when something changed.</summary>
internal sealed class SqliteState(SqliteDatabase database)
{
    private readonly StatementCache _statements = new(database);
    private StoreState _loaded;

    public StoreState Load()
    {
        var select = _statements[
            """
            SELECT generation, resyncing, next_seq, records, bytes, pending, dead, quarantined, quarantine_bytes, conflicts, replaced,
              replaced_bytes, accepted_ranges, change_seq, watch_until FROM state WHERE id = 1
            """];
        try
        {
            if (!select.Step())
            {
                throw new StoreException(StoreFault.Corrupt, $"The local store '{database.Path}' has lost its counters. Restore it from a copy.");
            }

            return _loaded = new StoreState
            {
                Generation = select.Long(0),
                IsResyncing = select.Long(1) != 0,
                NextSeq = select.Long(2),
                Records = select.Long(3),
                Bytes = select.Long(4),
                Pending = select.Long(5),
                Dead = select.Long(6),
                Quarantined = select.Long(7),
                QuarantineBytes = select.Long(8),
                Conflicts = select.Long(9),
                Replaced = select.Long(10),
                ReplacedBytes = select.Long(11),
                AcceptedRanges = select.Long(12),
                ChangeSeq = select.Long(13),
                WatchUntilMs = select.Long(14),
            };
        }
        finally
        {
            select.Reset();
        }
    }

    public void Save(StoreState state)
    {
        if (state == _loaded)
        {
            return;
        }

        _statements[
            """
            UPDATE state SET generation = ?, resyncing = ?, next_seq = ?, records = ?, bytes = ?, pending = ?, dead = ?, quarantined = ?,
              quarantine_bytes = ?, conflicts = ?, replaced = ?, replaced_bytes = ?, accepted_ranges = ?, change_seq = ?, watch_until = ? WHERE id = 1
            """]
            .Bind(1, state.Generation).Bind(2, state.IsResyncing ? 1L : 0).Bind(3, state.NextSeq).Bind(4, state.Records).Bind(5, state.Bytes)
            .Bind(6, state.Pending).Bind(7, state.Dead).Bind(8, state.Quarantined).Bind(9, state.QuarantineBytes).Bind(10, state.Conflicts)
            .Bind(11, state.Replaced).Bind(12, state.ReplacedBytes).Bind(13, state.AcceptedRanges)
            .Bind(14, state.ChangeSeq).Bind(15, state.WatchUntilMs).Run();
        _loaded = state;
    }
}
