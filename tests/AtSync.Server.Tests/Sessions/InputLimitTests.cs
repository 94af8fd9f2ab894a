namespace AtSync.Server.Tests.Sessions;

/// <summary>Lines that never end, and too many of them.</summary>
public sealed class InputLimitTests
{
    [Fact]
    public async Task A_strangers_line_has_its_time_from_its_first_byte()
    {
        await using var bench = await ServerBench.StartAsync(limits => limits with { UnfinishedLineTime = TimeSpan.FromSeconds(60) });
        await using var client = await bench.ConnectAsync();
        await client.SendAsync("from:");
        await Settle(bench);
        bench.Clock.Advance(TimeSpan.FromSeconds(40));
        await client.SendAsync("@al");
        await Settle(bench);
        bench.Clock.Advance(TimeSpan.FromSeconds(21));

        Assert.Contains("error:AT0023-Exception: the line did not end within 60 s: UnfinishedLineTime", await client.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_owners_line_may_take_its_time_while_it_goes_on()
    {
        await using var bench = await ServerBench.StartAsync(limits => limits with { UnfinishedLineTime = TimeSpan.FromSeconds(60) });
        await using var client = await bench.ConnectOwnerAsync();
        foreach (var piece in new[] { "update:", "k.app", "@alice", " value" })
        {
            await client.SendAsync(piece);
            await Settle(bench);
            bench.Clock.Advance(TimeSpan.FromSeconds(40));
        }

        Assert.Equal("data:2", await client.AnswerAsync(""));
        bench.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal("data:ok", await client.AnswerAsync("noop:0"));

        await client.SendAsync("half");
        await Settle(bench);
        bench.Clock.Advance(TimeSpan.FromSeconds(61));
        Assert.Contains("UnfinishedLineTime", await client.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Strangers_together_keep_no_more_than_a_named_number_of_bytes_waiting()
    {
        await using var bench = await ServerBench.StartAsync(limits => limits with { UnfinishedBytesMax = 1000 });
        await using var owner = await bench.ConnectOwnerAsync();
        await owner.SendAsync(new string('o', 5000));
        await using var first = await bench.ConnectAsync();
        await first.SendAsync(new string('a', 600));
        await Settle(bench);
        Assert.Equal(600, bench.Host.UnfinishedInput.Bytes);
        await using var second = await bench.ConnectAsync();
        await second.SendAsync(new string('b', 600));
        Assert.Contains("error:AT0005-Exception: unauthenticated connections keep 1000 bytes of unfinished lines waiting already: UnfinishedBytesMax", await second.ReadToEndAsync(), StringComparison.Ordinal);

        // What ended or left makes room again.
        Assert.StartsWith("error:AT0003-", await first.AnswerAsync(""), StringComparison.Ordinal);
        await using var third = await bench.ConnectAsync();
        await third.SendAsync(new string('c', 900));
        await Settle(bench);
        Assert.Equal(900, bench.Host.UnfinishedInput.Bytes);
    }

    /// <summary>Another connection's command is answered after what was sent before it was read.</summary>
    private static async Task Settle(ServerBench bench)
    {
        await using var other = await bench.ConnectAsync();
        await other.AnswerAsync("noop:0");
    }
}
