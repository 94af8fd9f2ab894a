namespace AtSync.Protocol.Grammar;

/// <summary>
/// The times of the wire: <c>yyyy-MM-dd HH:mm:ss.fffZ</c> in JSON, the same with <c>T</c> in commands. Both are read with either separator,
/// with any number of fraction digits (cut to milliseconds) and with <c>Z</c>, an offset or nothing (UTC) at the end.
/// </summary>
internal static class WireTime
{
    /// <summary>Bytes of a written time.</summary>
    public const int Length = 24;

    /// <summary>Writes <see cref="Length"/> bytes.</summary>
    public static void Format(DateTimeOffset time, Span<byte> output, byte separator)
    {
        var utc = time.UtcDateTime;
        Digits(utc.Year, output[..4]);
        output[4] = (byte)'-';
        Digits(utc.Month, output.Slice(5, 2));
        output[7] = (byte)'-';
        Digits(utc.Day, output.Slice(8, 2));
        output[10] = separator;
        Digits(utc.Hour, output.Slice(11, 2));
        output[13] = (byte)':';
        Digits(utc.Minute, output.Slice(14, 2));
        output[16] = (byte)':';
        Digits(utc.Second, output.Slice(17, 2));
        output[19] = (byte)'.';
        Digits(utc.Millisecond, output.Slice(20, 3));
        output[23] = (byte)'Z';
    }

    /// <summary>Reads a whole text.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out DateTimeOffset time)
    {
        Span<byte> ascii = stackalloc byte[40];
        time = default;
        if (text.Length > ascii.Length)
        {
            return false;
        }

        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] > 127)
            {
                return false;
            }

            ascii[i] = (byte)text[i];
        }

        return TryParse(ascii[..text.Length], out time);
    }

    /// <summary>Reads a whole text.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out DateTimeOffset time)
    {
        time = default;
        if (text.Length < 19 || text[4] != '-' || text[7] != '-' || text[10] is not ((byte)'T' or (byte)'t' or (byte)' ')
            || text[13] != ':' || text[16] != ':'
            || !Number(text[..4], out var year) || !Number(text.Slice(5, 2), out var month) || !Number(text.Slice(8, 2), out var day)
            || !Number(text.Slice(11, 2), out var hour) || !Number(text.Slice(14, 2), out var minute) || !Number(text.Slice(17, 2), out var second)
            || year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59 || second > 59)
        {
            return false;
        }

        var rest = text[19..];
        var ms = 0;
        if (!rest.IsEmpty && rest[0] == '.')
        {
            var count = rest[1..].IndexOfAnyExceptInRange((byte)'0', (byte)'9');
            count = count < 0 ? rest.Length - 1 : count;
            if (count == 0)
            {
                return false;
            }

            for (var i = 0; i < 3; i++)
            {
                ms = (ms * 10) + (i < count ? rest[1 + i] - '0' : 0);
            }

            rest = rest[(1 + count)..];
        }

        if (!Offset(rest, out var offset))
        {
            return false;
        }

        var ticks = new DateTime(year, month, day, hour, minute, second, ms, DateTimeKind.Utc).Ticks - offset.Ticks;
        if (ticks < DateTime.MinValue.Ticks || ticks > DateTime.MaxValue.Ticks)
        {
            return false;
        }

        time = new DateTimeOffset(ticks, TimeSpan.Zero);
        return true;
    }

    private static bool Offset(ReadOnlySpan<byte> text, out TimeSpan offset)
    {
        offset = TimeSpan.Zero;
        if (text.IsEmpty || (text.Length == 1 && text[0] is (byte)'Z' or (byte)'z'))
        {
            return true;
        }

        if (text[0] is not ((byte)'+' or (byte)'-') || text.Length is not (5 or 6) || (text.Length == 6 && text[3] != ':')
            || !Number(text.Slice(1, 2), out var hours) || !Number(text[^2..], out var minutes) || hours > 14 || minutes > 59)
        {
            return false;
        }

        offset = new TimeSpan(hours, minutes, 0) * (text[0] == '-' ? -1 : 1);
        return true;
    }

    private static bool Number(ReadOnlySpan<byte> digits, out int value)
    {
        value = 0;
        foreach (var digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'9')
            {
                return false;
            }

            value = (value * 10) + (digit - '0');
        }

        return true;
    }

    private static void Digits(int value, Span<byte> output)
    {
        for (var i = output.Length - 1; i >= 0; i--)
        {
            output[i] = (byte)('0' + (value % 10));
            value /= 10;
        }
    }
}
