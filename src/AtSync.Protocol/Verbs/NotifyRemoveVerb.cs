using System.Buffers;
using AtSync.Protocol.Grammar;

namespace AtSync.Protocol.Verbs;

/// <summary><c>notify:remove:id</c>.</summary>
/// <remarks>
/// <code>
/// C: notify:remove:6f1d…
/// S: data:success
/// </code>
/// The published pattern is anchored at neither end: the id is the first run of word characters behind the words, the rest is passed over.
/// </remarks>
public sealed record NotifyRemoveVerb : Verb
{
    internal const string Usage = "e.g notify:remove:<notificationId>";

    /// <summary>Notification id.</summary>
    public required string Id { get; init; }

    /// <inheritdoc/>
    public override string Word => "notify:remove";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output)
    {
        var writer = new VerbWriter(output);
        writer.Literal("notify:remove:"u8);
        writer.Token(Id);
        writer.Flush();
    }

    internal static Verb? Parse(ref VerbReader reader)
    {
        for (; !reader.IsAtEnd; reader.Position++)
        {
            var start = reader.Position;
            if (reader.TryTake("notify:remove:"u8) && CharClass.WordsAndHyphens(reader.Rest) is > 0 and var length)
            {
                return new NotifyRemoveVerb { Id = reader.Text(length) };
            }

            reader.Position = start;
        }

        return null;
    }
}
