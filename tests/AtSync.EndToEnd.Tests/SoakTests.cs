using AtSync.Bench.Load;

namespace AtSync.EndToEnd.Tests;

/// <summary>A few seconds of what <c>AtSync.Bench soak --minutes M</c> does for long.</summary>
public sealed class SoakTests
{
    [Fact]
    public async Task Random_clients_kills_and_new_certificates_lose_nothing_and_leave_no_exception_in_the_log()
    {
        var seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        await using var soak = await Soak.StartAsync(Path.GetTempPath(), seed, TestContext.Current.CancellationToken);

        var result = await soak.RunAsync(TimeSpan.FromSeconds(8), TestContext.Current.CancellationToken);

        Assert.Empty(result.Findings);
        Assert.Equal(0, result.Counts.Lost);
        Assert.True(result is { Kills: >= 2, Reloads: >= 1, Counts: { Operations: > 0, Cuts: > 0 } }, $"{result}");
    }
}
