using AtSync.Protocol;

namespace AtSync.Storage.Server;

/// <summary>
/// A change to one key, decided inside the engine's transaction with the current record in hand, so that read and write cannot
/// come apart (metadata kept over writes, <c>immutable</c>, <c>ifCommit</c>).
/// </summary>
public abstract class StoreChange(string key)
{
    /// <summary>The full key, folded. At most 248 characters (255 when it begins with <c>cached:</c>).</summary>
    public string Key { get; } = key;

    /// <summary>
    /// Called on the engine's writer, inside the transaction: pure, quick, no I/O, must not throw. Called a second time when the
    /// transaction had to be repeated without its neighbours; the latest call is the one that counts.
    /// </summary>
    /// <param name="current">The record as it is now (expired ones too), or null when absent or deleted.</param>
    /// <param name="currentCommitId">The key's latest commit id, of a record or of a deletion; -1 when the key is not in the commit log.</param>
    public abstract ChangeDecision Decide(StoredRecord? current, long currentCommitId);

    /// <summary>
    /// The server's own bookkeeping, which must not fail for want of room (a revocation, a secret that goes): it counts, and no
    /// <see cref="StoreQuota"/> refuses it.
    /// </summary>
    public virtual bool IsExempt => false;

    /// <summary>
    /// What is done instead of a write that a quota does not allow: <see cref="ChangeDecision.Delete"/>; null refuses it. As pure and quick as
    /// <see cref="Decide"/>.
    /// </summary>
    public virtual ChangeDecision? DecideWithoutRoom(StoredRecord? current) => null;
}

/// <summary>What a <see cref="StoreChange"/> decided.</summary>
public readonly record struct ChangeDecision
{
    /// <summary>What to do.</summary>
    public ChangeKind Kind { get; private init; }

    /// <summary>The record to write, for <see cref="ChangeKind.Put"/>; its commit id is ignored.</summary>
    public StoredRecord? Record { get; private init; }

    /// <summary>Unix ms of a deletion.</summary>
    public long OpTimeMs { get; private init; }

    /// <summary>Whether the change enters the commit log. When it does not, an entry that the key had is removed from the log.</summary>
    public bool Logged { get; private init; }

    /// <summary>
    /// The record is written in its place: it keeps its commit id, so that nobody is told of it. Only for a key that has a record.
    /// </summary>
    public bool KeepsCommit { get; init; }

    /// <summary>Why nothing was done, for <see cref="ChangeKind.Refuse"/>.</summary>
    public AtError? Error { get; private init; }

    /// <summary>
    /// A notification that the write or deletion owes: it becomes durable together with it. One whose id is held already is not added again.
    /// Where the quota of notifications has no room for it, a write is refused; the deletion of a record is not and adds it all the same; a
    /// deletion of what is not there goes without it.
    /// </summary>
    public StoredNotification? Owed { get; init; }

    /// <summary>Write the record.</summary>
    public static ChangeDecision Put(StoredRecord record, bool logged) => new() { Kind = ChangeKind.Put, Record = record, Logged = logged };

    /// <summary>Delete the key. A logged deletion leaves a tombstone with a commit id even when the key was absent.</summary>
    public static ChangeDecision Delete(long opTimeMs, bool logged) => new() { Kind = ChangeKind.Delete, OpTimeMs = opTimeMs, Logged = logged };

    /// <summary>Do nothing and report the error.</summary>
    public static ChangeDecision Refuse(AtError error) => new() { Kind = ChangeKind.Refuse, Error = error };

    /// <summary>Do nothing; the result carries the current commit id of the key (-1 when it has none).</summary>
    public static ChangeDecision Nothing { get; } = new() { Kind = ChangeKind.Nothing };
}

/// <summary>Kinds of <see cref="ChangeDecision"/>.</summary>
public enum ChangeKind : byte
{
    /// <summary>Leave everything as it is.</summary>
    Nothing,

    /// <summary>Write a record.</summary>
    Put,

    /// <summary>Delete the key.</summary>
    Delete,

    /// <summary>Leave everything as it is and report an error.</summary>
    Refuse,
}

/// <summary>What became of a change.</summary>
/// <param name="CommitId">The new commit id; -1 when the change is not logged; the key's current one (-1 = none) when nothing was done
/// (<see cref="ChangeKind.Nothing"/>, <see cref="ChangeKind.Refuse"/>).</param>
/// <param name="Error">Null unless refused.</param>
/// <param name="Owes">A notification was written with it.</param>
public readonly record struct ChangeResult(long CommitId, AtError? Error, bool Owes = false);
