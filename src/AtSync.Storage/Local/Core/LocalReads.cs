namespace AtSync.Storage.Local.Core;

/// <summary>What is read from a local store, over a snapshot.</summary>
internal static class LocalReads
{
    public static LocalRecord? Get(this LocalCore core, string key) =>
        core.Tables.Find(key, content: true) is { IsTombstone: false } row ? LocalCore.ToRecord(row, core.StandingOf(row)) : null;

    public static List<LocalRecord> Scan(this LocalCore core, string prefix, string afterKey, int limit, bool withValues) =>
        limit <= 0 ? [] : core.Tables.Scan(prefix, afterKey, limit, withValues).ConvertAll(row => LocalCore.ToRecord(row, core.StandingOf(row)));

    public static List<OutboxItem> ReadOutbox(this LocalCore core, long afterSeq, long nowMs, int countMax, long bytesMax)
    {
        var items = new List<OutboxItem>();
        var bytes = 0L;
        if (countMax <= 0)
        {
            return items;
        }

        core.Tables.ReadOutbox(afterSeq, nowMs, (row, record) =>
        {
            bytes += record.Value.Length;
            if (items.Count > 0 && bytes > bytesMax)
            {
                return false;
            }

            items.Add(core.ToPendingItem(row, record));
            return items.Count < countMax;
        });
        return items;
    }

    public static List<OutboxItem> ListRefused(this LocalCore core, int limit) =>
        limit <= 0 ? [] : core.Tables.ListRefused(limit).ConvertAll(row => core.ToPendingItem(row, core.Tables.Find(row.RecordId, content: true)!));

    public static int RetryRefused(this LocalCore core, string? key)
    {
        List<OutboxRow> rows;
        if (key is null)
        {
            rows = core.Tables.ListRefused(int.MaxValue);
        }
        else
        {
            var row = core.Tables.Find(key, content: false) is { Seq: > 0 } record ? core.Tables.FindOutbox(record.Seq) : null;
            rows = row is { Attempts: > 0 } ? [row] : [];
        }

        foreach (var row in rows)
        {
            core.CountOutbox(row, -1);
            (row.IsDead, row.NotBeforeMs, row.Attempts, row.Error) = (false, 0, 0, null);
            core.Tables.UpdateOutbox(row);
            core.CountOutbox(row, 1);
        }

        return rows.Count;
    }
}
