using AtSync.Server.Sessions;

namespace AtSync.Server.Records;

/// <summary>The date form of the wire, <c>yyyy-MM-dd HH:mm:ss.fffZ</c>, from milliseconds; twice per entry of a page, so written digit by digit.</summary>
internal static class WireDate
{
    private const int Length = 24;
    private static readonly long FirstMs = DateTimeOffset.MinValue.ToUnixTimeMilliseconds();
    private static readonly long LastMs = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    public static void Write(long unixMs, AnswerBuffer output)
    {
        var time = DateTime.UnixEpoch.AddTicks(Math.Clamp(unixMs, FirstMs, LastMs) * TimeSpan.TicksPerMillisecond);
        time.Deconstruct(out var date, out TimeOnly clock);
        date.Deconstruct(out var year, out var month, out var day);
        var to = output.GetSpan(Length);
        Two(to, year / 100);
        Two(to[2..], year % 100);
        to[4] = (byte)'-';
        Two(to[5..], month);
        to[7] = (byte)'-';
        Two(to[8..], day);
        to[10] = (byte)' ';
        Two(to[11..], clock.Hour);
        to[13] = (byte)':';
        Two(to[14..], clock.Minute);
        to[16] = (byte)':';
        Two(to[17..], clock.Second);
        to[19] = (byte)'.';
        var ms = clock.Millisecond;
        to[20] = (byte)('0' + ms / 100);
        Two(to[21..], ms % 100);
        to[23] = (byte)'Z';
        output.Advance(Length);
    }

    private static void Two(Span<byte> to, int number)
    {
        to[1] = (byte)('0' + number % 10);
        to[0] = (byte)('0' + number / 10);
    }
}
