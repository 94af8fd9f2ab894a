using System.Buffers;
using AtSync.Protocol.Grammar;

namespace AtSync.Protocol.Verbs;

/// <summary><c>otp:get|put[:code][:ttl:ms]</c>.</summary>
/// <remarks>
/// <code>
/// C: otp:put:abc123:ttl:5000
/// S: data:ok
/// </code>
/// A code has at least six word characters and belongs to <c>put</c> only.
/// </remarks>
public sealed record OtpVerb : Verb
{
    internal const string Usage = "otp:get or otp:validate:<otp>";

    /// <summary><c>get</c> or <c>put</c>.</summary>
    public required string Operation { get; init; }

    /// <summary>For put.</summary>
    public string? Code { get; init; }

    /// <summary>Life, ms.</summary>
    public long? TtlMs { get; init; }

    /// <inheritdoc/>
    public override string Word => "otp";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output)
    {
        var writer = new VerbWriter(output);
        writer.Literal("otp:"u8);
        writer.Token(Operation);
        if (Code is not null)
        {
            writer.Byte((byte)':');
            writer.Token(Code);
        }

        if (TtlMs is { } ttl)
        {
            writer.Literal(":ttl:"u8);
            writer.Number(ttl);
        }

        writer.Flush();
    }

    internal static Verb? Parse(ref VerbReader reader)
    {
        if (!reader.TryTake("otp:"u8) || !reader.TryTakeOneOf(Operations, out var operation))
        {
            return null;
        }

        string? code = null;
        var start = reader.Position;
        if (operation == "put" && reader.TryTake(":"u8) && CharClass.Words(reader.Rest) is >= 6 and var length)
        {
            code = reader.Text(length);
        }
        else
        {
            reader.Position = start;
        }

        reader.TryNumber(":ttl:"u8, out var ttl);
        return reader.IsAtEnd ? new OtpVerb { Operation = operation, Code = code, TtlMs = ttl } : null;
    }

    private static readonly string[] Operations = ["get", "put"];
}
