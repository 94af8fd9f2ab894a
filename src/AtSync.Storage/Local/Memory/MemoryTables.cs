using System.Text;
using AtSync.Protocol;
using AtSync.Storage.Local.Core;

namespace AtSync.Storage.Local.Memory;

/// <summary>The tables as sorted collections. Rows are copied in and out; an undo list makes transactions whole.</summary>
internal sealed class MemoryTables : LocalTables
{
    private readonly SortedDictionary<long, RecordRow> _records = [];
    private readonly Dictionary<string, long> _ids = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _keys = new(Utf8Order.Instance);
    private readonly Dictionary<long, OutboxRow> _outbox = [];
    private readonly SortedSet<long> _seqs = [];
    private readonly SortedDictionary<long, AcceptedRange> _accepted = [];
    private readonly Dictionary<string, long> _cursors = new(StringComparer.Ordinal);
    private readonly SortedDictionary<long, QuarantinedEntry> _quarantine = [];
    private readonly SortedDictionary<long, ConflictRecord> _conflicts = [];
    private readonly Dictionary<string, string> _properties = new(StringComparer.Ordinal);
    private readonly SortedDictionary<long, NotedChange> _changes = [];
    private readonly Stack<Action> _undo = [];
    private StoreState _before;
    private long _lastId;
    private long _lastAside;

    public MemoryTables() => State.NextSeq = 1;

    public void Begin()
    {
        _undo.Clear();
        _before = State;
    }

    public void Commit() => _undo.Clear();

    public void Rollback()
    {
        while (_undo.TryPop(out var undo))
        {
            undo();
        }

        State = _before;
    }

    public override bool TryInsert(RecordRow row)
    {
        if (_ids.ContainsKey(row.Key))
        {
            return false;
        }

        row.Id = ++_lastId;
        var stored = row with { Value = row.Value.ToArray(), Metadata = row.Metadata.ToArray() };
        _ids.Add(row.Key, row.Id);
        _keys.Add(row.Key);
        _records.Add(row.Id, stored);
        _undo.Push(() => Forget(stored));
        return true;
    }

    public override RecordRow? Find(string key, bool content) => _ids.TryGetValue(key, out var id) ? Find(id, content) : null;

    public override RecordRow? Find(long id, bool content) => _records.TryGetValue(id, out var row) ? Copy(row, content, content) : null;

    public override void Update(RecordRow row, bool content)
    {
        var old = _records[row.Id];
        _records[row.Id] = content
            ? row with { Value = row.Value.ToArray(), Metadata = row.Metadata.ToArray() }
            : row with { Value = old.Value, Metadata = old.Metadata };
        _undo.Push(() => _records[old.Id] = old);
    }

    public override void Delete(long id)
    {
        var old = _records[id];
        Forget(old);
        _undo.Push(() =>
        {
            _records.Add(old.Id, old);
            _ids.Add(old.Key, old.Id);
            _keys.Add(old.Key);
        });
    }

    public override List<RecordRow> Scan(string prefix, string afterKey, int limit, bool withValues)
    {
        var found = new List<RecordRow>();
        var from = Utf8Order.Instance.Compare(afterKey, prefix) < 0 ? prefix : afterKey;
        if (_keys.Max is not { } last || Utf8Order.Instance.Compare(from, last) > 0)
        {
            return found;
        }

        foreach (var key in _keys.GetViewBetween(from, last))
        {
            if (found.Count == limit || !key.StartsWith(prefix, StringComparison.Ordinal))
            {
                break;
            }

            var row = _records[_ids[key]];
            if (!row.IsTombstone && key != afterKey)
            {
                found.Add(Copy(row, metadata: true, withValues));
            }
        }

        return found;
    }

    public override List<RecordRow> FindExpired(long nowMs, int limit) => Select(
        r => !r.IsTombstone && r.ExpiresAtMs <= nowMs && !_outbox.ContainsKey(r.Seq), limit);

    public override List<RecordRow> FindUnconfirmed(long generation, long afterId, int limit) => Select(
        r => r.Id > afterId && r.Generation < generation && !_outbox.ContainsKey(r.Seq) && (r.CommitId >= 0 || r.Seq != 0 || r.IsOwn || r.IsTombstone), limit);

    public override void DeleteTombstones(long upToCommit)
    {
        foreach (var row in Select(r => r.IsTombstone && r.Seq == 0 && r.CommitId <= upToCommit, int.MaxValue))
        {
            Delete(row.Id);
        }
    }

