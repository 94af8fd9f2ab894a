using AtSync.Protocol;

namespace AtSync.Storage.Local.Core;

/// <summary>
/// Applies one pulled page. The common entry is one insert; only when its key is there is the row read and its case decided. Applying a
/// page again changes nothing: what is at or below the record's commit has been seen.
/// </summary>
internal sealed class PageApply(LocalCore core, PulledPage page, IReconciler reconciler)
{
    private readonly List<AppliedChange> _applied = new(page.Entries.Count);
    private readonly RecordRow _insert = new();

    /// <summary>
    /// A page that was asked for early may come after the cursor has passed it, over this device's own pushes. What is absent then was
    /// deleted since.
    /// </summary>
    private readonly long _seen = page.CursorName == CursorNames.Main ? core.Tables.GetCursor(CursorNames.Main) ?? -1 : -1;

    private int _conflicts;
    private int _quarantined;
    private int _echoes;

    public PageOutcome Run()
    {
        foreach (var entry in page.Entries)
        {
            Apply(entry);
        }

        core.AdvanceCursor(page.CursorName, page.NewCursor);
        return new PageOutcome(_applied, _conflicts, _quarantined, _echoes);
    }

    private void Apply(PulledEntry entry)
    {
        if (entry.Defect is not null)
        {
            SetAside(entry);
            return;
        }

        var isRetried = core.Tables.State.Quarantined > 0 && core.ClearQuarantine(entry.Key, entry.CommitId);
        if (entry.Op != CommitOp.Delete && (isRetried || entry.CommitId > _seen))
        {
            _insert.Key = entry.Key;
            Fill(_insert, entry);
            if (core.TryInsert(_insert))
            {
                Report(entry);
                return;
            }
        }

        if (core.Tables.Find(entry.Key, content: false) is { } row)
        {
            Decide(entry, row);
        }
    }

    private void Decide(PulledEntry entry, RecordRow row)
    {
        var standing = core.StandingOf(row);
        if (standing.CommitId != RecordRow.NoCommit && entry.CommitId <= standing.CommitId)
        {
            var isEcho = standing.IsOwn && entry.CommitId == standing.CommitId;
            _echoes += isEcho ? 1 : 0;
            return;
        }

        if (page.Shared is { } shared && row.Generation != core.Tables.State.Generation && TryDecideByHistory(entry, row, standing, shared))
        {
            return;
        }

        if (standing.IsPending)
        {
            Reconcile(entry, core.Tables.Find(row.Id, content: true)!);
        }
        else if (row.Generation != core.Tables.State.Generation)
        {
            Confirm(entry, core.Tables.Find(row.Id, content: true)!, standing);
        }
        else
        {
            Replace(entry, row, standing);
        }
    }

    /// <summary>
    /// The remote was restored. An entry from before that is what is here, or what came before it, beats nothing; a version here that the remote has
    /// lost is an edit that waits, on top of such an entry or beside one that is newer than the restore.
    /// </summary>
    private bool TryDecideByHistory(PulledEntry entry, RecordRow row, Standing standing, SharedHistory shared)
    {
        var follows = shared.IsCertain && entry.CommitId <= shared.UntilCommitId && row.CommitId >= entry.CommitId;
        if (standing.IsPending)
        {
            if (follows)
            {
                Rebase(entry, row, core.Tables.FindOutbox(row.Seq)!);
            }

            return follows;
        }

        if (!core.WasLost(row, shared, page.ReceivedAtMs))
        {
            return false;
        }

        row = core.Tables.Find(row.Id, content: true)!;
        if (Equal(entry, row))
        {
            TakeRemote(entry, row, isChange: false);
        }
        else if (follows)
        {
            core.Revive(row, entry.CommitId);
        }
        else
        {
            core.Revive(row, RecordRow.NoCommit);
            Reconcile(entry, row);
        }

        return true;
    }

    /// <summary>During a resync most entries are what is here already: nothing an app should hear of.</summary>
    private void Confirm(PulledEntry entry, RecordRow row, Standing standing)
    {
        if (Equal(entry, row))
        {
            TakeRemote(entry, row, isChange: false);
        }
        else
        {
            Replace(entry, row, standing);
        }
    }

    private void Replace(PulledEntry entry, RecordRow row, Standing standing)
    {
        if (standing.IsOwn && !row.IsTombstone)
        {
            row = core.Tables.Find(row.Id, content: true)!;
            if (reconciler.KeepsReplaced(entry, LocalCore.ToRecord(row, standing)))
            {
                core.AddConflict(
                    entry.Key, new ConflictDraft(ConflictKind.Replaced, "replaced"), page.ReceivedAtMs, Side(row, CommitOp.UpdateAll, row.UpdatedAtMs, standing.CommitId), Side(entry));
                _conflicts++;
            }
        }

        TakeRemote(entry, row, isChange: true);
    }

