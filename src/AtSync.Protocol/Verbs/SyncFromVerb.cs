using System.Buffers;

namespace AtSync.Protocol.Verbs;

/// <summary><c>sync:from:n[:limit:n][:skipDeletesUntil:n][:regex]</c>.</summary>
public sealed record SyncFromVerb : Verb
{
    /// <summary>-1 for the start.</summary>
    public long From { get; init; }

    /// <summary>Most entries wanted.</summary>
    public long? Limit { get; init; }

    /// <summary>Deletions up to this commit id are not wanted.</summary>
    public long? SkipDeletesUntil { get; init; }

    /// <summary>Filter on the key.</summary>
    public string? Regex { get; init; }

    /// <inheritdoc/>
    public override string Word => "sync:from";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output) => throw new NotImplementedException();
}
