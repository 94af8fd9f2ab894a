using System.Buffers;

namespace AtSync.Protocol.Verbs;

/// <summary><c>update[:nc]:json:{…}</c>; the document itself is read by <see cref="UpdateJsonDocument"/>.</summary>
public sealed record UpdateJsonVerb : Verb
{
    /// <summary><c>:nc</c>: no commit entry.</summary>
    public bool NoCommit { get; init; }

    /// <summary>UTF-8 JSON text; a slice of the line.</summary>
    public ReadOnlyMemory<byte> Json { get; init; }

    /// <inheritdoc/>
    public override string Word => "update";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output) => throw new NotImplementedException();
}
