using System.Text;
using AtSync.Protocol;
using AtSync.Storage.Server;

namespace AtSync.Storage.Tests.Server;

/// <summary>An entry of the log, copied.</summary>
public sealed record LogEntry(long CommitId, string Key, CommitOp Op, string Value, bool HasValue, string Metadata, long OpTimeMs, RecordTimes Times);

/// <summary>Whole answers from the visiting reads.</summary>
public static class Reading
{
    private static CancellationToken None => CancellationToken.None;

    public static async Task<List<LogEntry>> LogAsync(this IKeyStore store, long after = -1, long skipDeletesUntil = -1, int limit = int.MaxValue)
    {
        var entries = new List<LogEntry>();
        await store.ReadLogAsync(
            after,
            skipDeletesUntil,
            (in LogEntryView entry) =>
            {
                if (entries.Count == limit)
                {
                    return false;
                }

                entries.Add(new LogEntry(
                    entry.CommitId, Encoding.UTF8.GetString(entry.Key), entry.Op, Encoding.UTF8.GetString(entry.Value), entry.HasValue,
                    Encoding.UTF8.GetString(entry.Metadata), entry.OpTimeMs, entry.Times));
                return true;
            },
            None);
        return entries;
    }

    public static async Task<List<string>> KeysAsync(this IKeyStore store, string prefix = "")
    {
        var keys = new List<string>();
        await store.ScanAsync(
            prefix,
            (in KeyView key) =>
            {
                keys.Add(Encoding.UTF8.GetString(key.Key));
                return true;
            },
            None);
        return keys;
    }

    public static async Task<string?> ValueAsync(this IKeyStore store, string key) =>
        await store.GetAsync(key, None) is { } record ? Encoding.UTF8.GetString(record.Value.Span) : null;

    public static ValueTask<ChangeResult[]> ApplyAsync(this IKeyStore store, params StoreChange[] changes) => store.ApplyAsync(changes, None);

    public static async Task<long> ApplyOneAsync(this IKeyStore store, StoreChange change) => (await store.ApplyAsync([change], None))[0].CommitId;
}
