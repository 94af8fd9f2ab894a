using System.Buffers;
using AtSync.Protocol.Grammar;

namespace AtSync.Protocol.Verbs;

/// <summary><c>notify:fetch:id</c>.</summary>
/// <remarks>
/// <code>
/// C: notify:fetch:6f1d…
/// S: data:{"id":"6f1d…",…}
/// </code>
/// </remarks>
public sealed record NotifyFetchVerb : Verb
{
    internal const string Usage = "e.g notify:fetch:<notification-id>";

    /// <summary>Notification id.</summary>
    public required string Id { get; init; }

    /// <inheritdoc/>
    public override string Word => "notify:fetch";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output)
    {
        var writer = new VerbWriter(output);
        writer.Literal("notify:fetch:"u8);
        writer.Text(Id);
        writer.Flush();
    }

    internal static Verb? Parse(ref VerbReader reader)
    {
        return reader.TryTake("notify:fetch:"u8) && !reader.IsAtEnd && CharClass.NotSpace(reader.Rest) == reader.Rest.Length
            ? new NotifyFetchVerb { Id = reader.Text(reader.Rest.Length) }
            : null;
    }
}
