namespace AtSync.Storage.Local.Core;

/// <summary>Quarantine and conflict inbox with their limits.</summary>
internal static class Inbox
{
    /// <summary>Sets an entry aside; one per key, the newest. False when it was there.</summary>
    public static bool Quarantine(this LocalCore core, PulledEntry entry, long seenAtMs)
    {
        ref var state = ref core.Tables.State;
        if (core.Tables.FindQuarantine(entry.Key) is { } earlier)
        {
            if (earlier.CommitId >= entry.CommitId)
            {
                return false;
            }

            core.RemoveQuarantine(earlier);
        }

        if (state.Quarantined >= core.Limits.QuarantineMax)
        {
            throw new StoreException(
                StoreFault.Full,
                $"The quarantine holds {core.Limits.QuarantineMax} entries (QuarantineMax). Nothing of this page was applied; retry or drop quarantined entries, then sync again.");
        }

        var raw = state.QuarantineBytes + entry.Raw.Length <= core.Limits.QuarantineBytesMax ? entry.Raw : default;
        core.Tables.InsertQuarantine(new QuarantinedEntry(0, entry.Key, entry.CommitId, raw, entry.Defect!, seenAtMs));
        state.Quarantined++;
        state.QuarantineBytes += raw.Length;
        return true;
    }

    /// <summary>A good entry of a key ends what was set aside of it before. False when there was nothing.</summary>
    public static bool ClearQuarantine(this LocalCore core, string key, long commitId)
    {
        if (core.Tables.FindQuarantine(key) is not { } entry || entry.CommitId > commitId)
        {
            return false;
        }

        core.RemoveQuarantine(entry);
        return true;
    }

    public static bool RemoveQuarantine(this LocalCore core, long id)
    {
        if (core.Tables.FindQuarantine(id) is not { } entry)
        {
            return false;
        }

        core.RemoveQuarantine(entry);
        return true;
    }

    /// <summary>Adds a conflict. Replaced versions make room by age; a real conflict that finds none stops the page.</summary>
    public static void AddConflict(this LocalCore core, string key, ConflictDraft draft, long atMs, ConflictSide local, ConflictSide remote)
    {
        ref var state = ref core.Tables.State;
        if (draft.Kind != ConflictKind.Replaced && state.Conflicts - state.Replaced >= core.Limits.ConflictsMax)
        {
            throw new StoreException(
                StoreFault.Full,
                $"The conflict inbox holds {core.Limits.ConflictsMax} conflicts (ConflictsMax). Nothing of this page was applied; decide some of them, then sync again.");
        }

        core.Tables.InsertConflict(new ConflictRecord(0, key, draft.Kind, draft.Policy, atMs, local, remote));
        state.Conflicts++;
        if (draft.Kind != ConflictKind.Replaced)
        {
            return;
        }

        state.Replaced++;
        state.ReplacedBytes += BytesOf(local) + BytesOf(remote);
        core.TrimReplaced(atMs);
    }

    public static bool RemoveConflict(this LocalCore core, long id)
    {
        if (core.Tables.FindConflict(id) is not { } conflict)
        {
            return false;
        }

        core.RemoveConflict(conflict);
        return true;
    }

    public static long BytesOf(ConflictSide side) => side.Value.Length + side.Metadata.Length;

    private static void TrimReplaced(this LocalCore core, long nowMs)
    {
        ref var state = ref core.Tables.State;
        var tooOld = nowMs - (long)core.Limits.ReplacedAgeMax.TotalMilliseconds;
        while (state.Replaced > 0 && core.Tables.OldestReplaced() is { } oldest
            && (state.Replaced > core.Limits.ReplacedMax || state.ReplacedBytes > core.Limits.ReplacedBytesMax || oldest.AtMs < tooOld))
        {
            core.RemoveConflict(oldest);
        }
    }

    private static void RemoveConflict(this LocalCore core, SetAside conflict)
    {
        core.Tables.DeleteConflict(conflict.Id);
        core.Tables.State.Conflicts--;
        if (conflict.Kind == ConflictKind.Replaced)
        {
            core.Tables.State.Replaced--;
            core.Tables.State.ReplacedBytes -= conflict.Bytes;
        }
    }

    private static void RemoveQuarantine(this LocalCore core, SetAside entry)
    {
        core.Tables.DeleteQuarantine(entry.Id);
        core.Tables.State.Quarantined--;
        core.Tables.State.QuarantineBytes -= entry.Bytes;
    }
}
