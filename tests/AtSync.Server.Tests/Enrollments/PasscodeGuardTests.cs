using AtSync.Server.Enrollments;
using Microsoft.Extensions.Time.Testing;

namespace AtSync.Server.Tests.Enrollments;

/// <summary>The growing waits after wrong passcodes.</summary>
public sealed class PasscodeGuardTests
{
    [Fact]
    public void Each_wrong_passcode_waits_longer_until_it_has_been_calm()
    {
        var clock = new FakeTimeProvider(ServerBench.Start);
        var guard = new PasscodeGuard(clock, () => new AtServerLimits());

        Assert.Equal([1, 2, 3, 5, 8, 13, 21, 34, 55, 55], Enumerable.Range(0, 10).Select(_ => guard.Failed().TotalSeconds));

        clock.Advance(TimeSpan.FromSeconds(54));
        guard.Succeeded();
        Assert.Equal(55, guard.Failed().TotalSeconds);
        clock.Advance(TimeSpan.FromSeconds(55));
        guard.Succeeded();
        Assert.Equal(1, guard.Failed().TotalSeconds);
    }

    [Fact]
    public void Whoever_hangs_up_instead_of_waiting_makes_the_next_one_wait()
    {
        var clock = new FakeTimeProvider(ServerBench.Start);
        var guard = new PasscodeGuard(clock, () => new AtServerLimits());
        Assert.Equal(TimeSpan.Zero, guard.Enter());
        guard.Failed();
        guard.Failed();
        guard.Leave();

        Assert.Equal(TimeSpan.FromSeconds(2), guard.Enter());
        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(TimeSpan.Zero, guard.Enter());
    }

    [Fact]
    public void Only_so_many_wait_at_a_time()
    {
        var guard = new PasscodeGuard(new FakeTimeProvider(ServerBench.Start), () => new AtServerLimits { PasscodesWaitingMax = 2 });
        Assert.NotNull(guard.Enter());
        Assert.NotNull(guard.Enter());
        Assert.Null(guard.Enter());
        guard.Leave();
        Assert.NotNull(guard.Enter());
    }
}
