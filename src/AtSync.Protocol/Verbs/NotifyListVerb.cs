using System.Buffers;
using AtSync.Protocol.Grammar;

namespace AtSync.Protocol.Verbs;

/// <summary><c>notify:list[:from][:to][:regex]</c>.</summary>
/// <remarks>
/// <code>
/// C: notify:list:2026-01-01:2026-02-01:\.wavi
/// S: data:[{"id":"…",…}]
/// </code>
/// The published pattern has no end: what follows the last part is passed over. The pattern holds no colon.
/// </remarks>
public sealed record NotifyListVerb : Verb
{
    internal const string Usage = "e.g notify:list [regular expression]";

    /// <summary>As typed.</summary>
    public string? FromDate { get; init; }

    /// <summary>As typed.</summary>
    public string? ToDate { get; init; }

    /// <summary>Filter.</summary>
    public string? Regex { get; init; }

    /// <inheritdoc/>
    public override string Word => "notify:list";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output)
    {
        var writer = new VerbWriter(output);
        writer.Literal("notify:list"u8);
        Part(ref writer, FromDate);
        Part(ref writer, ToDate);
        Part(ref writer, Regex);
        writer.Flush();
    }

    internal static Verb? Parse(ref VerbReader reader)
    {
        if (!reader.TryTake("notify:list"u8))
        {
            return null;
        }

        var from = Date(ref reader);
        var to = Date(ref reader);
        string? regex = null;
        if (reader.TryTake(":"u8))
        {
            var colon = reader.Rest.IndexOf((byte)':');
            var length = colon < 0 ? reader.Rest.Length : colon;
            regex = length == 0 ? null : reader.Text(length);
        }

        return new NotifyListVerb { FromDate = from, ToDate = to, Regex = regex };
    }

    /// <summary><c>:\d{4}-[01]?\d?-[0123]?\d?</c>: month and day may be one digit or none.</summary>
    private static string? Date(ref VerbReader reader)
    {
        var text = reader.Rest;
        if (text.Length < 6 || text[0] != ':' || CharClass.Digits(text[1..5]) != 4 || text[5] != '-')
        {
            return null;
        }

        var end = 6 + OneOrTwo(text[6..], '1');
        if (end >= text.Length || text[end] != '-')
        {
            return null;
        }

        end += 1 + OneOrTwo(text[(end + 1)..], '3');
        reader.Position++;
        return reader.Text(end - 1);
    }

    /// <summary>How many bytes <c>[0-max]?\d?</c> takes.</summary>
    private static int OneOrTwo(ReadOnlySpan<byte> text, char max)
    {
        var digits = Math.Min(CharClass.Digits(text), 2);
        return digits == 2 && text[0] > max ? 1 : digits;
    }

    private static void Part(ref VerbWriter writer, string? value)
    {
        if (value is not null)
        {
            writer.Byte((byte)':');
            writer.Text(value);
        }
    }
}
