using System.Buffers;

namespace AtSync.Protocol.Grammar;

/// <summary>
/// The character classes of the published patterns, on UTF-8. White space is that of ECMAScript (it has U+FEFF and lacks U+0085), <c>.</c> is anything but
/// <c>\n \r U+2028 U+2029</c>, lengths count UTF-16 units as the patterns do.
/// </summary>
internal static class CharClass
{
    /// <summary>What ends <c>[^:@\s]+</c>, as characters.</summary>
    public static readonly SearchValues<char> TokenStops = SearchValues.Create(
        ":@ \t\n\v\f\r\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff");

    // Each set holds its ASCII stops and the first bytes of the white space outside ASCII, which are looked at more closely.
    private static readonly SearchValues<byte> NoSpace = With("");
    private static readonly SearchValues<byte> NoColon = With(":");
    private static readonly SearchValues<byte> NoAt = With("@");
    private static readonly SearchValues<byte> NoColonNoAt = With(":@");
    private static readonly SearchValues<byte> Word = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"u8);
    private static readonly SearchValues<byte> WordOrHyphen = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"u8);

    /// <summary>How much of the front is <c>[^:@\s]</c>.</summary>
    public static int Token(ReadOnlySpan<byte> text) => Scan(text, NoColonNoAt);

    /// <summary>How much of the front is <c>[^@\s]</c>.</summary>
    public static int NotAtOrSpace(ReadOnlySpan<byte> text) => Scan(text, NoAt);

    /// <summary>How much of the front is <c>[^:\s]</c>.</summary>
    public static int NotColonOrSpace(ReadOnlySpan<byte> text) => Scan(text, NoColon);

    /// <summary>How much of the front is <c>\S</c>.</summary>
    public static int NotSpace(ReadOnlySpan<byte> text) => Scan(text, NoSpace);

    /// <summary>How much of the front is <c>[A-Za-z0-9_]</c>.</summary>
    public static int Words(ReadOnlySpan<byte> text) => Front(text.IndexOfAnyExcept(Word), text);

    /// <summary>How much of the front is <c>[A-Za-z0-9_-]</c>.</summary>
    public static int WordsAndHyphens(ReadOnlySpan<byte> text) => Front(text.IndexOfAnyExcept(WordOrHyphen), text);

    /// <summary>How much of the front is digits.</summary>
    public static int Digits(ReadOnlySpan<byte> text) => Front(text.IndexOfAnyExceptInRange((byte)'0', (byte)'9'), text);

    /// <summary>Whether all of it matches <c>.</c></summary>
    public static bool IsOneLine(ReadOnlySpan<byte> text)
    {
        while (text.IndexOfAny((byte)'\n', (byte)'\r', (byte)0xE2) is >= 0 and var at)
        {
            if (text[at] != 0xE2 || (text.Length > at + 2 && text[at + 1] == 0x80 && text[at + 2] is 0xA8 or 0xA9))
            {
                return false;
            }

            text = text[(at + 1)..];
        }

        return true;
    }

    /// <summary>Whether it has at least two UTF-16 units: two characters, or one outside the basic plane.</summary>
    public static bool HasTwoUnits(ReadOnlySpan<byte> text) => text.Length > 1 && text[0] switch
    {
        < 0xC0 => true,
        < 0xE0 => text.Length > 2,
        < 0xF0 => text.Length > 3,
        _ => true,
    };

    /// <summary>How many bytes of white space stand at the front; 0 for none.</summary>
    public static int SpaceLength(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
        {
            return 0;
        }

        if (text[0] < 0x80)
        {
            return text[0] == ' ' || text[0] is >= 9 and <= 13 ? 1 : 0;
        }

        if (text.Length > 1 && text[0] == 0xC2)
        {
            return text[1] == 0xA0 ? 2 : 0;
        }

        if (text.Length < 3)
        {
            return 0;
        }

        var isSpace = (text[0], text[1]) switch
        {
            (0xE1, 0x9A) => text[2] == 0x80,
            (0xE2, 0x80) => text[2] is (>= 0x80 and <= 0x8A) or 0xA8 or 0xA9 or 0xAF,
            (0xE2, 0x81) => text[2] == 0x9F,
            (0xE3, 0x80) => text[2] == 0x80,
            (0xEF, 0xBB) => text[2] == 0xBF,
            _ => false,
        };
        return isSpace ? 3 : 0;
    }

    private static int Scan(ReadOnlySpan<byte> text, SearchValues<byte> stops)
    {
        var from = 0;
        while (from < text.Length)
        {
            var at = text[from..].IndexOfAny(stops);
            if (at < 0)
            {
                return text.Length;
            }

            from += at;
            if (text[from] < 0x80 || SpaceLength(text[from..]) > 0)
            {
                return from;
            }

            from++;
        }

        return from;
    }

    private static int Front(int index, ReadOnlySpan<byte> text) => index < 0 ? text.Length : index;

    private static SearchValues<byte> With(string ascii) =>
        SearchValues.Create([.. System.Text.Encoding.ASCII.GetBytes(ascii + " \t\n\v\f\r"), 0xC2, 0xE1, 0xE2, 0xE3, 0xEF]);
}
