using System.Buffers;

namespace AtSync.Protocol.Verbs;

/// <summary><c>to:@alice</c>: chooses the atSign that the connection is for.</summary>
public sealed record ToVerb : Verb
{
    /// <summary>atSign as typed.</summary>
    public required string AtSign { get; init; }

    /// <inheritdoc/>
    public override string Word => "to";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output) => throw new NotImplementedException();
}
