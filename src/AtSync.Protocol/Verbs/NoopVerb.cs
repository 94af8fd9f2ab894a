using System.Buffers;

namespace AtSync.Protocol.Verbs;

/// <summary><c>noop:ms</c>.</summary>
public sealed record NoopVerb : Verb
{
    /// <summary>Milliseconds to wait.</summary>
    public long DelayMs { get; init; }

    /// <inheritdoc/>
    public override string Word => "noop";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output) => throw new NotImplementedException();
}
