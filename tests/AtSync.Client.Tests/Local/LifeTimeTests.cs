using AtSync.Client.Local;

namespace AtSync.Client.Tests.Local;

public class LifeTimeTests
{
    private static readonly LifeTime Kept = new(500, null, 9_000, null);

    [Fact]
    public void Saying_nothing_keeps_what_the_record_had() => Assert.Equal(Kept, LifeTime.Of(new PutOptions(), Kept, 1_000));

    [Fact]
    public void A_life_time_counts_from_the_write() =>
        Assert.Equal(new LifeTime(2_000, null, 3_000, null), LifeTime.Of(new PutOptions { TimeToLive = TimeSpan.FromSeconds(2) }, Kept, 1_000));

    [Fact]
    public void Zero_clears() => Assert.Equal(new LifeTime(0, null, null, null), LifeTime.Of(new PutOptions { TimeToLive = TimeSpan.Zero }, Kept, 1_000));

    [Fact]
    public void Zero_says_nothing_where_there_was_nothing() =>
        Assert.Equal(default, LifeTime.Of(new PutOptions { TimeToLive = TimeSpan.Zero, TimeToBirth = TimeSpan.Zero }, default, 1_000));

    [Fact]
    public void A_birth_asked_for_with_it_delays_the_end() =>
        Assert.Equal(
            new LifeTime(2_000, 500, 3_500, 1_500),
            LifeTime.Of(new PutOptions { TimeToLive = TimeSpan.FromSeconds(2), TimeToBirth = TimeSpan.FromMilliseconds(500) }, default, 1_000));

    [Theory]
    [InlineData(-1)]
    [InlineData(50_000)]
    public void Times_that_make_no_sense_are_refused(int days) =>
        Assert.Equal(AtFault.InvalidArgument, Assert.Throws<AtException>(() => LifeTime.Of(new PutOptions { TimeToLive = TimeSpan.FromDays(days) }, default, 0)).Fault);
}
