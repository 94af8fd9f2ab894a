using AtSync.Protocol;
using AtSync.Server.Records;
using AtSync.Storage.Server;

namespace AtSync.Server.Tests.Records;

public sealed class RecordTimingTests
{
    private const long Now = 1_000_000;
    private static readonly RecordTimes Old = new(3, 10, 20, AvailableAtMs: null, ExpiresAtMs: 500, RefreshAtMs: 600);

    [Fact]
    public void A_creation_counts_from_now()
    {
        var timing = RecordTiming.Of(AtMetadata.Empty with { Ttl = 100, Ttb = 30, Ttr = 2 }, old: null, kept: null, Now);

        Assert.Equal(new RecordTimes(0, Now, Now, Now + 30, Now + 130, Now + 2000), timing.Times);
        Assert.Equal((100, 30), (timing.Ttl, timing.Ttb));
    }

    [Fact]
    public void A_write_that_says_nothing_of_an_axis_does_not_move_it()
    {
        var timing = RecordTiming.Of(AtMetadata.Empty, Old, AtMetadata.Empty with { Ttl = 480 }, Now);

        Assert.Equal(new RecordTimes(4, 10, Now, null, 500, 600), timing.Times);
        Assert.Equal(480, timing.Ttl);
    }

    [Fact]
    public void A_ttl_of_zero_ends_the_expiry()
    {
        var timing = RecordTiming.Of(AtMetadata.Empty with { Ttl = 0 }, Old, AtMetadata.Empty with { Ttl = 480 }, Now);

        Assert.Null(timing.Times.ExpiresAtMs);
        Assert.Equal(0, timing.Ttl);
    }

    [Fact]
    public void A_fresh_ttl_on_a_record_with_a_pinned_birth_counts_from_now()
    {
        var born = Old with { AvailableAtMs = Now + 50 };
        var timing = RecordTiming.Of(AtMetadata.Empty with { Ttl = 100 }, born, AtMetadata.Empty, Now);

        Assert.Equal(Now + 100, timing.Times.ExpiresAtMs);
        Assert.Equal(Now + 50, timing.Times.AvailableAtMs);
    }

    [Fact]
    public void Asserted_times_win_and_the_relative_ones_follow()
    {
        var given = AtMetadata.Empty with
        {
            CreatedAt = At(1),
            UpdatedAt = At(1000),
            ExpiresAt = At(5000),
            AvailableAt = At(2000),
        };
        var timing = RecordTiming.Of(given, Old, AtMetadata.Empty, Now);

        Assert.Equal(new RecordTimes(4, 1, 1000, 2000, 5000, 600), timing.Times);
        Assert.Equal((3000, 1000), (timing.Ttl, timing.Ttb));
    }

    [Fact]
    public void An_asserted_expiry_in_the_past_has_no_ttl()
    {
        var timing = RecordTiming.Of(AtMetadata.Empty with { ExpiresAt = At(5) }, old: null, kept: null, Now);

        Assert.Equal(5, timing.Times.ExpiresAtMs);
        Assert.Null(timing.Ttl);
    }

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(253_402_300_799_999)]
    public void Lives_beyond_the_calendar_end_with_it(long ttl)
    {
        var timing = RecordTiming.Of(AtMetadata.Empty with { Ttl = ttl, Ttb = ttl, Ttr = ttl }, old: null, kept: null, Now);

        Assert.Equal(DateTimeOffset.MaxValue.ToUnixTimeMilliseconds(), timing.Times.ExpiresAtMs);
        Assert.Equal(DateTimeOffset.MaxValue.ToUnixTimeMilliseconds(), timing.Times.AvailableAtMs);
    }

    [Theory]
    [InlineData(null, true, 5, true)]
    [InlineData(0L, true, 5, false)]
    [InlineData(0L, false, 5, true)]
    [InlineData(-1L, false, -1, true)]
    [InlineData(5L, true, 5, true)]
    [InlineData(5L, false, 5, true)]
    [InlineData(4L, true, 5, false)]
    [InlineData(4L, false, 5, false)]
    [InlineData(4L, false, -1, true)]
    [InlineData(4L, true, -1, false)]
    public void A_condition_holds_when_nothing_unseen_would_be_overwritten(long? expected, bool isLive, long current, bool holds)
    {
        var live = isLive ? new StoredRecord { Key = "k", Value = default, Metadata = default, Times = default, OpTimeMs = 0 } : null;

        Assert.Equal(holds, CommitCondition.Holds(expected, live, current));
    }

    private static DateTimeOffset At(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms);
}
