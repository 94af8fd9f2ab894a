using AtSync.Client.Sync;
using Microsoft.Extensions.Time.Testing;

namespace AtSync.Client.Tests.Sync;

public sealed class ServerClockTests
{
    private readonly FakeTimeProvider _steady = new(new DateTimeOffset(2026, 11, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly SettableClock _clock;

    public ServerClockTests() => _clock = new SettableClock(_steady);

    [Fact]
    public void A_notification_corrects_only_what_is_far_off()
    {
        var server = new ServerClock(_clock);
        server.Measure(TimeSpan.FromSeconds(-30));

        server.Hear(NowMs - 30_700);
        Assert.Equal(TimeSpan.FromSeconds(-30), server.Offset);

        server.Hear(NowMs + 86_400_000);
        Assert.Equal(TimeSpan.FromDays(1), server.Offset);
    }

    [Theory]
    [InlineData(365)]
    [InlineData(-365)]
    public void A_clock_that_was_set_is_noticed_until_the_server_is_heard(int days)
    {
        var server = new ServerClock(_clock);
        server.Measure(TimeSpan.Zero);
        _steady.Advance(TimeSpan.FromHours(9));
        Assert.False(server.HasJumped);
        var right = NowMs;

        _clock.Ahead = TimeSpan.FromDays(days);

        Assert.True(server.HasJumped);
        server.Hear(right);
        Assert.False(server.HasJumped);
        Assert.Equal(TimeSpan.FromDays(-days), server.Offset);
    }

    private long NowMs => _clock.GetUtcNow().ToUnixTimeMilliseconds();
}
