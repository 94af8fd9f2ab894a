using System.Buffers;
using AtSync.Protocol.Grammar;

namespace AtSync.Protocol.Verbs;

/// <summary><c>cram:&lt;digest&gt;</c>.</summary>
/// <remarks>
/// <code>
/// C: cram:9f86d0…
/// S: data:success
/// </code>
/// The digest is over the shared secret and the challenge of <c>from</c>.
/// </remarks>
public sealed record CramVerb : Verb
{
    internal const string Usage = "cram:<digest>";

    /// <summary>Lower-case hex SHA-512.</summary>
    public required string Digest { get; init; }

    /// <inheritdoc/>
    public override string Word => "cram";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output)
    {
        var writer = new VerbWriter(output);
        writer.Literal("cram:"u8);
        writer.Text(Digest);
        writer.Flush();
    }

    internal static Verb? Parse(ref VerbReader reader)
    {
        return reader.TryTake("cram:"u8) && reader.TryRest(out string? digest) ? new CramVerb { Digest = digest } : null;
    }
}
