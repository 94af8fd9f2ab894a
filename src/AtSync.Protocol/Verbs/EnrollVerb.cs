using System.Buffers;
using AtSync.Protocol.Grammar;

namespace AtSync.Protocol.Verbs;

/// <summary><c>enroll:operation[:force][:namespace][:{json}]</c>; the parameters are read by <see cref="EnrollParams"/>.</summary>
/// <remarks>
/// <code>
/// C: enroll:request:{"appName":"wavi","deviceName":"phone","namespaces":{"wavi":"rw"},"otp":"A1B2C3","apkamPublicKey":"MIIB…"}
/// S: data:{"enrollmentId":"0f3c…","status":"pending"}
/// C: enroll:listns:wavi
/// S: data:[{"enrollmentId":"0f3c…","access":"rw","metadata":null}]
/// </code>
/// A namespace (2025) is all up to the JSON, without colons; everything behind it is the JSON.
/// </remarks>
public sealed record EnrollVerb : Verb
{
    internal const string Usage = "enroll:<operation>[:force][:<namespace>]:{\"enrollmentId\":\"<id>\",...}";

    /// <summary><c>request approve deny revoke unrevoke list fetch delete update listns infons</c>.</summary>
    public required string Operation { get; init; }

    /// <summary><c>:force</c>.</summary>
    public bool Force { get; init; }

    /// <summary>For listns and infons.</summary>
    public string? Namespace { get; init; }

    /// <summary>UTF-8 JSON text; a slice of the line.</summary>
    public ReadOnlyMemory<byte>? Json { get; init; }

    /// <inheritdoc/>
    public override string Word => "enroll";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output)
    {
        var writer = new VerbWriter(output);
        writer.Literal("enroll:"u8);
        writer.Text(Operation);
        writer.Literal(Force ? ":force"u8 : ""u8);
        if (Namespace is not null)
        {
            writer.Byte((byte)':');
            writer.Token(Namespace);
        }

        if (Json is { } json)
        {
            if (json.Span is not [(byte)'{', ..])
            {
                throw new FormatException("the parameters of enroll are a JSON object");
            }

            writer.Byte((byte)':');
            writer.Value(json.Span);
        }

        writer.Flush();
    }

    internal static Verb? Parse(ref VerbReader reader)
    {
        if (!reader.TryTake("enroll:"u8) || !reader.TryTakeOneOf(Operations, out var operation))
        {
            return null;
        }

        var start = reader.Position;
        if (reader.TryTake(":force"u8) && Tail(ref reader, operation, force: true) is { } forced)
        {
            return forced;
        }

        reader.Position = start;
        return Tail(ref reader, operation, force: false);
    }

    /// <summary>The longer ones first where one begins with another.</summary>
    private static readonly string[] Operations =
        ["request", "approve", "deny", "revoke", "listns", "infons", "list", "fetch", "unrevoke", "delete", "update"];

    private static EnrollVerb? Tail(ref VerbReader reader, string operation, bool force)
    {
        string? ns = null;
        if (reader.TryTake(":"u8))
        {
            var end = reader.Rest.IndexOfAny((byte)':', (byte)'{', (byte)'\n');
            var length = end < 0 ? reader.Rest.Length : end;
            ns = length == 0 ? null : reader.Text(length);
            _ = ns is not null && reader.TryTake(":"u8);
        }

        ReadOnlyMemory<byte>? json = null;
        if (!reader.IsAtEnd)
        {
            if (!reader.TryRest(out ReadOnlyMemory<byte> rest))
            {
                return null;
            }

            json = rest;
        }

        return new EnrollVerb { Operation = operation, Force = force, Namespace = ns, Json = json };
    }
}
