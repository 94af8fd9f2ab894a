using AtSync.Protocol;

namespace AtSync.Storage.Local;

/// <summary>A page of the remote commit log, parsed and checked, ready to be applied.</summary>
public sealed record PulledPage
{
    /// <summary>Which cursor moves.</summary>
    public required string CursorName { get; init; }

    /// <summary>Where the cursor stands after this page.</summary>
    public required long NewCursor { get; init; }

    /// <summary>In ascending commit order.</summary>
    public required IReadOnlyList<PulledEntry> Entries { get; init; }

    /// <summary>When the page was received, Unix ms.</summary>
    public required long ReceivedAtMs { get; init; }

    /// <summary>During a resync: what the remote shares with the one before. Null otherwise, and to take the remote as it is.</summary>
    public SharedHistory? Shared { get; init; }
}

/// <summary>One entry of a pulled page.</summary>
public sealed record PulledEntry
{
    /// <summary>The full key, folded.</summary>
    public required string Key { get; init; }

    /// <summary>Its position in the remote log.</summary>
    public required long CommitId { get; init; }

    /// <summary>What the commit did.</summary>
    public required CommitOp Op { get; init; }

    /// <summary>The value as on the wire, UTF-8 (JSON escapes already resolved).</summary>
    public ReadOnlyMemory<byte> Value { get; init; }

    /// <summary>False when the entry's value is null.</summary>
    public bool HasValue { get; init; }

    /// <summary>The metadata as a UTF-8 JSON object, untouched.</summary>
    public ReadOnlyMemory<byte> Metadata { get; init; }

    /// <summary>When the remote version was written, Unix ms; null for a deletion of unknown time.</summary>
    public long? UpdatedAtMs { get; init; }

    /// <summary>Unix ms, or null.</summary>
    public long? AvailableAtMs { get; init; }

    /// <summary>Unix ms, or null.</summary>
    public long? ExpiresAtMs { get; init; }

    /// <summary>Why the entry can't be applied, or null when it can. Such an entry goes to the quarantine with <see cref="Raw"/>.</summary>
    public AtError? Defect { get; init; }

    /// <summary>The entry's JSON as received, for the quarantine.</summary>
    public ReadOnlyMemory<byte> Raw { get; init; }
}

/// <summary>Decides about an entry whose key has a pending local edit. Pure and quick; called inside the store's transaction.</summary>
public interface IReconciler
{
    /// <param name="remote">What the remote has.</param>
    /// <param name="local">The local record; null when it was deleted locally.</param>
    /// <param name="pending">The edit that waits to be pushed.</param>
    EntryDecision Decide(PulledEntry remote, LocalRecord? local, OutboxItem pending);

    /// <summary>
    /// Called for an entry that replaces a record this device wrote itself and that the remote accepted, when the peer has no
    /// <c>ifCommit</c>: true puts the replaced version into the inbox as "replaced".
    /// </summary>
    /// <param name="remote">What the remote has.</param>
    /// <param name="local">The version that is replaced.</param>
    bool KeepsReplaced(PulledEntry remote, LocalRecord local);
}

/// <summary>What to do with an entry and the pending edit of its key.</summary>
/// <param name="Kind">See <see cref="EntryDecisionKind"/>.</param>
/// <param name="Conflict">Put into the inbox, when not null.</param>
/// <param name="Merged">The merged content, for <see cref="EntryDecisionKind.Merge"/>.</param>
public readonly record struct EntryDecision(EntryDecisionKind Kind, ConflictDraft? Conflict = null, LocalChange? Merged = null);

/// <summary>Kinds of <see cref="EntryDecision"/>.</summary>
public enum EntryDecisionKind : byte
{
    /// <summary>Take the remote version; the pending edit goes.</summary>
    TakeRemote,

    /// <summary>Keep the local version pending, now based on the remote commit.</summary>
    KeepLocal,

    /// <summary>The entry is this device's own edit coming back: the pending row goes, the record takes the commit id.</summary>
    OwnEcho,

    /// <summary>Write the merged content as a pending edit based on the remote commit.</summary>
    Merge,
}

/// <summary>Which side of a conflict lost.</summary>
public enum ConflictKind : byte
{
    /// <summary>The local edit lost to the remote one.</summary>
    LocalLost,

    /// <summary>The remote version lost to the local edit.</summary>
    RemoteLost,

    /// <summary>Both were merged.</summary>
    Merged,

    /// <summary>A version that this device had pushed was replaced by another device that may not have seen it.</summary>
    Replaced,
}

/// <summary>A conflict on its way into the inbox; the store adds both versions.</summary>
/// <param name="Kind">Who lost.</param>
/// <param name="Policy">Name of the policy that decided.</param>
public readonly record struct ConflictDraft(ConflictKind Kind, string Policy);

/// <summary>One side of a conflict.</summary>
/// <param name="Op">What it did; <see cref="CommitOp.Delete"/> for a deletion.</param>
/// <param name="Value">Sealed value; empty for a deletion.</param>
/// <param name="Metadata">UTF-8 JSON object; empty for a deletion.</param>
/// <param name="CommitId">Remote commit id; 0 = never pushed.</param>
/// <param name="UpdatedAtMs">Unix ms, or null when unknown.</param>
public sealed record ConflictSide(CommitOp Op, ReadOnlyMemory<byte> Value, ReadOnlyMemory<byte> Metadata, long CommitId, long? UpdatedAtMs);

/// <summary>An entry of the conflict inbox.</summary>
/// <param name="Id">Rises.</param>
/// <param name="Key">The full key.</param>
/// <param name="Kind">Who lost.</param>
/// <param name="Policy">Name of the policy that decided.</param>
/// <param name="DetectedAtMs">Unix ms.</param>
/// <param name="Local">What this device had.</param>
/// <param name="Remote">What the remote had.</param>
public sealed record ConflictRecord(
    long Id, string Key, ConflictKind Kind, string Policy, long DetectedAtMs, ConflictSide Local, ConflictSide Remote);

/// <summary>An entry that could not be applied.</summary>
/// <param name="Id">Rises.</param>
/// <param name="Key">The key as received; may be no valid key.</param>
/// <param name="CommitId">Its commit id.</param>
/// <param name="Raw">The entry's JSON as received.</param>
/// <param name="Error">Why.</param>
/// <param name="SeenAtMs">Unix ms.</param>
public sealed record QuarantinedEntry(long Id, string Key, long CommitId, ReadOnlyMemory<byte> Raw, AtError Error, long SeenAtMs);

/// <summary>What became of a page.</summary>
/// <param name="Applied">Changes of records, in order: what an app should hear of.</param>
/// <param name="Conflicts">How many conflicts entered the inbox.</param>
/// <param name="Quarantined">How many entries were set aside.</param>
/// <param name="Echoes">How many entries were this device's own.</param>
public sealed record PageOutcome(IReadOnlyList<AppliedChange> Applied, int Conflicts, int Quarantined, int Echoes);

/// <summary>A change that a page made to the records.</summary>
/// <param name="Key">The full key.</param>
/// <param name="Op">What happened.</param>
/// <param name="CommitId">The remote commit.</param>
public readonly record struct AppliedChange(string Key, CommitOp Op, long CommitId);
