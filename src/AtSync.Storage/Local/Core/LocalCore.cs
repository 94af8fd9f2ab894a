using System.Text;

namespace AtSync.Storage.Local.Core;

/// <summary>How a record stands to the remote.</summary>
/// <param name="IsPending">An edit waits in the outbox.</param>
/// <param name="CommitId">The commit it is based on (pending) or equals; <see cref="RecordRow.NoCommit"/> = none.</param>
/// <param name="IsOwn">That version was pushed from here.</param>
internal readonly record struct Standing(bool IsPending, long CommitId, bool IsOwn);

/// <summary>
/// The rules of a local store, over the tables of one transaction: what a write, a page, an acknowledgement and a resync do. The
/// parts are in files of their own; this one holds what they share.
/// </summary>
internal sealed class LocalCore(LocalTables tables, LocalStoreLimits limits)
{
    private AcceptedRange _lastRange = new(0, -1, 0);

    public LocalTables Tables { get; } = tables;

    public LocalStoreLimits Limits { get; } = limits;

    /// <summary>Whether somebody watches; set at the begin of each write transaction.</summary>
    public bool NotesChanges { get; set; }

    /// <summary>Call at the begin of each transaction: what was remembered of the last one may be stale.</summary>
    public void Begin() => _lastRange = new AcceptedRange(0, -1, 0);

    /// <summary>
    /// The outbox row decides whether an edit is pending. A number without a row was accepted as part of a range, whose row tells
    /// the commit id, so that an acknowledgement does not rewrite its records.
    /// </summary>
    public Standing StandingOf(RecordRow row)
    {
        var isCurrent = row.Generation == Tables.State.Generation;
        if (row.Seq == 0)
        {
            return new Standing(false, isCurrent ? row.CommitId : RecordRow.NoCommit, row.IsOwn);
        }

        if (isCurrent && TryGetAccepted(row.Seq, out var commitId))
        {
            return new Standing(false, commitId, true);
        }

        var isPending = Tables.FindOutbox(row.Seq) is not null;
        return new Standing(isPending, isCurrent ? row.CommitId : RecordRow.NoCommit, row.IsOwn || !isPending);
    }

    public static LocalRecord ToRecord(RecordRow row, Standing standing) => new()
    {
        Key = row.Key,
        Value = row.Value,
        HasValue = row.HasValue,
        Metadata = row.Metadata,
        CommitId = Math.Max(0, standing.CommitId),
        UpdatedAtMs = row.UpdatedAtMs,
        AvailableAtMs = row.AvailableAtMs,
        ExpiresAtMs = row.ExpiresAtMs,
        IsPending = standing.IsPending,
    };

    /// <summary>An outbox row with its record.</summary>
    public OutboxItem ToPendingItem(OutboxRow row, RecordRow record)
    {
        var baseCommit = record.Generation == Tables.State.Generation ? Math.Max(0, record.CommitId) : 0;
        return new OutboxItem
        {
            Seq = row.Seq,
            Key = record.Key,
            Op = row.Op,
            BaseCommitId = baseCommit,
            EditTimeMs = row.EditTimeMs,
            Record = record.IsTombstone ? null : ToRecord(record, new Standing(true, baseCommit, record.IsOwn)),
            Attempts = row.Attempts,
            NotBeforeMs = row.NotBeforeMs,
            IsDead = row.IsDead,
            LastError = row.Error,
        };
    }

    // ---- rows with their counters

    public bool TryInsert(RecordRow row)
    {
        row.Generation = Tables.State.Generation;
        if (!Tables.TryInsert(row))
        {
            return false;
        }

        Count(row, BytesOf(row));
        return true;
    }

    /// <summary>Writes the row as confirmed in this generation.</summary>
    public void Update(RecordRow row, bool content)
    {
        row.Generation = Tables.State.Generation;
        Tables.Update(row, content);
        var bytes = content ? BytesOf(row) : row.StoredBytes;
        Uncount(row);
        Count(row, bytes);
    }

    public void Delete(RecordRow row)
    {
        Tables.Delete(row.Id);
        Uncount(row);
    }

    public void AddOutbox(OutboxRow row)
    {
        Tables.InsertOutbox(row);
        CountOutbox(row, 1);
    }

    public void RemoveOutbox(OutboxRow row)
    {
        Tables.DeleteOutbox(row.Seq);
        CountOutbox(row, -1);
    }

    public void CountOutbox(OutboxRow row, int by)
    {
        if (row.IsDead)
        {
            Tables.State.Dead += by;
        }
        else
        {
            Tables.State.Pending += by;
        }
    }

    /// <summary>Moves a cursor forward, never back. What only bridged the time until the cursor got here goes.</summary>
    public void AdvanceCursor(string name, long position)
    {
        if (Tables.GetCursor(name) is { } current && current >= position)
        {
            return;
        }

        Tables.SetCursor(name, position);
        if (name == CursorNames.Main)
        {
            Tables.DeleteTombstones(position);
        }
    }

    private static long BytesOf(RecordRow row) =>
        row.IsTombstone ? 0 : Encoding.UTF8.GetByteCount(row.Key) + row.Value.Length + row.Metadata.Length;

    private bool TryGetAccepted(long seq, out long commitId)
    {
        if (!_lastRange.Holds(seq) && (Tables.State.AcceptedRanges == 0 || !TryRemember(Tables.FindAccepted(seq), seq)))
        {
            commitId = RecordRow.NoCommit;
            return false;
        }

        commitId = _lastRange.CommitOf(seq);
        return true;
    }

    /// <summary>Neighbouring records mostly were accepted together.</summary>
    private bool TryRemember(AcceptedRange? found, long seq)
    {
        if (found is not { } range || !range.Holds(seq))
        {
            return false;
        }

        _lastRange = range;
        return true;
    }

    private void Count(RecordRow row, long bytes)
    {
        row.StoredLive = !row.IsTombstone;
        row.StoredBytes = row.IsTombstone ? 0 : bytes;
        if (row.StoredLive)
        {
            Tables.State.Records++;
            Tables.State.Bytes += row.StoredBytes;
        }
    }

    private void Uncount(RecordRow row)
    {
        if (row.StoredLive)
        {
            Tables.State.Records--;
            Tables.State.Bytes -= row.StoredBytes;
        }
    }
}
