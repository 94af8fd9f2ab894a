using System.Buffers;

namespace AtSync.Crypto;

/// <summary>Bytes as text, 15 bits per code point: how Dart carries binary values.</summary>
/// <remarks>
/// Bits are taken from the most significant end. Each 15 of them become one CJK or Hangul code point (three ranges without gaps or surrogates). Of the rest,
/// 1–7 bits are left-aligned in 7 and become U+3400…U+347F, which ends the text; 8–14 bits are left-aligned in 15 and coded as usual.
/// Example: <c>61 62</c> ↔ U+657B U+3400.
/// </remarks>
public static class Base2e15
{
    private const int BitsPerChar = 15;
    private const int ShortBits = 7;
    private const int ShortBase = 0x3400;
    private const int FirstBase = 0x3480;
    private const int SecondFrom = 0x1936;
    private const int SecondOffset = 0x34CA;
    private const int ThirdFrom = 0x545C;
    private const int ThirdOffset = 0x57A4;

    /// <summary>Encodes.</summary>
    public static string Encode(ReadOnlySpan<byte> bytes)
    {
        var length = (int)(((long)bytes.Length * 8 + BitsPerChar - 1) / BitsPerChar);
        var chars = ArrayPool<char>.Shared.Rent(length);
        var count = 0;
        uint bits = 0;
        var have = 0;
        foreach (var b in bytes)
        {
            bits = (bits << 8) | b;
            have += 8;
            if (have >= BitsPerChar)
            {
                have -= BitsPerChar;
                chars[count++] = ToChar((bits >> have) & 0x7FFF);
            }
        }

        if (have > ShortBits)
        {
            chars[count++] = ToChar((bits << (BitsPerChar - have)) & 0x7FFF);
        }
        else if (have > 0)
        {
            chars[count++] = (char)(ShortBase + ((bits << (ShortBits - have)) & 0x7F));
        }

        var text = new string(chars, 0, count);
        ArrayPool<char>.Shared.Return(chars, clearArray: true);
        return text;
    }

    /// <summary>Decodes; foreign characters are skipped, as Dart does.</summary>
    public static byte[] Decode(ReadOnlySpan<char> text)
    {
        var bytes = ArrayPool<byte>.Shared.Rent((int)(((long)text.Length * BitsPerChar + 7) / 8));
        var count = 0;
        uint bits = 0;
        var have = 0;
        foreach (var c in text)
        {
            if (!TryGetBits(c, out var value, out var width))
            {
                continue;
            }

            bits = (bits << width) | value;
            have += width;
            while (have >= 8)
            {
                have -= 8;
                bytes[count++] = (byte)(bits >> have);
            }

            if (width == ShortBits)
            {
                break;
            }
        }

        var decoded = bytes.AsSpan(0, count).ToArray();
        ArrayPool<byte>.Shared.Return(bytes, clearArray: true);
        return decoded;
    }

    private static char ToChar(uint value) => (char)(value + value switch
    {
        < SecondFrom => FirstBase,
        < ThirdFrom => SecondOffset,
        _ => ThirdOffset,
    });

    private static bool TryGetBits(char c, out uint value, out int width)
    {
        (var start, width) = (int)c switch
        {
            >= ShortBase and < FirstBase => (ShortBase, ShortBits),
            >= FirstBase and < FirstBase + SecondFrom => (FirstBase, BitsPerChar),
            >= SecondFrom + SecondOffset and < ThirdFrom + SecondOffset => (SecondOffset, BitsPerChar),
            >= ThirdFrom + ThirdOffset and <= 0x7FFF + ThirdOffset => (ThirdOffset, BitsPerChar),
            _ => (0, 0),
        };
        value = (uint)(c - start);
        return width > 0;
    }
}
