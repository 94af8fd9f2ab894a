namespace AtSync.Server.Tests.Verbs;

public sealed class MonitorHandlerTests
{
    [Fact]
    public async Task Monitor_is_not_answered_and_hears_of_a_commit_at_once()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var monitor = await bench.ConnectOwnerAsync();
        await using var writer = await bench.ConnectOwnerAsync();

        await monitor.SendAsync("monitor\n");
        Assert.Equal("", monitor.Peek());
        await writer.AskAsync("update:a.x@alice 1");

        Assert.Equal(Line(2, "update"), await monitor.ReadAsync("\n"));
    }

    [Theory]
    [InlineData("monitor:0")]
    [InlineData("monitor:0 .*")]
    [InlineData("monitor .*")]
    [InlineData("monitor:strict:selfNotifications:multiplexed:1700000000000 .app")]
    public async Task Every_form_of_monitor_is_taken(string command)
    {
        await using var bench = await ServerBench.StartAsync();
        await using var monitor = await bench.ConnectOwnerAsync();
        await using var writer = await bench.ConnectOwnerAsync();

        await monitor.SendAsync(command + "\n");
        await writer.AskAsync("delete:a.x@alice");
        var line = await monitor.ReadAsync("\n");
        while (!line.Contains("\"value\":\"2\"", StringComparison.Ordinal))
        {
            line = await monitor.ReadAsync("\n");
        }

        Assert.Equal(Line(2, "delete"), line);
    }

    [Fact]
    public async Task A_sign_of_life_comes_every_fifteen_seconds()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var monitor = await bench.ConnectOwnerAsync();
        await monitor.SendAsync("monitor\n");

        bench.Clock.Advance(TimeSpan.FromSeconds(15));

        Assert.Equal(Line(1, "update", 15_000), await monitor.ReadAsync("\n"));
        bench.Clock.Advance(TimeSpan.FromSeconds(15));
        Assert.Equal(Line(1, "update", 30_000), await monitor.ReadAsync("\n"));
    }

    [Fact]
    public async Task Requests_go_on_over_the_connection_of_a_monitor()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();
        await client.SendAsync("monitor:multiplexed\n");

        // The multiplexed form is told at once where the server stands.
        Assert.Equal(Line(1, "update"), await client.ReadAsync("\n"));
        await client.SendAsync("noop:0\n");
        Assert.Equal("data:ok\n@alice@", await client.ReadAsync("@alice@"));

        await client.SendAsync("update:a.x@alice 1\n");
        var lines = new HashSet<string>();
        while (lines.Count < 2)
        {
            lines.Add((await client.ReadAsync("\n")).Replace("@alice@notification", "notification", StringComparison.Ordinal).Replace("@alice@data", "data", StringComparison.Ordinal));
        }

        Assert.Equal(["data:2\n", Line(2, "update")], lines.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_second_monitor_changes_the_first_instead_of_doubling_it()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var monitor = await bench.ConnectOwnerAsync();
        await using var writer = await bench.ConnectOwnerAsync();
        await monitor.SendAsync("monitor\nmonitor .app\n");

        await writer.AskAsync("update:a.x@alice 1");
        Assert.Equal(Line(2, "update"), await monitor.ReadAsync("\n"));
        await writer.AskAsync("update:a.x@alice 2");
        Assert.Equal(Line(3, "update"), await monitor.ReadAsync("\n"));
    }

    [Fact]
    public async Task A_monitor_that_does_not_read_holds_nobody_up_and_hears_only_the_newest()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var slow = await bench.ConnectOwnerAsync();
        await using var writer = await bench.ConnectOwnerAsync();
        await slow.SendAsync("monitor\n");

        for (var i = 0; i < 2000; i++)
        {
            await writer.AskAsync($"update:k{i % 10}.x@alice {i}");
        }

        var heard = 0;
        string line;
        do
        {
            line = await slow.ReadAsync("\n");
            heard++;
        }
        while (!line.Contains("\"value\":\"2001\"", StringComparison.Ordinal));

        Assert.True(heard < 2000, $"{heard} lines");
    }

    [Fact]
    public async Task A_batch_is_one_notification()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var monitor = await bench.ConnectOwnerAsync();
        await using var writer = await bench.ConnectOwnerAsync();
        await monitor.SendAsync("monitor\n");

        await writer.AskAsync("batch:[{\"id\":1,\"command\":\"update:a.x@alice 1\"},{\"id\":2,\"command\":\"update:b.x@alice 1\"}]");

        Assert.Equal(Line(3, "update"), await monitor.ReadAsync("\n"));
    }

    [Fact]
    public async Task What_is_not_committed_is_not_told()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var monitor = await bench.ConnectOwnerAsync();
        await using var writer = await bench.ConnectOwnerAsync();
        await monitor.SendAsync("monitor\n");

        await writer.AskAsync("update:nc:a.x@alice 1");
        await writer.AskAsync("update:b.x@alice 1");

        Assert.Equal(Line(2, "update"), await monitor.ReadAsync("\n"));
    }

    private static string Line(long commitId, string operation, long afterMs = 0) =>
        "notification: {\"id\":\"-1\",\"from\":\"@alice\",\"to\":\"@alice\",\"key\":\"statsNotification.@alice\",\"value\":\"" + commitId
        + "\",\"operation\":\"" + operation + "\",\"epochMillis\":" + (ServerBench.Start.ToUnixTimeMilliseconds() + afterMs)
        + ",\"messageType\":\"MessageType.key\",\"isEncrypted\":false,\"metadata\":null}\n";
}
