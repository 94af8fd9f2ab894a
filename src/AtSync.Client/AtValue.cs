using System.Text;
using AtSync.Protocol;

namespace AtSync.Client;

/// <summary>An opened value: text or bytes, with the metadata it is stored with. Equal by content. Immutable.</summary>
public sealed record AtValue
{
    private readonly ReadOnlyMemory<byte> _bytes;

    private AtValue(string? text, ReadOnlyMemory<byte> bytes) => (Text, _bytes) = (text, bytes);

    /// <summary>The text; null for a binary value.</summary>
    public string? Text { get; }

    /// <summary>The bytes of a binary value, or the text's UTF-8 (made anew on each call).</summary>
    public ReadOnlyMemory<byte> Bytes => Text is null ? _bytes : Encoding.UTF8.GetBytes(Text);

    /// <summary>True for a value that was written as bytes.</summary>
    public bool IsBinary => Text is null;

    /// <summary>As stored.</summary>
    public AtMetadata Metadata { get; init; } = AtMetadata.Empty;

    /// <summary>A text value.</summary>
    public static AtValue OfText(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new AtValue(text, default);
    }

    /// <summary>A binary value; the bytes are kept, not copied.</summary>
    public static AtValue OfBytes(ReadOnlyMemory<byte> bytes) => new(null, bytes);

    /// <inheritdoc/>
    public bool Equals(AtValue? other) =>
        other is not null && Text == other.Text && _bytes.Span.SequenceEqual(other._bytes.Span) && Metadata == other.Metadata;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Text, _bytes.Length, Metadata);

    /// <summary>Never shows the value.</summary>
    public override string ToString() => Text is null ? $"AtValue({_bytes.Length} bytes)" : $"AtValue({Text.Length} characters)";
}

/// <summary>What may be said about a value when it is put.</summary>
public sealed record PutOptions
{
    /// <summary>Life time from now; null keeps the record's, zero clears it.</summary>
    public TimeSpan? TimeToLive { get; init; }

    /// <summary>Time until it becomes visible.</summary>
    public TimeSpan? TimeToBirth { get; init; }

    /// <summary>When it becomes visible; instead of <see cref="TimeToBirth"/>. A time that is over is allowed: the record is visible at once.</summary>
    public DateTimeOffset? AvailableAt { get; init; }

    /// <summary>When it ends; instead of <see cref="TimeToLive"/>. A time that is over is allowed: the record is gone at once.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The record may not be changed afterwards.</summary>
    public bool IsImmutable { get; init; }
}

/// <summary>One write of <see cref="AtClient.WriteAsync"/>.</summary>
/// <param name="Key">As people write it: <c>name.ns</c>, <c>public:name.ns</c>.</param>
/// <param name="Value">Null deletes the key.</param>
/// <param name="Options">Null for the defaults.</param>
public sealed record AtWrite(string Key, AtValue? Value, PutOptions? Options = null);

/// <summary>A record in a listing.</summary>
/// <param name="Key">The full key.</param>
/// <param name="Metadata">As stored.</param>
/// <param name="CommitId">The remote commit it was last equal to; 0 = never pushed.</param>
/// <param name="IsPending">True while an edit waits to be pushed.</param>
/// <param name="ExpiresAt">When it expires, or null.</param>
/// <param name="AvailableAt">When it becomes visible, or became it; null when it always was.</param>
public sealed record AtRecord(AtKey Key, AtMetadata Metadata, long CommitId, bool IsPending, DateTimeOffset? ExpiresAt, DateTimeOffset? AvailableAt);

/// <summary>A change of the local secondary, told after it is durable.</summary>
/// <param name="Key">The full key.</param>
/// <param name="IsDeleted">True for a deletion.</param>
/// <param name="IsRemote">True when it came from the remote secondary, false for a write on this device.</param>
/// <param name="CommitId">The remote commit, or 0.</param>
public sealed record RecordChange(AtKey Key, bool IsDeleted, bool IsRemote, long CommitId);
