using System.Buffers;
using AtSync.Protocol.Grammar;

namespace AtSync.Protocol.Verbs;

/// <summary><c>noop:ms</c>.</summary>
/// <remarks>
/// <code>
/// C: noop:0
/// S: data:ok
/// </code>
/// The heart-beat of monitor connections.
/// </remarks>
public sealed record NoopVerb : Verb
{
    internal const string Usage = "noop:<durationInMillis>";

    /// <summary>Milliseconds to wait.</summary>
    public long DelayMs { get; init; }

    /// <inheritdoc/>
    public override string Word => "noop";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output)
    {
        var writer = new VerbWriter(output);
        writer.Literal("noop:"u8);
        writer.Number(DelayMs);
        writer.Flush();
    }

    internal static Verb? Parse(ref VerbReader reader)
    {
        return reader.TryNumber("noop:"u8, out var delay) && reader.IsAtEnd ? new NoopVerb { DelayMs = delay!.Value } : null;
    }
}