    public override void FoldAccepted()
    {
        foreach (var row in Select(r => FindAccepted(r.Seq) is not null, int.MaxValue))
        {
            row.CommitId = FindAccepted(row.Seq)!.Value.CommitOf(row.Seq);
            (row.Seq, row.IsOwn) = (0, true);
            Update(row, content: false);
        }

        ClearAccepted();
    }

    public override OutboxRow? FindOutbox(long seq) => _outbox.TryGetValue(seq, out var row) ? row with { } : null;

    public override void InsertOutbox(OutboxRow row)
    {
        _outbox.Add(row.Seq, row with { });
        _seqs.Add(row.Seq);
        var seq = row.Seq;
        _undo.Push(() =>
        {
            _outbox.Remove(seq);
            _seqs.Remove(seq);
        });
    }

    public override void UpdateOutbox(OutboxRow row)
    {
        var old = _outbox[row.Seq];
        _outbox[row.Seq] = row with { };
        _undo.Push(() => _outbox[old.Seq] = old);
    }

    public override void DeleteOutbox(long seq)
    {
        if (_outbox.Remove(seq, out var old))
        {
            _seqs.Remove(seq);
            _undo.Push(() =>
            {
                _outbox.Add(seq, old);
                _seqs.Add(seq);
            });
        }
    }

    public override OutboxStretch MeasureOutbox(long firstSeq, long lastSeq)
    {
        var rows = _seqs.GetViewBetween(firstSeq, lastSeq).Select(s => _outbox[s]).ToList();
        return new OutboxStretch(rows.Count, rows.Count(r => r.IsDead || r.Op != CommitOp.UpdateAll));
    }

    public override void DeleteOutboxRange(long firstSeq, long lastSeq)
    {
        foreach (var seq in _seqs.GetViewBetween(firstSeq, lastSeq).ToList())
        {
            DeleteOutbox(seq);
        }
    }

    public override void ReadOutbox(long afterSeq, long nowMs, Func<OutboxRow, RecordRow, bool> visitor)
    {
        if (afterSeq == long.MaxValue)
        {
            return;
        }

        foreach (var seq in _seqs.GetViewBetween(afterSeq + 1, long.MaxValue))
        {
            var row = _outbox[seq];
            if (!row.IsDead && (row.NotBeforeMs <= nowMs || row.NotBeforeMs - WaitMaxMs > nowMs) && !visitor(row with { }, Copy(_records[row.RecordId], true, true)))
            {
                return;
            }
        }
    }

    public override List<OutboxRow> ListRefused(int limit) =>
        [.. _seqs.Select(s => _outbox[s]).Where(r => r.Attempts > 0).Take(limit).Select(r => r with { })];

    public override AcceptedRange? FindAccepted(long seq)
    {
        foreach (var range in _accepted.Values)
        {
            if (range.Holds(seq))
            {
                return range;
            }
        }

        return null;
    }

    public override void PutAccepted(AcceptedRange range) => Set(_accepted, range.FirstSeq, range);

    public override void ClearAccepted() => Clear(_accepted);

    public override long? GetCursor(string name) => _cursors.TryGetValue(name, out var position) ? position : null;

    public override void SetCursor(string name, long position) => Set(_cursors, name, position);

    public override void ClearCursors() => Clear(_cursors);

    public override void AppendChange(NotedChange change)
    {
        _changes.Add(change.Seq, change);
        _undo.Push(() => _changes.Remove(change.Seq));
    }

    public override List<NotedChange> ReadChanges(long afterSeq, int limit) => [.. _changes.Values.SkipWhile(change => change.Seq <= afterSeq).Take(limit)];

    public override void TrimChanges(long upToSeq)
    {
        foreach (var change in _changes.Values.TakeWhile(change => change.Seq <= upToSeq).ToList())
        {
            _changes.Remove(change.Seq);
            _undo.Push(() => _changes.Add(change.Seq, change));
        }
    }

    public override SetAside? FindQuarantine(string key) =>
        _quarantine.Values.Where(q => q.Key == key).Select(q => (SetAside?)ToAside(q)).FirstOrDefault();

    public override SetAside? FindQuarantine(long id) => _quarantine.TryGetValue(id, out var entry) ? ToAside(entry) : null;

    public override void InsertQuarantine(QuarantinedEntry entry)
    {
        var id = ++_lastAside;
        Set(_quarantine, id, entry with { Id = id, Raw = entry.Raw.ToArray() });
    }

