using AtSync.Protocol;

namespace AtSync.Storage.Local.Core;

/// <summary>
/// The remote went back or was made anew. Its old commit ids mean nothing any more: a new generation forgets them all at once, without
/// rewriting a record. What the full pull confirms joins the new generation. What of the rest the remote has lost goes back to it; what it deleted
/// goes here, too.
/// </summary>
internal static class Resync
{
    /// <summary>Rows handled per step, to bound memory.</summary>
    private const int Step = 1000;

    // Copies of what others share; they come from their owners again.
    private const string CachedPrefix = "cached:";

    public static void BeginResync(this LocalCore core, IReadOnlyList<KeyValuePair<string, string?>> properties)
    {
        ref var state = ref core.Tables.State;
        state.Generation++;
        state.IsResyncing = true;
        core.Tables.ClearCursors();
        core.Tables.FoldAccepted();
        state.AcceptedRanges = 0;
        // The full pull brings again whatever is still bad.
        core.Tables.ClearQuarantine();
        (state.Quarantined, state.QuarantineBytes) = (0, 0);
        core.Begin();
        core.SetProperties(properties);
    }

    public static List<string> EndResync(this LocalCore core, SharedHistory? shared, long nowMs)
    {
        var removed = new List<string>();
        if (!core.Tables.State.IsResyncing)
        {
            return removed;
        }

        var afterId = 0L;
        while (core.Tables.FindUnconfirmed(core.Tables.State.Generation, afterId, Step) is { Count: > 0 } rows)
        {
            afterId = rows[^1].Id;
            foreach (var row in rows)
            {
                if (shared is { } history && row is { IsTombstone: false } && core.WasLost(row, history, nowMs))
                {
                    core.Revive(row, RecordRow.NoCommit);
                }
                else
                {
                    core.RemoveUnconfirmed(row, nowMs, removed);
                }
            }
        }

        core.Tables.State.IsResyncing = false;
        return removed;
    }

    /// <summary>Whether this version came after what the remote shares with the one before. Commit ids of earlier generations are compared here only.</summary>
    public static bool WasLost(this LocalCore core, RecordRow row, SharedHistory shared, long nowMs) =>
        row.Generation != core.Tables.State.Generation && row.CommitId > shared.UntilCommitId
        && !(row.ExpiresAtMs <= nowMs) && !row.Key.StartsWith(CachedPrefix, StringComparison.Ordinal);

    /// <summary>The version here waits to be pushed, as an edit of its own time based on <paramref name="baseCommit"/>.</summary>
    public static OutboxRow Revive(this LocalCore core, RecordRow row, long baseCommit)
    {
        var op = row.IsTombstone ? CommitOp.Delete : row.HasValue ? CommitOp.UpdateAll : CommitOp.UpdateMeta;
        var outbox = new OutboxRow { Seq = core.Tables.State.NextSeq++, RecordId = row.Id, Op = op, EditTimeMs = row.UpdatedAtMs };
        (row.Seq, row.CommitId, row.IsOwn) = (outbox.Seq, baseCommit, false);
        core.Update(row, content: false);
        core.AddOutbox(outbox);
        return outbox;
    }

    /// <summary>The remote deleted it, or nothing is known of what it lost. A version that was written here is kept in the inbox: perhaps nobody else has it.</summary>
    private static void RemoveUnconfirmed(this LocalCore core, RecordRow row, long nowMs, List<string> removed)
    {
        if (!row.IsTombstone)
        {
            removed.Add(row.Key);
            core.Note(row.Key, isDeleted: true, isRemote: true, commitId: 0);
            if (core.StandingOf(row).IsOwn)
            {
                var content = core.Tables.Find(row.Id, content: true)!;
                core.AddConflict(
                    row.Key,
                    new ConflictDraft(ConflictKind.Replaced, "resync"),
                    nowMs,
                    new ConflictSide(CommitOp.UpdateAll, content.Value, content.Metadata, 0, content.UpdatedAtMs),
                    new ConflictSide(CommitOp.Delete, default, default, 0, null));
            }
        }

        core.Delete(row);
    }

    public static void SetProperties(this LocalCore core, IReadOnlyList<KeyValuePair<string, string?>> properties)
    {
        foreach (var (name, value) in properties)
        {
            core.Tables.SetProperty(name, value);
        }
    }
}
