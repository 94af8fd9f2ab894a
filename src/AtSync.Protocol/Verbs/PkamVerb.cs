using System.Buffers;
using AtSync.Protocol.Grammar;

namespace AtSync.Protocol.Verbs;

/// <summary><c>pkam:[signingAlgo:…:][hashingAlgo:…:][enrollmentId:…:]&lt;signature&gt;</c>.</summary>
/// <remarks>
/// <code>
/// C: pkam:signingAlgo:rsa2048:hashingAlgo:sha256:enrollmentId:0f3c…:MEUCIQ…
/// S: data:success
/// </code>
/// The order is fixed. A part that cannot be one (unknown algorithm, nothing behind it) belongs to the signature, as in the published pattern. The enrollment id
/// goes up to the last colon. Differs from the reference: an algorithm in other letters' case means that algorithm, not the default.
/// </remarks>
public sealed record PkamVerb : Verb
{
    internal const string Usage = "pkam:<signature>";

    /// <summary><c>ecc_secp256r1</c>, <c>rsa2048</c>, <c>mldsa65</c>.</summary>
    public string? SigningAlgo { get; init; }

    /// <summary><c>sha256</c> or <c>sha512</c>.</summary>
    public string? HashingAlgo { get; init; }

    /// <summary>Enrollment to log in with.</summary>
    public string? EnrollmentId { get; init; }

    /// <summary>Base64 text.</summary>
    public required string Signature { get; init; }

    /// <inheritdoc/>
    public override string Word => "pkam";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output)
    {
        var writer = new VerbWriter(output);
        writer.Literal("pkam:"u8);
        Part(ref writer, "signingAlgo:"u8, SigningAlgo);
        Part(ref writer, "hashingAlgo:"u8, HashingAlgo);
        Part(ref writer, "enrollmentId:"u8, EnrollmentId);
        writer.Text(Signature);
        writer.Flush();
    }

    internal static Verb? Parse(ref VerbReader reader)
    {
        if (!reader.TryTake("pkam:"u8) || !CharClass.IsOneLine(reader.Rest))
        {
            return null;
        }

        var signing = Algorithm(ref reader, "signingAlgo:"u8, SigningAlgos);
        var hashing = Algorithm(ref reader, "hashingAlgo:"u8, HashingAlgos);
        var enrollment = Enrollment(ref reader);
        return reader.TryRest(out string? signature)
            ? new PkamVerb { SigningAlgo = signing, HashingAlgo = hashing, EnrollmentId = enrollment, Signature = signature }
            : null;
    }

    private static readonly string[] SigningAlgos = ["ecc_secp256r1", "rsa2048", "mldsa65"];
    private static readonly string[] HashingAlgos = ["sha256", "sha512"];

    /// <summary>A part behind which nothing is left is the signature itself.</summary>
    private static string? Algorithm(ref VerbReader reader, ReadOnlySpan<byte> tag, string[] algorithms)
    {
        var start = reader.Position;
        if (reader.TryTake(tag))
        {
            // Kept as it is spelled: in other cases the words mean something else, see PkamSignature.
            var word = reader.Position;
            if (reader.TryTakeOneOf(algorithms, out var known))
            {
                reader.Position = word;
                var algorithm = reader.Text(known.Length);
                if (reader.TryTake(":"u8) && !reader.IsAtEnd)
                {
                    return algorithm;
                }
            }
        }

        reader.Position = start;
        return null;
    }

    private static string? Enrollment(ref VerbReader reader)
    {
        var start = reader.Position;
        if (reader.TryTake("enrollmentId:"u8) && reader.Rest.Length > 2 && reader.Rest[..^1].LastIndexOf((byte)':') is > 0 and var colon)
        {
            var id = reader.Text(colon);
            reader.Position++;
            return id;
        }

        reader.Position = start;
        return null;
    }

    private static void Part(ref VerbWriter writer, ReadOnlySpan<byte> tag, string? value)
    {
        if (value is not null)
        {
            writer.Literal(tag);
            writer.Text(value);
            writer.Byte((byte)':');
        }
    }
}