    public override void DeleteQuarantine(long id) => Unset(_quarantine, id);

    public override void ClearQuarantine() => Clear(_quarantine);

    public override List<QuarantinedEntry> ListQuarantine(int limit) => [.. _quarantine.Values.Take(limit)];

    public override void InsertConflict(ConflictRecord conflict)
    {
        var id = ++_lastAside;
        Set(_conflicts, id, conflict with { Id = id, Local = Copy(conflict.Local), Remote = Copy(conflict.Remote) });
    }

    public override SetAside? FindConflict(long id) => _conflicts.TryGetValue(id, out var conflict) ? ToAside(conflict) : null;

    public override SetAside? OldestReplaced() =>
        _conflicts.Values.Where(c => c.Kind == ConflictKind.Replaced).Select(c => (SetAside?)ToAside(c)).FirstOrDefault();

    public override void DeleteConflict(long id) => Unset(_conflicts, id);

    public override List<ConflictRecord> ListConflicts(long beforeId, int limit) =>
        [.. _conflicts.Values.Reverse().Where(c => c.Id < beforeId).Take(limit)];

    public override string? GetProperty(string name) => _properties.GetValueOrDefault(name);

    public override void SetProperty(string name, string? value)
    {
        if (value is null)
        {
            Unset(_properties, name);
        }
        else
        {
            Set(_properties, name, value);
        }
    }

    /// <summary>Counts against content, for tests of the counters.</summary>
    public List<string> Check()
    {
        var live = _records.Values.Where(r => !r.IsTombstone).ToList();
        var actual = new LocalCounts(
            live.Count,
            live.Sum(r => (long)Encoding.UTF8.GetByteCount(r.Key) + r.Value.Length + r.Metadata.Length),
            _outbox.Values.Count(r => !r.IsDead),
            _outbox.Values.Count(r => r.IsDead),
            _quarantine.Count,
            _conflicts.Count);
        var findings = new List<string>();
        if (actual != State.ToCounts())
        {
            findings.Add($"the counters say {State.ToCounts()}, the tables hold {actual}");
        }

        var lost = _outbox.Values.Count(o => !_records.TryGetValue(o.RecordId, out var r) || r.Seq != o.Seq);
        if (lost > 0)
        {
            findings.Add($"{lost} outbox rows have no record that points to them");
        }

        return findings;
    }

    private List<RecordRow> Select(Func<RecordRow, bool> where, int limit) =>
        [.. _records.Values.Where(where).Take(limit).Select(r => Copy(r, false, false))];

    private void Forget(RecordRow row)
    {
        _records.Remove(row.Id);
        _ids.Remove(row.Key);
        _keys.Remove(row.Key);
    }

    private void Set<TKey, TValue>(IDictionary<TKey, TValue> table, TKey key, TValue value)
    {
        if (table.TryGetValue(key, out var old))
        {
            _undo.Push(() => table[key] = old);
        }
        else
        {
            _undo.Push(() => table.Remove(key));
        }

        table[key] = value;
    }

    private void Unset<TKey, TValue>(IDictionary<TKey, TValue> table, TKey key)
    {
        if (table.TryGetValue(key, out var old))
        {
            table.Remove(key);
            _undo.Push(() => table[key] = old);
        }
    }

    private void Clear<TKey, TValue>(IDictionary<TKey, TValue> table)
    {
        foreach (var key in table.Keys.ToList())
        {
            Unset(table, key);
        }
    }

    private static RecordRow Copy(RecordRow row, bool metadata, bool value) => row with
    {
        Value = value ? row.Value : default,
        Metadata = metadata ? row.Metadata : default,
        StoredLive = !row.IsTombstone,
        StoredBytes = row.IsTombstone ? 0 : Encoding.UTF8.GetByteCount(row.Key) + row.Value.Length + row.Metadata.Length,
    };

    private static ConflictSide Copy(ConflictSide side) => side with { Value = side.Value.ToArray(), Metadata = side.Metadata.ToArray() };

    private static SetAside ToAside(QuarantinedEntry entry) => new(entry.Id, entry.CommitId, entry.Raw.Length, default, entry.SeenAtMs);

    private static SetAside ToAside(ConflictRecord conflict) =>
        new(conflict.Id, 0, Inbox.BytesOf(conflict.Local) + Inbox.BytesOf(conflict.Remote), conflict.Kind, conflict.DetectedAtMs);
}
