using System.Buffers;
using AtSync.Protocol.Grammar;

namespace AtSync.Protocol.Verbs;

/// <summary><c>pol</c>: server-to-server proof.</summary>
/// <remarks>
/// <code>
/// C: pol
/// S: @bob@          (no newline)
/// </code>
/// </remarks>
public sealed record PolVerb : Verb
{
    internal const string Usage = "pol";

    /// <inheritdoc/>
    public override string Word => "pol";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output)
    {
        var writer = new VerbWriter(output);
        writer.Literal("pol"u8);
        writer.Flush();
    }

    internal static Verb? Parse(ref VerbReader reader)
    {
        return reader.TryTake("pol"u8) && reader.IsAtEnd ? new PolVerb() : null;
    }
}
