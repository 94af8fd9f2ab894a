using System.Buffers;
using AtSync.Protocol.Grammar;

namespace AtSync.Protocol.Verbs;

/// <summary><c>stats[:id[,id…]][:regex]</c>.</summary>
/// <remarks>
/// <code>
/// C: stats:3:\.wavi
/// S: data: [{"id":"3","name":"lastCommitID","value":"42"}]
/// </code>
/// A pattern may stand only directly behind <c>:3</c> or <c>:15</c>; the first id does not begin with 0.
/// </remarks>
public sealed record StatsVerb : Verb
{
    internal const string Usage = "stats:1,2,3";

    /// <summary>Null = all.</summary>
    public EquatableList<int>? Ids { get; init; }

    /// <summary>After <c>:3</c> or <c>:15</c> only.</summary>
    public string? Regex { get; init; }

    /// <inheritdoc/>
    public override string Word => "stats";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output)
    {
        var writer = new VerbWriter(output);
        writer.Literal("stats"u8);
        for (var i = 0; i < Ids?.Count; i++)
        {
            // The grammar lets only a later one begin with 0; the first may be left out.
            writer.Literal(i > 0 ? ","u8 : Ids[0] == 0 ? ":,"u8 : ":"u8);
            writer.Number(Ids[i]);
        }

        if (Regex is not null)
        {
            writer.Byte((byte)':');
            writer.Text(Regex);
        }

        writer.Flush();
    }

    internal static Verb? Parse(ref VerbReader reader)
    {
        if (!reader.TryTake("stats"u8))
        {
            return null;
        }

        List<int>? ids = null;
        long? first = null;
        if (reader.TryTake(":"u8))
        {
            if (!reader.IsAtEnd && reader.Rest[0] != '0' && reader.TryNumber([], out first))
            {
                ids = [Id(first)];
            }

            while (reader.TryNumber(","u8, out var next))
            {
                (ids ??= []).Add(Id(next));
            }
        }

        var hasRegex = first is 3 or 15 && ids is [_] && !reader.IsAtEnd;
        string? regex = null;
        if (hasRegex && !(reader.TryTake(":"u8) && reader.TryRest(out regex)))
        {
            return null;
        }

        return reader.IsAtEnd ? new StatsVerb { Ids = ids is null ? null : new EquatableList<int>(ids), Regex = regex } : null;
    }

    /// <summary>An id that no statistic has stays one.</summary>
    private static int Id(long? id) => (int)Math.Min(id ?? int.MaxValue, int.MaxValue);
}
