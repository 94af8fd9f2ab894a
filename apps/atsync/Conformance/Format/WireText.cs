using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace AtSync.App.Conformance.Format;

/// <summary>A piece of a transcript's text: bytes that stand for themselves, or a name.</summary>
/// <param name="Literal">UTF-8, escapes undone; empty for a name.</param>
/// <param name="Name">Between <c>&lt;</c> and <c>&gt;</c>, or null.</param>
/// <param name="Kind">Behind the name's colon, or null.</param>
internal readonly record struct WirePart(string Literal, string? Name, string? Kind);

/// <summary>Escapes and names in the text of an entry.</summary>
internal static partial class WireText
{
    /// <summary>Literals and names, in order. Names are found before escapes are undone: an escaped <c>&lt;</c> stands for itself.</summary>
    public static IEnumerable<WirePart> Parts(string text)
    {
        var at = 0;
        foreach (Match name in Names().Matches(text))
        {
            if (name.Index > at)
            {
                yield return new WirePart(Unescape(text[at..name.Index]), null, null);
            }

            yield return new WirePart("", name.Groups["name"].Value, name.Groups["kind"] is { Success: true, Value: var kind } ? kind : null);
            at = name.Index + name.Length;
        }

        if (at < text.Length)
        {
            yield return new WirePart(Unescape(text[at..]), null, null);
        }
    }

    /// <summary>What a client sends: names are replaced, escapes undone.</summary>
    public static byte[] Command(string text, Func<string, string> valueOf)
    {
        var command = new StringBuilder();
        foreach (var part in Parts(text))
        {
            command.Append(part.Name is null ? part.Literal : valueOf(part.Name));
        }

        return Bytes(command.ToString());
    }

    /// <summary>As a line of a transcript shows it.</summary>
    public static string Escape(string text) => text
        .Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)
        .Replace("\r", "\\r", StringComparison.Ordinal).Replace("\t", "\\t", StringComparison.Ordinal);

    /// <summary>A byte written as <c>\xHH</c> is a character of its own kind until here, so that bytes which are no UTF-8 can be sent, too.</summary>
    private static byte[] Bytes(string text)
    {
        var bytes = new List<byte>();
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value is >= RawByte and < RawByte + 256)
            {
                bytes.Add((byte)(rune.Value - RawByte));
            }
            else
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(rune.ToString()));
            }
        }

        return [.. bytes];
    }

    /// <summary>A private-use plane that no transcript writes.</summary>
    private const int RawByte = 0xF0000;

    private static string Unescape(string text) => Escapes().Replace(text, escape => escape.Value[1] switch
    {
        'n' => "\n",
        'r' => "\r",
        't' => "\t",
        '\\' => "\\",
        _ => int.Parse(escape.Value.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture) is var value && value < 0x80
            ? ((char)value).ToString()
            : char.ConvertFromUtf32(RawByte + value),
    });

    [GeneratedRegex("<(?<name>[a-zA-Z][a-zA-Z0-9.]*([+-][0-9]+)?)(:(?<kind>[a-zA-Z0-9.]+))?>")]
    private static partial Regex Names();

    [GeneratedRegex(@"\\(?:[nrt\\]|x[0-9a-fA-F]{2})")]
    private static partial Regex Escapes();
}
