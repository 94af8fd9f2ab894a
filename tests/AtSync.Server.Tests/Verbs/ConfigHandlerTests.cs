namespace AtSync.Server.Tests.Verbs;

/// <summary>The block list, and settings that cannot be changed over the wire.</summary>
public sealed class ConfigHandlerTests
{
    [Fact]
    public async Task A_blocked_atSign_is_turned_away_until_it_is_removed()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var owner = await bench.ConnectOwnerAsync();
        Assert.Equal("data:null", await owner.AnswerAsync("config:block:show"));
        Assert.Equal("data:null", await owner.AnswerAsync("config:block:remove:@bob"));

        Assert.Equal("data:success", await owner.AnswerAsync("config:block:add:@Bob @carol @alice"));
        Assert.Equal("data:success", await owner.AnswerAsync("config:block:add:@bob"));

        Assert.Equal("data:[\"@Bob\",\"@carol\"]", await owner.AnswerAsync("config:block:show"));
        await using var blocked = await bench.ConnectAsync();
        await blocked.SendAsync("from:@bob\n");
        Assert.StartsWith("error:AT0013-", await blocked.ReadToEndAsync(), StringComparison.Ordinal);
        await using var other = await bench.ConnectAsync();
        Assert.StartsWith("data:proof:", await other.AnswerAsync("from:@dave"), StringComparison.Ordinal);
        Assert.StartsWith("data:_", await other.AnswerAsync("from:@alice"), StringComparison.Ordinal);
        Assert.Equal("data:success", await owner.AnswerAsync("config:block:remove:@bob"));
        Assert.StartsWith("data:proof:", await other.AnswerAsync("from:@bob"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("config:set:autoNotify=false")]
    [InlineData("config:reset:autoNotify")]
    [InlineData("config:print:autoNotify")]
    public async Task Settings_are_the_servers_own(string command)
    {
        await using var bench = await ServerBench.StartAsync();
        await using var owner = await bench.ConnectOwnerAsync();

        Assert.Equal("data:testing mode disabled by default", await owner.AnswerAsync(command));
    }
}