    private void Reconcile(PulledEntry entry, RecordRow row)
    {
        var outbox = core.Tables.FindOutbox(row.Seq)!;
        var item = core.ToPendingItem(outbox, row);
        var decision = reconciler.Decide(entry, item.Record, item);
        if (decision.Conflict is { } draft)
        {
            var op = row.IsTombstone ? CommitOp.Delete : outbox.Op;
            core.AddConflict(entry.Key, draft, page.ReceivedAtMs, Side(row, op, outbox.EditTimeMs, item.BaseCommitId), Side(entry));
            _conflicts++;
        }

        switch (decision.Kind)
        {
            case EntryDecisionKind.TakeRemote:
                core.RemoveOutbox(outbox);
                TakeRemote(entry, row, isChange: !Equal(entry, row));
                break;
            case EntryDecisionKind.KeepLocal:
                Rebase(entry, row, outbox);
                break;
            case EntryDecisionKind.OwnEcho:
                core.RemoveOutbox(outbox);
                Acknowledge(entry, row);
                _echoes++;
                break;
            case EntryDecisionKind.Merge:
                WriteMerged(entry, decision.Merged ?? throw new InvalidOperationException("A merge decision carries the merged content."));
                break;
            default:
                throw new InvalidOperationException($"Unknown decision {decision.Kind}.");
        }
    }

    private void TakeRemote(PulledEntry entry, RecordRow row, bool isChange)
    {
        if (entry.Op == CommitOp.Delete)
        {
            core.Delete(row);
        }
        else
        {
            Fill(row, entry);
            core.Update(row, content: true);
        }

        if (isChange)
        {
            Report(entry);
        }
    }

    /// <summary>
    /// The edit gets a new number: were the old one acknowledged now, the remote would have committed it below this entry and hold
    /// this entry's version; the edit has to be pushed once more.
    /// </summary>
    private void Rebase(PulledEntry entry, RecordRow row, OutboxRow outbox)
    {
        core.RemoveOutbox(outbox);
        outbox.Seq = core.Tables.State.NextSeq++;
        outbox.NotBeforeMs = 0;
        core.AddOutbox(outbox);
        row.Seq = outbox.Seq;
        row.CommitId = entry.CommitId;
        row.IsOwn = false;
        core.Update(row, content: false);
    }

    private void Acknowledge(PulledEntry entry, RecordRow row)
    {
        if (row.IsTombstone)
        {
            core.Delete(row);
            return;
        }

        row.Seq = 0;
        row.CommitId = entry.CommitId;
        row.IsOwn = true;
        core.Update(row, content: false);
    }

    private void WriteMerged(PulledEntry entry, LocalChange merged)
    {
        core.Write(entry.Key, merged with { IsPushed = true, BaseCommitId = merged.BaseCommitId ?? entry.CommitId });
        _applied.Add(new AppliedChange(entry.Key, merged.Op, entry.CommitId));
    }

    private void SetAside(PulledEntry entry)
    {
        if (core.Tables.Find(entry.Key, content: false) is { } row && core.StandingOf(row) is { CommitId: not RecordRow.NoCommit } standing
            && entry.CommitId <= standing.CommitId)
        {
            return;
        }

        _quarantined += core.Quarantine(entry, page.ReceivedAtMs) ? 1 : 0;
    }

    private void Report(PulledEntry entry)
    {
        _applied.Add(new AppliedChange(entry.Key, entry.Op, entry.CommitId));
        core.Note(entry.Key, entry.Op == CommitOp.Delete, isRemote: true, entry.CommitId);
    }

    private void Fill(RecordRow row, PulledEntry entry)
    {
        row.CommitId = entry.CommitId;
        row.Seq = 0;
        row.IsOwn = false;
        row.IsTombstone = false;
        row.HasValue = entry.HasValue;
        row.Value = entry.Value;
        row.Metadata = entry.Metadata;
        row.UpdatedAtMs = entry.UpdatedAtMs ?? page.ReceivedAtMs;
        row.AvailableAtMs = entry.AvailableAtMs;
        row.ExpiresAtMs = entry.ExpiresAtMs;
    }

    private static bool Equal(PulledEntry entry, RecordRow row) => entry.Op == CommitOp.Delete
        ? row.IsTombstone
        : !row.IsTombstone && row.HasValue == entry.HasValue && row.Value.Span.SequenceEqual(entry.Value.Span)
            && row.Metadata.Span.SequenceEqual(entry.Metadata.Span);

    private static ConflictSide Side(RecordRow row, CommitOp op, long updatedAtMs, long commitId) =>
        new(op, row.Value, row.Metadata, Math.Max(0, commitId), updatedAtMs);

    private static ConflictSide Side(PulledEntry entry) => entry.Op == CommitOp.Delete
        ? new ConflictSide(CommitOp.Delete, default, default, entry.CommitId, entry.UpdatedAtMs)
        : new ConflictSide(entry.Op, entry.Value, entry.Metadata, entry.CommitId, entry.UpdatedAtMs);
}
