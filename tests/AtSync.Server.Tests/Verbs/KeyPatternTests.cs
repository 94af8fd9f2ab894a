using System.Diagnostics;

namespace AtSync.Server.Tests.Verbs;

/// <summary>Patterns that would take for ever, on every verb that takes one.</summary>
public sealed class KeyPatternTests
{
    // Look-ahead needs the backtracking engine, where this one takes time exponential in the length of the key.
    private const string Catastrophic = "(?=a)(a+)+b$";

    public static TheoryData<string> Verbs { get; } =
    [
        $"scan {Catastrophic}", $"scan:cl {Catastrophic}", $"sync:from:-1:limit:10:{Catastrophic}", $"stats:3:{Catastrophic}", $"stats:15:{Catastrophic}",
        $"notify:list:{Catastrophic.Replace("?=a", "?=a", StringComparison.Ordinal)}",
    ];

    [Theory]
    [MemberData(nameof(Verbs))]
    public async Task A_catastrophic_pattern_is_refused_in_bounded_time(string command)
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();
        await FillAsync(client);
        var began = Stopwatch.GetTimestamp();

        Assert.Equal("error:AT0022-Illegal arguments : the pattern takes too long to match: make it simpler", await client.AnswerAsync(command));

        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, 0, 10);
        Assert.Equal("data:ok", await client.AnswerAsync("noop:0"));
    }

    [Fact]
    public async Task A_monitor_with_a_catastrophic_pattern_is_told_and_ended()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();
        await FillAsync(client);
        await client.SendAsync($"monitor:0 {Catastrophic}\n");

        Assert.Contains("error:AT0022-Illegal arguments : the pattern takes too long", await client.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("scan (a*)*(a*)*(a*)*ZZ")]
    [InlineData("scan (a|aa)+$")]
    [InlineData("scan ((a{0,100}){0,100}){0,100}ZZ")]
    public async Task Patterns_without_look_around_cost_time_in_proportion_to_the_keys(string command)
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();
        await FillAsync(client);
        var began = Stopwatch.GetTimestamp();

        var answer = await client.AnswerAsync(command);

        Assert.True(answer == "data:[]" || answer.Contains("AT0022", StringComparison.Ordinal), answer);
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, 0, 10);
    }

    [Fact]
    public async Task The_time_of_a_whole_walk_is_limited_too()
    {
        await using var bench = await ServerBench.StartAsync(limits => limits with { PatternTime = TimeSpan.FromTicks(-1) });
        await using var client = await bench.ConnectOwnerAsync();
        for (var i = 0; i < 64; i++)
        {
            await client.AnswerAsync($"update:k{i}.app@alice 1");
        }

        Assert.Contains("AT0022", await client.AnswerAsync("scan app"), StringComparison.Ordinal);
        Assert.Contains("AT0022", await client.AnswerAsync("stats:3:app"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Strangers_may_use_only_patterns_of_linear_cost_and_nobody_endless_ones()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var stranger = await bench.ConnectAsync();

        Assert.StartsWith("error:AT0022-Exception: patterns with look-around", await stranger.AnswerAsync($"scan {Catastrophic}"), StringComparison.Ordinal);
        Assert.Equal("""data:["signing_publickey@alice"]""", await stranger.AnswerAsync("scan sign.*key"));
        Assert.Contains("longer than 4096 characters", await stranger.AnswerAsync($"scan {new string('a', 4097)}"), StringComparison.Ordinal);
    }

    private static async Task FillAsync(RawClient client)
    {
        var name = new string('a', 60);
        Assert.StartsWith("data:", await client.AnswerAsync($"update:{name}.app@alice 1"), StringComparison.Ordinal);
        Assert.StartsWith("data:", await client.AnswerAsync($"notify:@alice:{name}.app@alice:1"), StringComparison.Ordinal);
    }
}
