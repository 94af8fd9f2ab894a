using System.Text;

namespace AtSync.Server.Tests.Sessions;

public sealed class SessionLoopTests
{
    [Fact]
    public async Task The_server_greets_with_a_bare_at_sign_and_is_silent_then()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectAsync();

        Assert.Equal("", client.Peek());
    }

    [Theory]
    [InlineData("noop:0\n")]
    [InlineData("noop:0\r\n")]
    [InlineData("  noop:0  \n")]
    [InlineData("NOOP:0\n")]
    public async Task A_command_is_answered_with_newline_and_prompt(string command)
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectAsync();

        await client.SendAsync(command);

        Assert.Equal("data:ok\n@", client.Peek());
    }

    [Fact]
    public async Task Answer_newline_and_prompt_are_one_write()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectAsync();

        await client.SendAsync("noop:0\n");
        var read = await client.Connection.Input.ReadAsync(TestContext.Current.CancellationToken);

        Assert.Equal("data:ok\n@", Encoding.UTF8.GetString(read.Buffer));
    }

    [Fact]
    public async Task A_command_cut_into_single_bytes_is_the_same_command()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectAsync();

        foreach (var part in "from:alice\n")
        {
            await client.SendAsync(part.ToString());
        }

        Assert.Equal("data:_<uuid>@alice:<uuid>\n@", RawClient.Mask(client.Peek()));
    }

    [Fact]
    public async Task Commands_of_one_read_run_in_order_each_with_its_own_answer()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();

        await client.SendAsync("update:a.x@alice 1\nllookup:a.x@alice\nupdate:a.x@alice 2\nnonsense\nllookup:a.x@alice\n");

        Assert.Equal(
            "data:2\n@alice@data:1\n@alice@data:3\n@alice@error:AT0003-Invalid syntax : invalid command\n@alice@data:2\n@alice@",
            client.Peek());
    }

    [Fact]
    public async Task Pipelined_answers_larger_than_a_record_arrive_whole_and_in_order()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();
        var value = new string('v', 9000);
        await client.AskAsync($"update:a.x@alice {value}");

        var commands = string.Concat(Enumerable.Repeat("llookup:a.x@alice\nnoop:0\n", 20));
        await client.SendAsync(commands);
        var received = "";
        for (var i = 0; i < 20; i++)
        {
            received += await client.ReadAsync("\n@alice@") + await client.ReadAsync("\n@alice@");
        }

        Assert.Equal(string.Concat(Enumerable.Repeat($"data:{value}\n@alice@data:ok\n@alice@", 20)), received);
    }

    [Fact]
    public async Task What_is_ready_is_not_held_back_by_a_command_that_waits()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectAsync();

        await client.SendAsync("noop:0\nnoop:3000\nnoop:0\n");
        Assert.Equal("data:ok\n@", client.Peek());

        bench.Clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal("data:ok\n@data:ok\n@data:ok\n@", await client.ReadAsync("ok\n@") + await client.ReadAsync("ok\n@") + await client.ReadAsync("ok\n@"));
    }

    [Fact]
    public async Task A_lone_empty_line_is_answered()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectAsync();

        await client.SendAsync("\r\n");

        Assert.Equal("error:AT0003-Exception: invalid command\n@", client.Peek());
    }

    [Fact]
    public async Task An_empty_line_in_the_read_of_a_command_is_not_answered()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectAsync();

        await client.SendAsync("from:alice\n\n");

        Assert.Equal("data:_<uuid>@alice:<uuid>\n@", RawClient.Mask(client.Peek()));
    }

    [Fact]
    public async Task Exit_ends_the_connection_without_a_word()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectAsync();

        await client.SendAsync("@exit\n");

        Assert.Equal("", await client.ReadToEndAsync());
    }

    [Fact]
    public async Task Bytes_that_are_no_text_are_a_mistake_like_any_other()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectAsync();

        await client.SendAsync([0x6E, 0xFF, 0xFE, 0x0A]);
        Assert.StartsWith("error:AT0003-", await client.ReadAsync("\n@"), StringComparison.Ordinal);

        Assert.Equal("data:ok\n@", await client.AskAsync("noop:0"));
    }

    [Fact]
    public async Task A_line_beyond_the_limit_is_said_and_ends_the_connection()
    {
        await using var bench = await ServerBench.StartAsync(limits => limits with { LineBytesMax = 1000 });
        await using var client = await bench.ConnectAsync();

        await client.SendAsync(new string('x', 1001));

        Assert.Equal(
            "error:AT0005-Exception: InboundBuffer overflow: server received request which exceeded the buffer size limit. Terminating the connection.\n@",
            await client.ReadToEndAsync());
    }

    [Fact]
    public async Task A_stranger_may_send_less_than_an_owner()
    {
        await using var bench = await ServerBench.StartAsync(limits => limits with { LineBytesUnauthenticatedMax = 500 });
        await using var stranger = await bench.ConnectAsync();
        await using var owner = await bench.ConnectOwnerAsync();

        await stranger.SendAsync(new string('x', 501));

        Assert.StartsWith("error:AT0005-", await stranger.ReadToEndAsync(), StringComparison.Ordinal);
        Assert.Equal("data:2", await owner.AnswerAsync($"update:a.x@alice {new string('v', 600)}"));
    }

    [Fact]
    public async Task An_idle_stranger_is_let_go_after_ten_minutes_and_an_owner_is_not()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var stranger = await bench.ConnectAsync();
        await using var owner = await bench.ConnectOwnerAsync();

        bench.Clock.Advance(TimeSpan.FromMinutes(9));
        Assert.Equal("data:ok", await stranger.AnswerAsync("noop:0"));
        bench.Clock.Advance(TimeSpan.FromMinutes(9));
        Assert.Equal("data:ok", await stranger.AnswerAsync("noop:0"));
        bench.Clock.Advance(TimeSpan.FromMinutes(11));

        Assert.Equal("", await stranger.ReadToEndAsync());
        Assert.Equal("data:ok", await owner.AnswerAsync("noop:0"));
    }

    [Fact]
    public async Task The_connection_beyond_the_limit_is_told_so_instead_of_greeted()
    {
        await using var bench = await ServerBench.StartAsync(limits => limits with { ConnectionsPerAtSignMax = 1 });
        await using var first = await bench.ConnectAsync();
        await using var second = new RawClient(await bench.Network.DialAsync(new("alice.test", 1), TestContext.Current.CancellationToken));

        Assert.Equal("error:AT0012-Inbound connection limit exceeded\n", await second.ReadToEndAsync());

        await first.DisposeAsync();
        await bench.Network.WhenHandlersEndedAsync();
        await using var third = await bench.ConnectAsync();
    }

    [Fact]
    public async Task Draining_ends_idle_connections_and_refuses_new_ones()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();

        await bench.Host.DrainAsync(TestContext.Current.CancellationToken);

        Assert.Equal("", await client.ReadToEndAsync());
        await using var late = new RawClient(await bench.Network.DialAsync(new("alice.test", 1), TestContext.Current.CancellationToken));
        Assert.StartsWith("error:AT0024-Server is temporarily paused", await late.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Draining_lets_a_running_command_end_and_aborts_when_the_time_is_up()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var quick = await bench.ConnectAsync();
        await using var slow = await bench.ConnectAsync();
        await quick.SendAsync("noop:1000\n");
        await slow.SendAsync("noop:5000\n");
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2), bench.Clock);

        var draining = bench.Host.DrainAsync(limit.Token);
        bench.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("data:ok\n@", await quick.ReadToEndAsync());
        bench.Clock.Advance(TimeSpan.FromSeconds(1));
        await draining;

        await Assert.ThrowsAsync<Transport.NetworkException>(slow.ReadToEndAsync);
    }

    [Theory]
    [InlineData("update:a.x@alice 1")]
    [InlineData("delete:a.x@alice")]
    [InlineData("llookup:a.x@alice")]
    [InlineData("plookup:a.x@alice")]
    [InlineData("sync:from:-1")]
    [InlineData("batch:[]")]
    [InlineData("stats")]
    [InlineData("monitor")]
    [InlineData("config:block:show")]
    [InlineData("keys:get:self")]
    [InlineData("otp:get")]
    [InlineData("notify:all:@bob:x.y@alice")]
    [InlineData("update:nonsense")]
    public async Task A_stranger_is_refused_before_the_grammar_is_looked_at(string command)
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectAsync();

        Assert.Equal("error:AT0401-Exception: Command cannot be executed without auth\n@", await client.AskAsync(command));
    }

    [Fact]
    public async Task A_verb_that_is_not_served_is_named()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();

        Assert.Equal(
            "error:AT0003-Invalid syntax : this server does not serve stream: share the file as records instead",
            await client.AnswerAsync("stream:init@bob 6f1d photo.jpg 12345"));
    }

    [Fact]
    public async Task Errors_are_JSON_for_clients_that_say_they_read_it()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectAsync();

        await client.AskAsync("from:@alice:clientConfig:{\"version\":\"3.0.38\"}");
        Assert.Equal("error:{\"errorCode\":\"AT0003\",\"errorDescription\":\"Exception: invalid command\"}\n@", await client.AskAsync("nonsense"));

        await client.AskAsync("from:@alice:clientConfig:{\"version\":\"3.0.37\"}");
        Assert.Equal("error:AT0003-Exception: invalid command\n@", await client.AskAsync("nonsense"));
    }
}
