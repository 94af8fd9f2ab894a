namespace AtSync.Storage.Local.Core;

/// <summary>Notes changes of records for watchers; nothing while nobody watches, so that it costs the others nothing.</summary>
internal static class Noting
{
    public static void Note(this LocalCore core, string key, bool isDeleted, bool isRemote, long commitId)
    {
        if (!core.NotesChanges)
        {
            return;
        }

        ref var state = ref core.Tables.State;
        core.Tables.AppendChange(new NotedChange(++state.ChangeSeq, key, isDeleted, isRemote, commitId));
        if (state.ChangeSeq % Math.Max(1, core.Limits.ChangesMax / 16) == 0)
        {
            core.Tables.TrimChanges(state.ChangeSeq - core.Limits.ChangesMax);
        }
    }

    /// <summary>Somebody watches until then. When nobody did, what was noted for earlier watchers goes.</summary>
    public static bool RenewWatch(this LocalCore core, long nowMs, long untilMs, long position)
    {
        ref var state = ref core.Tables.State;
        if (state.WatchUntilMs <= nowMs)
        {
            core.Tables.TrimChanges(position);
        }

        state.WatchUntilMs = untilMs;
        return true;
    }
}
