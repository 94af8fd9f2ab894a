using System.Text;
using AtSync.Protocol;
using AtSync.Storage.Server;

namespace AtSync.Storage.Tests.Server;

/// <summary>Everything that a store holds as lines of text, so that two stores can be compared: all but epoch and positions.</summary>
public sealed class Contents : IStoreVisitor
{
    private readonly List<string> _lines = [];

    public string EpochId { get; private set; } = "";

    public long LastCommitId { get; private set; }

    public static async Task<Contents?> ReadAsync(IStorageEngine engine, AtSign atSign)
    {
        var contents = new Contents();
        return await engine.ReadAllAsync(atSign, contents, CancellationToken.None) ? contents : null;
    }

    public void Head(StoreHead head)
    {
        (EpochId, LastCommitId) = (head.EpochId, head.LastCommitId);
        _lines.Add($"records {head.Records} bytes {head.Bytes}");
    }

    public void Row(in LogEntryView row) => _lines.Add(
        $"{row.CommitId} {(char)row.Op} {Encoding.UTF8.GetString(row.Key)} {row.HasValue} {Convert.ToHexString(row.Value)} {Encoding.UTF8.GetString(row.Metadata)} {row.OpTimeMs} {row.Times}");

    public void Notification(StoredNotification notification) => _lines.Add(
        (notification with { Position = 0, TopicMax = 1, Body = default }).ToString() + Convert.ToHexString(notification.Body.Span));

    public override string ToString() => string.Join('\n', _lines);
}
