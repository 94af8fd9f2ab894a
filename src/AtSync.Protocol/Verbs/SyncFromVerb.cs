using System.Buffers;
using AtSync.Protocol.Grammar;

namespace AtSync.Protocol.Verbs;

/// <summary><c>sync:from:n[:limit:n][:skipDeletesUntil:n][:regex]</c>.</summary>
/// <remarks>
/// <code>
/// C: sync:from:41:limit:2000:skipDeletesUntil:40:\.wavi
/// S: data:[{"atKey":"phone.wavi@alice","value":"123","metadata":{…},"commitId":42,"operation":"*"}]
/// </code>
/// The limit was mandatory in 2024. A part that cannot be one belongs to the pattern.
/// </remarks>
public sealed record SyncFromVerb : Verb
{
    internal const string Usage = "syntax sync:from:1:limit:10:.wavi";

    /// <summary>-1 for the start.</summary>
    public long From { get; init; }

    /// <summary>Most entries wanted.</summary>
    public long? Limit { get; init; }

    /// <summary>Deletions up to this commit id are not wanted.</summary>
    public long? SkipDeletesUntil { get; init; }

    /// <summary>Filter on the key.</summary>
    public string? Regex { get; init; }

    /// <inheritdoc/>
    public override string Word => "sync:from";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output)
    {
        var writer = new VerbWriter(output);
        writer.Literal("sync:from:"u8);
        writer.Number(From);
        if (Limit is { } limit)
        {
            writer.Literal(":limit:"u8);
            writer.Number(limit);
        }

        if (SkipDeletesUntil is { } until)
        {
            writer.Literal(":skipDeletesUntil:"u8);
            writer.Number(until);
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
        long? from = -1;
        if (!reader.TryNumber("sync:from:"u8, out from) && !reader.TryTake("sync:from:-1"u8))
        {
            return null;
        }

        var limitAt = reader.Position;
        reader.TryNumber(":limit:"u8, out var limit);
        var skipAt = reader.Position;
        reader.TryNumber(":skipDeletesUntil:"u8, out var skip);
        if (!reader.TryOptionalRest(":"u8, out var regex))
        {
            // Give the last part back: it was the beginning of the pattern.
            (reader.Position, limit, skip) = skip is not null ? (skipAt, limit, (long?)null) : (limitAt, (long?)null, (long?)null);
            if (!reader.TryOptionalRest(":"u8, out regex))
            {
                return null;
            }
        }

        return new SyncFromVerb { From = from ?? -1, Limit = limit, SkipDeletesUntil = skip, Regex = regex };
    }
}
