using AtSync.Protocol;

namespace AtSync.Storage.Local.Core;

/// <summary>
/// What local writes do to record and outbox. Every pushed write gets a new number, so that an acknowledgement of an older one cannot
/// take it away. A deletion keeps its row even when its key was never pushed, since a push of the creation may be on its way.
/// </summary>
internal static class LocalWrites
{
    /// <summary>Refuses what cannot be stored, before it shares a transaction with others.</summary>
    public static void Check(IReadOnlyList<LocalChange> changes)
    {
        ArgumentNullException.ThrowIfNull(changes);
        foreach (var change in changes)
        {
            if (change is null || string.IsNullOrEmpty(change.Key))
            {
                throw new ArgumentException("A change needs a key.", nameof(changes));
            }

            if (change.Op is not (CommitOp.UpdateAll or CommitOp.UpdateMeta or CommitOp.Delete))
            {
                throw new ArgumentException($"A local change is an update, a metadata update or a deletion, not '{(char)change.Op}'.", nameof(changes));
            }
        }
    }

    public static long[] Write(this LocalCore core, IReadOnlyList<LocalChange> changes)
    {
        var seqs = new long[changes.Count];
        for (var i = 0; i < seqs.Length; i++)
        {
            seqs[i] = core.Write(changes[i].Key, changes[i]);
        }

        return seqs;
    }

    public static long Write(this LocalCore core, string key, LocalChange change)
    {
        var row = core.Tables.Find(key, content: change.Op == CommitOp.UpdateMeta);
        var standing = row is null ? new Standing(false, RecordRow.NoCommit, false) : core.StandingOf(row);
        var earlier = standing.IsPending ? core.Tables.FindOutbox(row!.Seq) : null;
        if (earlier is not null)
        {
            core.RemoveOutbox(earlier);
        }

        core.Note(key, change.Op == CommitOp.Delete, isRemote: false, commitId: 0);
        return change.IsPushed ? core.WritePushed(key, row, standing, earlier, change) : core.WriteUnpushed(key, row, standing, change);
    }

    private static long WritePushed(this LocalCore core, string key, RecordRow? row, Standing standing, OutboxRow? earlier, LocalChange change)
    {
        // The value of an earlier edit that was not pushed yet has to go with the new metadata.
        var op = change.Op == CommitOp.UpdateMeta && earlier?.Op == CommitOp.UpdateAll ? CommitOp.UpdateAll : change.Op;
        var seq = core.Tables.State.NextSeq++;
        row = core.Store(key, row, change, r =>
        {
            r.Seq = seq;
            r.CommitId = Commit(change.BaseCommitId) ?? Commit(change.CommitId) ?? standing.CommitId;
            r.IsOwn = standing.IsOwn;
        });
        core.AddOutbox(new OutboxRow { Seq = seq, RecordId = row.Id, Op = op, EditTimeMs = change.EditTimeMs });
        return seq;
    }

    private static long WriteUnpushed(this LocalCore core, string key, RecordRow? row, Standing standing, LocalChange change)
    {
        // A deletion already made remotely is remembered until the cursor passes it: a page on its way may still hold the record.
        if (change.Op == CommitOp.Delete && (change.CommitId is not { } made || core.Tables.GetCursor(CursorNames.Main) >= made))
        {
            if (row is not null)
            {
                core.Delete(row);
            }

            return 0;
        }

        core.Store(key, row, change, r =>
        {
            r.Seq = 0;
            r.CommitId = change.CommitId ?? standing.CommitId;
            r.IsOwn = change.CommitId is not null || standing.IsOwn;
        });
        return 0;
    }

    private static RecordRow Store(this LocalCore core, string key, RecordRow? row, LocalChange change, Action<RecordRow> stand)
    {
        var isNew = row is null;
        row ??= new RecordRow { Key = key, IsTombstone = true };
        Fill(row, change);
        stand(row);
        if (isNew)
        {
            core.TryInsert(row);
        }
        else
        {
            core.Update(row, content: true);
        }

        return row;
    }

    private static void Fill(RecordRow row, LocalChange change)
    {
        if (change.Op == CommitOp.Delete)
        {
            row.ToTombstone(change.EditTimeMs);
            return;
        }

        if (change.Op == CommitOp.UpdateAll)
        {
            (row.Value, row.HasValue) = (change.Value, true);
        }
        else if (row.IsTombstone)
        {
            (row.Value, row.HasValue) = (default, false);
        }

        row.IsTombstone = false;
        row.Metadata = change.Metadata;
        row.UpdatedAtMs = change.EditTimeMs;
        row.AvailableAtMs = change.AvailableAtMs;
        row.ExpiresAtMs = change.ExpiresAtMs;
    }

    public static void ToTombstone(this RecordRow row, long atMs)
    {
        row.IsTombstone = true;
        row.HasValue = false;
        row.Value = default;
        row.Metadata = default;
        row.UpdatedAtMs = atMs;
        row.AvailableAtMs = null;
        row.ExpiresAtMs = null;
    }

    /// <summary>Callers write 0 for "none".</summary>
    private static long? Commit(long? id) => id == 0 ? RecordRow.NoCommit : id;

    public static List<string> RemoveExpired(this LocalCore core, long nowMs, int limit)
    {
        var rows = core.Tables.FindExpired(nowMs, limit);
        foreach (var row in rows)
        {
            core.Delete(row);
            core.Note(row.Key, isDeleted: true, isRemote: false, commitId: 0);
        }

        return rows.ConvertAll(r => r.Key);
    }
}
