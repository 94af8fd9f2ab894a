using System.Buffers;

namespace AtSync.Protocol.Verbs;

/// <summary><c>batch:[{"id":1,"command":"…"},…]</c>; the items are read by <see cref="BatchReader"/>.</summary>
public sealed record BatchVerb : Verb
{
    /// <summary>UTF-8 JSON text; a slice of the line.</summary>
    public ReadOnlyMemory<byte> Json { get; init; }

    /// <inheritdoc/>
    public override string Word => "batch";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output) => throw new NotImplementedException();
}
