using System.Buffers;
using AtSync.Protocol.Grammar;

namespace AtSync.Protocol.Verbs;

/// <summary><c>notify:status:id</c>.</summary>
/// <remarks>
/// <code>
/// C: notify:status:6f1d…
/// S: data:delivered
/// </code>
/// </remarks>
public sealed record NotifyStatusVerb : Verb
{
    internal const string Usage = "e.g notify:status:<notification-id>";

    /// <summary>Notification id.</summary>
    public required string Id { get; init; }

    /// <inheritdoc/>
    public override string Word => "notify:status";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output)
    {
        var writer = new VerbWriter(output);
        writer.Literal("notify:status:"u8);
        writer.Text(Id);
        writer.Flush();
    }

    internal static Verb? Parse(ref VerbReader reader)
    {
        return reader.TryTake("notify:status:"u8) && !reader.IsAtEnd && CharClass.NotSpace(reader.Rest) == reader.Rest.Length
            ? new NotifyStatusVerb { Id = reader.Text(reader.Rest.Length) }
            : null;
    }
}
