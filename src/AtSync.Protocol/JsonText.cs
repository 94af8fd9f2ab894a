using System.Buffers;
using AtSync.Protocol.Grammar;

namespace AtSync.Protocol;

/// <summary>
/// JSON strings as the reference writes them: no white space, only <c>"</c>, <c>\</c> and U+0000–001F escaped, everything else raw. (The default
/// encoder of System.Text.Json escapes emoji and the <c>+</c> of base64.)
/// </summary>
public static class JsonText
{
    private const string Escaped = "\"\\\0\u0001\u0002\u0003\u0004\u0005\u0006\a\b\t\n\v\f\r\u000e\u000f\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f";

    private static readonly SearchValues<char> EscapedChars = SearchValues.Create(Escaped);
    private static readonly SearchValues<byte> EscapedBytes = SearchValues.Create(System.Text.Encoding.ASCII.GetBytes(Escaped));

    /// <summary>Writes a string with its quotes.</summary>
    public static void WriteString(ReadOnlySpan<char> text, IBufferWriter<byte> output)
    {
        var writer = new VerbWriter(output);
        String(ref writer, text);
        writer.Flush();
    }

    /// <summary>Writes a UTF-8 string with its quotes.</summary>
    public static void WriteString(ReadOnlySpan<byte> utf8, IBufferWriter<byte> output)
    {
        var writer = new VerbWriter(output);
        writer.Byte((byte)'"');
        Inside(ref writer, utf8);
        writer.Byte((byte)'"');
        writer.Flush();
    }

    /// <summary>Whether a UTF-8 string can be written between quotes as it is.</summary>
    public static bool IsPlain(ReadOnlySpan<byte> utf8) => !utf8.ContainsAny(EscapedBytes);

    internal static bool IsPlain(ReadOnlySpan<char> text) => !text.ContainsAny(EscapedChars);

    internal static void String(scoped ref VerbWriter writer, scoped ReadOnlySpan<char> text)
    {
        writer.Byte((byte)'"');
        Inside(ref writer, text);
        writer.Byte((byte)'"');
    }

    internal static void Inside(scoped ref VerbWriter writer, scoped ReadOnlySpan<char> text)
    {
        while (text.IndexOfAny(EscapedChars) is >= 0 and var at)
        {
            writer.Raw(text[..at]);
            Escape(ref writer, (byte)text[at]);
            text = text[(at + 1)..];
        }

        writer.Raw(text);
    }

    internal static void Inside(scoped ref VerbWriter writer, scoped ReadOnlySpan<byte> utf8)
    {
        while (utf8.IndexOfAny(EscapedBytes) is >= 0 and var at)
        {
            writer.Literal(utf8[..at]);
            Escape(ref writer, utf8[at]);
            utf8 = utf8[(at + 1)..];
        }

        writer.Literal(utf8);
    }

    private static void Escape(scoped ref VerbWriter writer, byte value)
    {
        switch (value)
        {
            case (byte)'"': writer.Literal("\\\""u8); break;
            case (byte)'\\': writer.Literal("\\\\"u8); break;
            case (byte)'\b': writer.Literal("\\b"u8); break;
            case (byte)'\t': writer.Literal("\\t"u8); break;
            case (byte)'\n': writer.Literal("\\n"u8); break;
            case (byte)'\f': writer.Literal("\\f"u8); break;
            case (byte)'\r': writer.Literal("\\r"u8); break;
            default:
                writer.Literal("\\u00"u8);
                writer.Byte(Hex(value >> 4));
                writer.Byte(Hex(value & 15));
                break;
        }
    }

    private static byte Hex(int digit) => (byte)(digit < 10 ? '0' + digit : 'a' + digit - 10);
}
