using System.Buffers;
using AtSync.Protocol.Grammar;

namespace AtSync.Protocol.Verbs;

/// <summary><c>to:@alice</c>: chooses the atSign that the connection is for.</summary>
/// <remarks>
/// <code>
/// C: to:@alice
/// S: data:{"publickey":"MIIB…","signing_publickey":"MIIB…"}
/// </code>
/// Since 2025 (server 3.15.0); the first verb of a connection.
/// </remarks>
public sealed record ToVerb : Verb
{
    internal const string Usage = "to:@<atSign>";

    /// <summary>atSign as typed.</summary>
    public required string AtSign { get; init; }

    /// <inheritdoc/>
    public override string Word => "to";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output)
    {
        var writer = new VerbWriter(output);
        writer.Literal("to:"u8);
        if (AtSign.StartsWith('@'))
        {
            writer.Byte((byte)'@');
        }

        writer.Token(AtSign.AsSpan(AtSign.StartsWith('@') ? 1 : 0));
        writer.Flush();
    }

    internal static Verb? Parse(ref VerbReader reader)
    {
        if (!reader.TryTake("to:"u8))
        {
            return null;
        }

        var sign = reader.TryTake("@"u8) ? "@" : "";
        return reader.TryToken([], out var name) && reader.IsAtEnd ? new ToVerb { AtSign = sign + name } : null;
    }
}
