using System.Text.Json;

namespace AtSync.Server.Tests.Verbs;

public sealed class InfoHandlerTests
{
    [Fact]
    public async Task Info_says_what_the_server_can_do_and_whose_history_it_holds()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectAsync();
        bench.Clock.Advance(new TimeSpan(2, 0, 0, 5));
        await client.SendAsync("info\n");
        await using var fresh = await bench.ConnectAsync();

        using var info = JsonDocument.Parse((await fresh.AnswerAsync("info"))["data:".Length..]);
        var root = info.RootElement;

        Assert.Equal("3.17.0", root.GetProperty("version").GetString());
        Assert.Equal("2 days 0 hours 0 minutes 5 seconds", root.GetProperty("uptimeAsWords").GetString());
        Assert.Equal(
            ["atsync.ifCommit", "atsync.epoch", "atsync.pipelining", "atsync.multiplexedMonitor"],
            root.GetProperty("features").EnumerateArray().Select(feature => feature.GetProperty("name").GetString()));
        Assert.All(root.GetProperty("features").EnumerateArray(), feature => Assert.Equal("GA", feature.GetProperty("status").GetString()));
        Assert.Equal((await bench.StoreAsync()).EpochId, root.GetProperty("epoch").GetString());
        Assert.Equal(bench.Clock.GetUtcNow().ToUnixTimeMilliseconds(), root.GetProperty("epochMillis").GetInt64());
        Assert.StartsWith("AtSync ", root.GetProperty("server").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Brief_counts_milliseconds()
    {
        await using var bench = await ServerBench.StartAsync();
        bench.Clock.Advance(TimeSpan.FromSeconds(7));
        await using var client = await bench.ConnectAsync();

        using var info = JsonDocument.Parse((await client.AnswerAsync("info:brief"))["data:".Length..]);

        Assert.Equal(7000, info.RootElement.GetProperty("uptimeAsMillis").GetInt64());
        Assert.False(info.RootElement.TryGetProperty("uptimeAsWords", out _));
    }

    [Fact]
    public async Task An_enrolled_connection_is_told_its_enrollment()
    {
        await using var bench = await ServerBench.StartAsync();
        var (enrolled, _) = await bench.EnrollAsync();
        await using var client = enrolled;

        using var info = JsonDocument.Parse((await client.AnswerAsync("info"))["data:".Length..]);

        Assert.Equal("app", info.RootElement.GetProperty("apkam_metadata").GetProperty("appName").GetString());
    }

    [Fact]
    public async Task Noop_waits_as_long_as_it_was_told_and_no_longer_than_five_seconds()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectAsync();
        await client.SendAsync("noop:5000\n");
        bench.Clock.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal("", client.Peek());
        bench.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("data:ok\n@", await client.ReadAsync("\n@"));

        Assert.StartsWith("error:AT0022-", await client.AnswerAsync("noop:5001"), StringComparison.Ordinal);
    }
}
