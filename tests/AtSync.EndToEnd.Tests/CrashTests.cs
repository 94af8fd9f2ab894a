using AtSync.Bench.Crash;
using AtSync.Bench.Devices;

namespace AtSync.EndToEnd.Tests;

/// <summary>A few rounds of what <c>AtSync.Bench crash --rounds N</c> does for long: every kind of kill once, each at a moment of its own.</summary>
public sealed class CrashTests
{
    [Fact]
    public async Task Kill_9_of_a_device_or_the_server_loses_doubles_and_revives_nothing()
    {
        var folder = TestWorld.NewFolder();
        try
        {
            await using var world = await World.StartAsync(folder, TestContext.Current.CancellationToken);
            var run = new CrashRun(world, Environment.TickCount);
            for (var round = 0; round < CrashRun.Kinds.Count; round++)
            {
                Assert.Empty(await run.RoundAsync(round, TestContext.Current.CancellationToken));
            }
        }
        finally
        {
            System.IO.Directory.Delete(folder, recursive: true);
        }
    }
}
