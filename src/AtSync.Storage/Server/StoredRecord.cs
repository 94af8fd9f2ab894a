using AtSync.Protocol;

namespace AtSync.Storage.Server;

/// <summary>A record as an engine holds it. The engine reads no meaning into <see cref="Value"/> and <see cref="Metadata"/>.</summary>
public sealed record StoredRecord
{
    /// <summary>The full key, folded.</summary>
    public required string Key { get; init; }

    /// <summary>
    /// The value as sent, UTF-8. Meaningless when <see cref="HasValue"/> is false. In a change it may be a slice of a buffer that is used again
    /// once the change is applied: an engine copies what it keeps.
    /// </summary>
    public required ReadOnlyMemory<byte> Value { get; init; }

    /// <summary>False when the record was made by <c>update:meta</c> alone.</summary>
    public bool HasValue { get; init; } = true;

    /// <summary>
    /// The metadata that clients own, as the UTF-8 members of a JSON object in wire order without the braces, all values strings:
    /// <c>"isEncrypted":"true","ivNonce":"…"</c>. Ready to be copied into a sync page. May be empty.
    /// </summary>
    public required ReadOnlyMemory<byte> Metadata { get; init; }

    /// <summary>Version and times.</summary>
    public required RecordTimes Times { get; init; }

    /// <summary>When the operation happened, Unix ms.</summary>
    public required long OpTimeMs { get; init; }

    /// <summary>Assigned by the engine; -1 when the key is not in the commit log.</summary>
    public long CommitId { get; init; } = -1;

    /// <summary>What the latest commit did.</summary>
    public CommitOp Op { get; init; } = CommitOp.UpdateAll;
}

/// <summary>The columns of a record that the server owns. Times are Unix ms.</summary>
/// <param name="Version">0 at creation, +1 per write.</param>
/// <param name="CreatedAtMs">Kept over writes.</param>
/// <param name="UpdatedAtMs">The last write.</param>
/// <param name="AvailableAtMs">Birth, or null.</param>
/// <param name="ExpiresAtMs">Expiry, or null.</param>
/// <param name="RefreshAtMs">Refresh of a cached copy, or null.</param>
public readonly record struct RecordTimes(
    long Version, long CreatedAtMs, long UpdatedAtMs, long? AvailableAtMs, long? ExpiresAtMs, long? RefreshAtMs);
