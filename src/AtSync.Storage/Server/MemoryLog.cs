using System.Text;
using AtSync.Protocol;

namespace AtSync.Storage.Server;

/// <summary>A key in memory: its record, or the tombstone of a logged deletion.</summary>
internal sealed class MemoryRow(string key)
{
    /// <summary>The key.</summary>
    public string Key => key;

    /// <summary>Null for a tombstone.</summary>
    public StoredRecord? Record { get; set; }

    /// <summary>-1 when not in the log.</summary>
    public long CommitId { get; set; } = -1;

    /// <summary>When it was deleted; a record has its own.</summary>
    public long OpTimeMs { get; init; }

    /// <summary>What it adds to the byte count.</summary>
    public long Size => Encoding.UTF8.GetByteCount(key) + Record!.Metadata.Length + Record.Value.Length;

    /// <summary>The row as an entry of the log.</summary>
    public LogEntryView ToEntry() => new()
    {
        Key = Encoding.UTF8.GetBytes(key),
        CommitId = CommitId,
        Op = Record?.Op ?? CommitOp.Delete,
        OpTimeMs = Record?.OpTimeMs ?? OpTimeMs,
        Value = Record is null ? default : Record.Value.Span,
        HasValue = Record?.HasValue ?? false,
        Metadata = Record is null ? default : Record.Metadata.Span,
        Times = Record?.Times ?? default,
    };
}

/// <summary>Rows by commit id. Ids only rise, so appending keeps the order; removed rows leave a gap until half of the list is gaps.</summary>
internal sealed class MemoryLog
{
    private const int CompactFrom = 64;

    private readonly List<(long CommitId, MemoryRow? Row)> _entries = [];
    private int _gaps;

    /// <summary>Highest commit id, -1 when empty.</summary>
    public long Last => _entries.Count == 0 ? -1 : _entries[^1].CommitId;

    /// <summary>Adds a row with a higher id than any before.</summary>
    public void Append(MemoryRow row) => _entries.Add((row.CommitId, row));

    /// <summary>Takes a row out.</summary>
    public void Remove(MemoryRow row)
    {
        _entries[IndexAfter(row.CommitId - 1)] = (row.CommitId, null);
        _gaps++;
        while (_entries.Count > 0 && _entries[^1].Row is null)
        {
            _entries.RemoveAt(_entries.Count - 1);
            _gaps--;
        }

        if (_entries.Count > CompactFrom && _gaps > _entries.Count / 2)
        {
            _entries.RemoveAll(entry => entry.Row is null);
            _gaps = 0;
        }
    }

    /// <summary>Rows with a greater id, ascending.</summary>
    public IEnumerable<MemoryRow> After(long commitId)
    {
        for (var i = IndexAfter(commitId); i < _entries.Count; i++)
        {
            if (_entries[i].Row is { } row)
            {
                yield return row;
            }
        }
    }

    private int IndexAfter(long commitId)
    {
        var low = 0;
        var high = _entries.Count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_entries[middle].CommitId <= commitId)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
