using System.Buffers;
using AtSync.Protocol.Grammar;

namespace AtSync.Protocol.Verbs;

/// <summary><c>update[:nc]:json:{…}</c>; the document itself is read by <see cref="UpdateJsonDocument"/>.</summary>
/// <remarks>
/// <code>
/// C: update:json:{"atKey":"phone.wavi@alice","value":"123","metadata":{"isBinary":false,"isEncrypted":false,"isPublic":false}}
/// S: data:42
/// </code>
/// Parsed by <see cref="UpdateVerb"/>, whose pattern has both forms.
/// </remarks>
public sealed record UpdateJsonVerb : Verb
{
    /// <summary><c>:nc</c>: no commit entry.</summary>
    public bool NoCommit { get; init; }

    /// <summary>UTF-8 JSON text; a slice of the line.</summary>
    public ReadOnlyMemory<byte> Json { get; init; }

    /// <inheritdoc/>
    public override string Word => "update";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output)
    {
        var writer = new VerbWriter(output);
        writer.Literal(NoCommit ? "update:nc:json:"u8 : "update:json:"u8);
        writer.Value(Json.Span);
        writer.Flush();
    }
}
