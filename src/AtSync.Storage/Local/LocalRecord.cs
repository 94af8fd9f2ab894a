using AtSync.Protocol;

namespace AtSync.Storage.Local;

/// <summary>A record of the local secondary. Sealed: the store never sees private plaintext.</summary>
public sealed record LocalRecord
{
    /// <summary>The full key, folded.</summary>
    public required string Key { get; init; }

    /// <summary>The value as on the wire, UTF-8; empty when read without values.</summary>
    public required ReadOnlyMemory<byte> Value { get; init; }

    /// <summary>False when the record has metadata only.</summary>
    public bool HasValue { get; init; } = true;

    /// <summary>The metadata as a UTF-8 JSON object, as pulled or as written; the store reads no meaning into it.</summary>
    public required ReadOnlyMemory<byte> Metadata { get; init; }

    /// <summary>The remote commit this record was last equal to; 0 = none (never pushed).</summary>
    public long CommitId { get; init; }

    /// <summary>When this version was written, Unix ms: the edit's time where known, else the server's.</summary>
    public long UpdatedAtMs { get; init; }

    /// <summary>Unix ms, or null.</summary>
    public long? AvailableAtMs { get; init; }

    /// <summary>Unix ms, or null.</summary>
    public long? ExpiresAtMs { get; init; }

    /// <summary>True while an edit of this key waits in the outbox.</summary>
    public bool IsPending { get; init; }
}

/// <summary>A local write.</summary>
public sealed record LocalChange
{
    /// <summary>The full key, folded.</summary>
    public required string Key { get; init; }

    /// <summary><see cref="CommitOp.UpdateAll"/>, <see cref="CommitOp.UpdateMeta"/> or <see cref="CommitOp.Delete"/>.</summary>
    public required CommitOp Op { get; init; }

    /// <summary>The sealed value; ignored except for <see cref="CommitOp.UpdateAll"/>.</summary>
    public ReadOnlyMemory<byte> Value { get; init; }

    /// <summary>UTF-8 JSON object; ignored for deletions.</summary>
    public ReadOnlyMemory<byte> Metadata { get; init; }

    /// <summary>When the edit was made, Unix ms by the device's clock corrected to the server's.</summary>
    public required long EditTimeMs { get; init; }

    /// <summary>Unix ms, or null.</summary>
    public long? AvailableAtMs { get; init; }

    /// <summary>Unix ms, or null.</summary>
    public long? ExpiresAtMs { get; init; }

    /// <summary>False for what stays on the device (<c>local:</c> keys, <c>cached:</c> copies, key copies).</summary>
    public bool IsPushed { get; init; } = true;

    /// <summary>The remote commit this edit is based on, when it is not the record's own (after a conflict was resolved); null = take the record's.</summary>
    public long? BaseCommitId { get; init; }

    /// <summary>The remote commit this record now equals, for a write that was already made remotely; null = leave.</summary>
    public long? CommitId { get; init; }
}

/// <summary>An edit that waits to be pushed.</summary>
public sealed record OutboxItem
{
    /// <summary>Generation: rises with every local write of any key.</summary>
    public required long Seq { get; init; }

    /// <summary>The full key.</summary>
    public required string Key { get; init; }

    /// <summary>What to push.</summary>
    public required CommitOp Op { get; init; }

    /// <summary>The remote commit the edit was based on; 0 = none.</summary>
    public required long BaseCommitId { get; init; }

    /// <summary>When the edit was made, Unix ms.</summary>
    public required long EditTimeMs { get; init; }

    /// <summary>The record as it is now; null for a deletion.</summary>
    public LocalRecord? Record { get; init; }

    /// <summary>Failed attempts so far.</summary>
    public int Attempts { get; init; }

    /// <summary>Unix ms before which it is not due; 0 = due.</summary>
    public long NotBeforeMs { get; init; }

    /// <summary>True when refused for good: not pushed again unless retried by hand.</summary>
    public bool IsDead { get; init; }

    /// <summary>Why the last attempt failed, or null.</summary>
    public AtError? LastError { get; init; }
}

/// <summary>What became of a pushed outbox row.</summary>
/// <param name="Seq">The row's generation.</param>
/// <param name="Key">Its key.</param>
/// <param name="Kind">Accepted, to be tried again, or refused for good.</param>
/// <param name="CommitId">The commit id, when accepted (-1 = accepted without a commit).</param>
/// <param name="Error">Why, when not accepted.</param>
/// <param name="NotBeforeMs">When to try again, Unix ms.</param>
public readonly record struct PushOutcome(long Seq, string Key, PushOutcomeKind Kind, long CommitId, AtError? Error, long NotBeforeMs);

/// <summary>Kinds of <see cref="PushOutcome"/>.</summary>
public enum PushOutcomeKind : byte
{
    /// <summary>The remote has it.</summary>
    Accepted,

    /// <summary>Try again later.</summary>
    Retry,

    /// <summary>Dead letter.</summary>
    Dead,

    /// <summary>Drop the row: there is nothing to push any more (the record expired).</summary>
    Drop,
}

/// <summary>A conditional move of the main cursor.</summary>
/// <param name="From">Where it must stand.</param>
/// <param name="To">Where it goes.</param>
public readonly record struct CursorMove(long From, long To);

/// <summary>Sizes of a local store.</summary>
/// <param name="Records">Records.</param>
/// <param name="Bytes">Sum of key, value and metadata lengths, bytes.</param>
/// <param name="Pending">Outbox rows that are not dead.</param>
/// <param name="Dead">Dead letters.</param>
/// <param name="Quarantined">Entries set aside.</param>
/// <param name="Conflicts">Entries of the conflict inbox.</param>
public readonly record struct LocalCounts(long Records, long Bytes, long Pending, long Dead, long Quarantined, long Conflicts);
