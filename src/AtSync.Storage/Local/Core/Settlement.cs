using AtSync.Protocol;

namespace AtSync.Storage.Local.Core;

/// <summary>
/// Records what became of pushed rows. Accepted rows with consecutive numbers and commit ids go by one range delete and one row that
/// remembers the range; their records are not touched. All others are settled one by one.
/// </summary>
internal static class Settlement
{
    public static void Settle(this LocalCore core, IReadOnlyList<PushOutcome> outcomes, CursorMove? newCursor)
    {
        // An accepted commit that no record stands for must come by pull, so the cursor may not jump over it.
        var isComplete = true;
        for (var i = 0; i < outcomes.Count;)
        {
            var length = RunLength(outcomes, i);
            if (length >= core.Limits.AcceptedRangeMin && core.Tables.State.Quarantined == 0 && core.TrySettleRange(outcomes[i], length))
            {
                i += length;
                continue;
            }

            for (var end = i + length; i < end; i++)
            {
                isComplete &= core.SettleOne(outcomes[i]);
            }
        }

        if (newCursor is { } move && isComplete && (core.Tables.GetCursor(CursorNames.Main) ?? -1) == move.From)
        {
            core.AdvanceCursor(CursorNames.Main, move.To);
        }

        if (core.Tables.State.AcceptedRanges > core.Limits.AcceptedRangesMax)
        {
            core.Tables.FoldAccepted();
            core.Tables.State.AcceptedRanges = 0;
            core.Begin();
        }
    }

    private static int RunLength(IReadOnlyList<PushOutcome> outcomes, int start)
    {
        var first = outcomes[start];
        if (first.Kind != PushOutcomeKind.Accepted || first.CommitId < 0)
        {
            return 1;
        }

        var length = 1;
        while (start + length < outcomes.Count
            && outcomes[start + length] is { Kind: PushOutcomeKind.Accepted } next
            && next.Seq == first.Seq + length && next.CommitId == first.CommitId + length)
        {
            length++;
        }

        return length;
    }

    private static bool TrySettleRange(this LocalCore core, PushOutcome first, int length)
    {
        var lastSeq = first.Seq + length - 1;
        var stretch = core.Tables.MeasureOutbox(first.Seq, lastSeq);
        if (stretch.Count != length || stretch.Irregular > 0)
        {
            return false;
        }

        core.Tables.DeleteOutboxRange(first.Seq, lastSeq);
        core.Tables.State.Pending -= length;
        var range = new AcceptedRange(first.Seq, lastSeq, first.CommitId);
        if (core.Tables.FindAccepted(first.Seq - 1) is { } before && before.LastSeq == first.Seq - 1 && before.CommitOf(first.Seq) == first.CommitId)
        {
            range = before with { LastSeq = lastSeq };
            core.Begin();
        }
        else
        {
            core.Tables.State.AcceptedRanges++;
        }

        core.Tables.PutAccepted(range);
        return true;
    }

    /// <summary>False when an accepted commit is represented by no record.</summary>
    private static bool SettleOne(this LocalCore core, PushOutcome outcome)
    {
        if (core.Tables.FindOutbox(outcome.Seq) is not { } row)
        {
            return outcome.Kind != PushOutcomeKind.Accepted || core.SettleOvertaken(outcome);
        }

        switch (outcome.Kind)
        {
            case PushOutcomeKind.Accepted:
                core.RemoveOutbox(row);
                if (core.Tables.State.Quarantined > 0)
                {
                    // What was set aside of this key is older than what the remote has now; retried later, it would come back over a deletion.
                    core.ClearQuarantine(outcome.Key, outcome.CommitId);
                }

                return core.Accept(core.Tables.Find(row.RecordId, content: false)!, row.Op, outcome.CommitId);
            case PushOutcomeKind.Drop:
                core.RemoveOutbox(row);
                core.Drop(core.Tables.Find(row.RecordId, content: false)!);
                break;
            case PushOutcomeKind.Retry or PushOutcomeKind.Dead:
                core.CountOutbox(row, -1);
                row.Attempts++;
                row.IsDead = outcome.Kind == PushOutcomeKind.Dead;
                row.NotBeforeMs = row.IsDead ? 0 : outcome.NotBeforeMs;
                row.Error = outcome.Error ?? new AtError(AtErrorCodes.InternalException, "the remote refused it without a reason");
                core.Tables.UpdateOutbox(row);
                core.CountOutbox(row, 1);
                break;
            default:
                throw new InvalidOperationException($"Unknown outcome {outcome.Kind}.");
        }

        return true;
    }

    private static bool Accept(this LocalCore core, RecordRow record, CommitOp op, long commitId)
    {
        record.Seq = 0;
        if (record.IsTombstone)
        {
            if (commitId < 0 || core.Tables.GetCursor(CursorNames.Main) >= commitId)
            {
                core.Delete(record);
                return true;
            }

            (record.CommitId, record.IsOwn) = (commitId, true);
        }
        else if (op == CommitOp.UpdateMeta)
        {
            // The remote put the metadata to whatever value it had, perhaps a newer one. The record stays at its base, so that the
            // echo is applied like a foreign entry and brings that value.
            (record.CommitId, record.IsOwn) = (core.CommitIdOf(record), false);
            core.Update(record, content: false);
            return commitId < 0;
        }
        else
        {
            (record.CommitId, record.IsOwn) = (commitId < 0 ? RecordRow.NoCommit : commitId, commitId >= 0);
        }

        core.Update(record, content: false);
        return true;
    }

    private static void Drop(this LocalCore core, RecordRow record)
    {
        if (record.IsTombstone)
        {
            core.Delete(record);
            return;
        }

        (record.Seq, record.CommitId) = (0, core.CommitIdOf(record));
        core.Update(record, content: false);
    }

    /// <summary>The row's own commit id, unless it is of an earlier generation and means nothing any more.</summary>
    private static long CommitIdOf(this LocalCore core, RecordRow record) =>
        record.Generation == core.Tables.State.Generation ? record.CommitId : RecordRow.NoCommit;

    /// <summary>The row is gone: written again meanwhile (then the newer edit builds on this commit), or a page decided about it.</summary>
    private static bool SettleOvertaken(this LocalCore core, PushOutcome outcome)
    {
        if (outcome.CommitId < 0)
        {
            return true;
        }

        if (core.Tables.Find(outcome.Key, content: false) is not { } record)
        {
            return false;
        }

        var standing = core.StandingOf(record);
        if (standing.CommitId >= outcome.CommitId)
        {
            return true;
        }

        if (!standing.IsPending || record.Seq < outcome.Seq)
        {
            return false;
        }

        (record.CommitId, record.IsOwn) = (outcome.CommitId, true);
        core.Update(record, content: false);
        return true;
    }
}
