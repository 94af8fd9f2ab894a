using System.Text;
using AtSync.Protocol;

namespace AtSync.Client.Sync;

/// <summary>Reads the times of sync entries as Unix ms. The usual spelling <c>yyyy-MM-dd HH:mm:ss.fffZ</c> is read digit by digit, all others by the protocol's reader.</summary>
internal static class WireTime
{
    public static bool TryParseMs(ReadOnlySpan<byte> text, out long ms)
    {
        if (text.Length == 24 && text[4] == '-' && text[7] == '-' && text[10] is (byte)' ' or (byte)'T' && text[13] == ':' && text[16] == ':' && text[19] == '.'
            && text[23] == 'Z'
            && TryDigits(text[..4], out var year) && TryDigits(text[5..7], out var month) && TryDigits(text[8..10], out var day)
            && TryDigits(text[11..13], out var hour) && TryDigits(text[14..16], out var minute) && TryDigits(text[17..19], out var second)
            && TryDigits(text[20..23], out var milli)
            && year >= 1 && month is >= 1 and <= 12 && day >= 1 && day <= DateTime.DaysInMonth(year, month) && hour < 24 && minute < 60 && second < 60)
        {
            ms = (new DateTime(year, month, day, hour, minute, second, milli, DateTimeKind.Utc).Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMillisecond;
            return true;
        }

        Span<char> chars = stackalloc char[64];
        if (text.Length <= chars.Length && Encoding.UTF8.TryGetChars(text, chars, out var count) && AtMetadataJson.TryParseTime(chars[..count], out var time))
        {
            ms = time.ToUnixTimeMilliseconds();
            return true;
        }

        ms = 0;
        return false;
    }

    private static bool TryDigits(ReadOnlySpan<byte> text, out int number)
    {
        number = 0;
        foreach (var digit in text)
        {
            if (digit is < (byte)'0' or > (byte)'9')
            {
                return false;
            }

            number = (number * 10) + (digit - '0');
        }

        return true;
    }
}
