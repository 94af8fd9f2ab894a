using System.Buffers;

namespace AtSync.Protocol.Verbs;

/// <summary><c>stream:…</c>; parsed, always refused.</summary>
public sealed record StreamVerb : Verb
{
    /// <summary>Everything after <c>stream</c>.</summary>
    public required string Text { get; init; }

    /// <inheritdoc/>
    public override string Word => "stream";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output) => throw new NotImplementedException();
}
