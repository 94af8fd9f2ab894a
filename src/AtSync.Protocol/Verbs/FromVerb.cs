using System.Buffers;
using AtSync.Protocol.Grammar;

namespace AtSync.Protocol.Verbs;

/// <summary><c>from:@alice[:clientConfig:{json}]</c>: claims an atSign and asks for a challenge.</summary>
/// <remarks>
/// <code>
/// C: from:@alice:clientConfig:{"version":"3.15.0"}
/// S: data:_4af2…@alice:6f1d…
/// </code>
/// </remarks>
public sealed record FromVerb : Verb
{
    internal const string Usage = "syntax from:@<atSign> \n e.g from:@alice";

    /// <summary>atSign as typed, with or without <c>@</c>.</summary>
    public required string AtSign { get; init; }

    /// <summary>The JSON object text.</summary>
    public string? ClientConfig { get; init; }

    /// <inheritdoc/>
    public override string Word => "from";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output)
    {
        var writer = new VerbWriter(output);
        writer.Literal("from:"u8);
        if (AtSign.StartsWith('@'))
        {
            writer.Byte((byte)'@');
        }

        writer.Token(AtSign.AsSpan(AtSign.StartsWith('@') ? 1 : 0));
        if (ClientConfig is not null)
        {
            writer.Literal(":clientConfig:"u8);
            writer.Text(ClientConfig);
        }

        writer.Flush();
    }

    internal static Verb? Parse(ref VerbReader reader)
    {
        if (!reader.TryTake("from:"u8))
        {
            return null;
        }

        var sign = reader.TryTake("@"u8) ? "@" : "";
        if (!reader.TryToken([], out var name))
        {
            return null;
        }

        string? config = null;
        if (!reader.IsAtEnd && !(reader.TryTake(":clientConfig:"u8) && reader.TryRest(out config) && config is ['{', _, .., '}']))
        {
            return null;
        }

        return new FromVerb { AtSign = sign + name, ClientConfig = config };
    }
}
