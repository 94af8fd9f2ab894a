using AtSync.Protocol;

namespace AtSync.Storage.Local.Core;

/// <summary>A row of the records table. A copy: changing it changes nothing until it is handed to <see cref="LocalTables"/>.</summary>
internal sealed record RecordRow
{
    /// <summary>No remote commit. Not 0, which is a commit id some servers give out.</summary>
    public const long NoCommit = -1;

    public long Id { get; set; }

    public string Key { get; set; } = "";

    /// <summary>While pending, the commit the edit is based on; else the commit the record equals. See <see cref="Standing"/> for when it is overruled.</summary>
    public long CommitId { get; set; } = NoCommit;

    /// <summary>The outbox row of the last pushed edit; 0 = none. Stays when that edit was accepted as part of a range.</summary>
    public long Seq { get; set; }

    public bool HasValue { get; set; } = true;

    /// <summary>Deleted: kept while the deletion is pending, then until the cursor has passed its commit.</summary>
    public bool IsTombstone { get; set; }

    /// <summary>This version was pushed from here.</summary>
    public bool IsOwn { get; set; }

    /// <summary>The resync this row was last written or confirmed in; commit ids of earlier ones mean nothing any more.</summary>
    public long Generation { get; set; }

    public long UpdatedAtMs { get; set; }

    public long? AvailableAtMs { get; set; }

    public long? ExpiresAtMs { get; set; }

    public ReadOnlyMemory<byte> Metadata { get; set; }

    public ReadOnlyMemory<byte> Value { get; set; }

    /// <summary>What the stored row counts for in <see cref="StoreState.Bytes"/>; set by the tables on reading.</summary>
    public long StoredBytes { get; set; }

    /// <summary>Whether the stored row is a live one; set by the tables on reading.</summary>
    public bool StoredLive { get; set; }
}

/// <summary>A row of the outbox. The key, the content and the base commit are those of its record.</summary>
internal sealed record OutboxRow
{
    public long Seq { get; set; }

    public long RecordId { get; set; }

    public CommitOp Op { get; set; }

    public long EditTimeMs { get; set; }

    public int Attempts { get; set; }

    public long NotBeforeMs { get; set; }

    public bool IsDead { get; set; }

    public AtError? Error { get; set; }
}

/// <summary>Outbox rows <paramref name="FirstSeq"/>..<paramref name="LastSeq"/> became the commits from <paramref name="FirstCommit"/> on, one each.</summary>
internal readonly record struct AcceptedRange(long FirstSeq, long LastSeq, long FirstCommit)
{
    public bool Holds(long seq) => seq >= FirstSeq && seq <= LastSeq;

    public long CommitOf(long seq) => FirstCommit + (seq - FirstSeq);
}

/// <summary>What a contiguous stretch of the outbox holds.</summary>
/// <param name="Count">Rows.</param>
/// <param name="Irregular">Rows that cannot be settled as part of a range: dead, or anything but a whole update.</param>
internal readonly record struct OutboxStretch(long Count, long Irregular);

/// <summary>What became of an inbox or quarantine row: its size for the counters.</summary>
internal readonly record struct SetAside(long Id, long CommitId, long Bytes, ConflictKind Kind, long AtMs);

/// <summary>The one row with the store's counters. Read at the begin of each transaction, written at its end when changed.</summary>
internal record struct StoreState
{
    public long Generation { get; set; }

    public bool IsResyncing { get; set; }

    public long NextSeq { get; set; }

    public long Records { get; set; }

    public long Bytes { get; set; }

    public long Pending { get; set; }

    public long Dead { get; set; }

    public long Quarantined { get; set; }

    public long QuarantineBytes { get; set; }

    public long Conflicts { get; set; }

    public long Replaced { get; set; }

    public long ReplacedBytes { get; set; }

    public long AcceptedRanges { get; set; }

    /// <summary>Number of the last change noted for watchers.</summary>
    public long ChangeSeq { get; set; }

    /// <summary>Somebody watches until then, Unix ms; changes are noted as long.</summary>
    public long WatchUntilMs { get; set; }

    public readonly LocalCounts ToCounts() => new(Records, Bytes, Pending, Dead, Quarantined, Conflicts);
}
