using System.Buffers;
using AtSync.Protocol.Grammar;

namespace AtSync.Protocol.Verbs;

/// <summary><c>info[:brief|:mtls|:mtlsbrief]</c>.</summary>
/// <remarks>
/// <code>
/// C: info:brief
/// S: data:{"version":"3.17.0","uptimeAsMillis":12345,"features":[…]}
/// </code>
/// </remarks>
public sealed record InfoVerb : Verb
{
    internal const string Usage = "info";

    /// <summary><c>brief</c>, <c>mtls</c>, <c>mtlsbrief</c> or null.</summary>
    public string? Form { get; init; }

    /// <inheritdoc/>
    public override string Word => "info";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output)
    {
        var writer = new VerbWriter(output);
        writer.Literal("info"u8);
        if (Form is not null)
        {
            writer.Byte((byte)':');
            writer.Token(Form);
        }

        writer.Flush();
    }

    internal static Verb? Parse(ref VerbReader reader)
    {
        if (!reader.TryTake("info"u8))
        {
            return null;
        }

        string? form = null;
        _ = reader.TryTake(":"u8) && reader.TryTakeOneOf(Forms, out form);
        return reader.IsAtEnd && (form is not null || reader.Position == "info".Length) ? new InfoVerb { Form = form } : null;
    }

    private static readonly string[] Forms = ["brief", "mtlsbrief", "mtls"];
}
