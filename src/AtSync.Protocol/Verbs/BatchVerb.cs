using System.Buffers;
using AtSync.Protocol.Grammar;

namespace AtSync.Protocol.Verbs;

/// <summary><c>batch:[{"id":1,"command":"…"},…]</c>; the items are read by <see cref="BatchReader"/>.</summary>
/// <remarks>
/// <code>
/// C: batch:[{"id":1,"command":"update:phone.wavi@alice 123"},{"id":2,"command":"delete:old.wavi@alice"}]
/// S: data:[{"id":1,"response":{"data":"42"}},{"id":2,"response":{"data":"43"}}]
/// </code>
/// Written by <see cref="BatchWriter"/>.
/// </remarks>
public sealed record BatchVerb : Verb
{
    internal const string Usage = "batch:[{\"id\":<id>,\"command\":\"<command>\"},...]";

    /// <summary>UTF-8 JSON text; a slice of the line.</summary>
    public ReadOnlyMemory<byte> Json { get; init; }

    /// <inheritdoc/>
    public override string Word => "batch";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output)
    {
        var writer = new VerbWriter(output);
        writer.Literal("batch:"u8);
        writer.Value(Json.Span);
        writer.Flush();
    }

    internal static Verb? Parse(ref VerbReader reader)
    {
        return reader.TryTake("batch:"u8) && reader.TryRest(out ReadOnlyMemory<byte> json) ? new BatchVerb { Json = json } : null;
    }
}
