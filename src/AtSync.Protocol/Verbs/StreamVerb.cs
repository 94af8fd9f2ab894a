using System.Buffers;
using AtSync.Protocol.Grammar;

namespace AtSync.Protocol.Verbs;

/// <summary><c>stream:…</c>; parsed, always refused.</summary>
/// <remarks>
/// <code>
/// C: stream:init@bob 6f1d… photo.jpg 12345
/// S: error:…
/// </code>
/// Legacy file streaming, on its way out upstream; always refused, so its parts are not told apart and every line with the word is one.
/// </remarks>
public sealed record StreamVerb : Verb
{
    internal const string Usage = "stream:<operation>@<atSign> <streamId> <fileName> <length>";

    /// <summary>Everything after <c>stream</c>.</summary>
    public required string Text { get; init; }

    /// <inheritdoc/>
    public override string Word => "stream";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output)
    {
        var writer = new VerbWriter(output);
        writer.Literal("stream"u8);
        writer.Text(Text);
        writer.Flush();
    }

    internal static Verb? Parse(ref VerbReader reader)
    {
        return reader.TryTake("stream"u8) && CharClass.IsOneLine(reader.Rest) ? new StreamVerb { Text = reader.Text(reader.Rest.Length) } : null;
    }
}
