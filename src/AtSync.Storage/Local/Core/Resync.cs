using AtSync.Protocol;

namespace AtSync.Storage.Local.Core;

/// <summary>
/// The remote went back or was made anew. Its old commit ids mean nothing any more: a new generation forgets them all at once, without
/// rewriting a record. What the full pull confirms joins the new generation; the rest that came from the remote goes at the end.
/// </summary>
internal static class Resync
{
    /// <summary>Rows handled per step, to bound memory.</summary>
    private const int Step = 1000;

    public static void BeginResync(this LocalCore core, IReadOnlyList<KeyValuePair<string, string?>> properties)
    {
        ref var state = ref core.Tables.State;
        state.Generation++;
        state.IsResyncing = true;
        core.Tables.ClearCursors();
        core.Tables.ClearAccepted();
        state.AcceptedRanges = 0;
        // The full pull brings again whatever is still bad.
        core.Tables.ClearQuarantine();
        (state.Quarantined, state.QuarantineBytes) = (0, 0);
        core.Begin();
        core.SetProperties(properties);
    }

    public static List<string> EndResync(this LocalCore core, long nowMs)
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
                core.RemoveUnconfirmed(row, nowMs, removed);
            }
        }

        core.Tables.State.IsResyncing = false;
        return removed;
    }

    /// <summary>The remote lost it. A version that was written here is kept in the inbox: perhaps nobody else has it.</summary>
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
