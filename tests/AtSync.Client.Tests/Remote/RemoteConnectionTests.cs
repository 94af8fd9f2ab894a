using System.Text;
using AtSync.Client.Remote;
using AtSync.Protocol.Verbs;
using AtSync.Simulation;
using AtSync.Transport;
using Microsoft.Extensions.Time.Testing;

namespace AtSync.Client.Tests.Remote;

public sealed class RemoteConnectionTests
{
    private static readonly HostPort Server = new("alice.test", 1);
    private readonly FakeTimeProvider _clock = new();
    private readonly MemoryNetwork _network = new();

    [Fact]
    public async Task Answers_belong_to_commands_in_their_order_and_notifications_to_nobody()
    {
        var heard = new List<string>();
        Serve((line, _) => line switch
        {
            "one" => "data:1\n@alice@",
            "two" => "notification: {\"id\":\"-1\",\"from\":\"@alice\",\"to\":\"@alice\",\"key\":\"statsNotification.@alice\",\"value\":\"5\",\"operation\":\"update\",\"epochMillis\":1}\nerror:AT0015-key not found : x\n@alice@",
            _ => "data:3\n@alice@",
        });
        await using var connection = await ConnectAsync();
        connection.Notified = line => heard.Add(line.Value!);

        var one = connection.SendLineAsync("one"u8.ToArray(), CancellationToken.None).AsTask();
        var two = connection.SendLineAsync("two"u8.ToArray(), CancellationToken.None).AsTask();
        var three = connection.SendLineAsync("three"u8.ToArray(), CancellationToken.None).AsTask();

        Assert.Equal("1", Encoding.UTF8.GetString((await one).Span));
        var refusal = await Assert.ThrowsAsync<AtException>(() => two);
        Assert.Equal((AtFault.Refused, "AT0015"), (refusal.Fault, refusal.Code));
        Assert.Equal("3", Encoding.UTF8.GetString((await three).Span));
        Assert.Equal(["5"], heard);
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n")]
    [InlineData("@hello there\n")]
    [InlineData("@data:unasked\n@")]
    [InlineData("\u0000\u0001\u0002\n")]
    public async Task A_peer_that_speaks_something_else_fails_the_connection(string greeting)
    {
        _network.Listen(Server, async connection =>
        {
            await connection.Output.WriteAsync(Encoding.UTF8.GetBytes(greeting));
            await connection.Input.ReadAsync();
        });

        var failure = await Assert.ThrowsAsync<AtException>(async () =>
        {
            await using var connection = await ConnectAsync();
            await connection.SendAsync(new NoopVerb(), CancellationToken.None);
        });

        Assert.Equal(AtFault.Network, failure.Fault);
    }

    [Fact]
    public async Task A_line_without_an_end_fails_the_connection()
    {
        _network.Listen(Server, async connection =>
        {
            await connection.Output.WriteAsync("@data:"u8.ToArray());
            var chunk = new byte[1024 * 1024];
            chunk.AsSpan().Fill((byte)'x');
            for (var i = 0; i < 20; i++)
            {
                await connection.Output.WriteAsync(chunk);
            }
        });

        var failure = await Assert.ThrowsAsync<AtException>(async () =>
        {
            await using var connection = await ConnectAsync();
            await connection.SendAsync(new NoopVerb(), CancellationToken.None);
        });

        Assert.Equal(AtFault.Network, failure.Fault);
        Assert.Contains("more than", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_turns_the_connection_away_says_why()
    {
        _network.Listen(Server, async connection => await connection.Output.WriteAsync("error:AT0012-Inbound connection limit exceeded\n"u8.ToArray()));

        var failure = await Assert.ThrowsAsync<AtException>(ConnectAsync);

        Assert.Equal((AtFault.Refused, "AT0012"), (failure.Fault, failure.Code));
    }

    [Fact]
    public async Task A_peer_that_never_greets_or_never_answers_is_given_up()
    {
        _network.Listen(Server, connection => connection.Input.ReadAsync().AsTask());
        var connecting = Assert.ThrowsAsync<AtException>(ConnectAsync);
        _clock.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(AtFault.Network, (await connecting.WaitAsync(TimeSpan.FromSeconds(20))).Fault);

        var silent = new HostPort("silent.test", 1);
        _network.Listen(silent, async connection =>
        {
            await connection.Output.WriteAsync("@"u8.ToArray());
            while (!(await connection.Input.ReadAsync()).IsCompleted)
            {
            }
        });
        await using var open = await RemoteConnection.ConnectAsync(_network, silent, TestKeys.Alice, TimeSpan.FromSeconds(30), _clock, CancellationToken.None);
        var request = Assert.ThrowsAsync<AtException>(() => open.SendAsync(new NoopVerb(), CancellationToken.None).AsTask());
        _clock.Advance(TimeSpan.FromSeconds(31));
        _clock.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(AtFault.Network, (await request.WaitAsync(TimeSpan.FromSeconds(20))).Fault);
    }

    [Fact]
    public async Task Failing_a_connection_while_its_owner_disposes_it_throws_nothing()
    {
        var connecting = new TaskCompletionSource();
        var network = new PausingNetwork(_network, connecting.Task);
        _network.Listen(Server, connection => connection.Input.ReadAsync().AsTask());
        var refused = Assert.ThrowsAsync<AtException>(() => RemoteConnection.ConnectAsync(
            network, Server, TestKeys.Alice, TimeSpan.FromSeconds(30), _clock, CancellationToken.None).AsTask());
        _ = refused.ContinueWith(_ => connecting.SetResult(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

        // The watch's timer fails the connection, and goes on only when the one who dialled has disposed of it altogether.
        _clock.Advance(TimeSpan.FromSeconds(31));

        Assert.Equal(AtFault.Network, (await refused.WaitAsync(TimeSpan.FromSeconds(20))).Fault);
        Assert.True(connecting.Task.IsCompleted);
    }

    [Fact]
    public async Task A_silent_live_connection_is_probed_and_lives_on_when_the_probe_is_answered()
    {
        var probes = 0;
        Serve((line, _) =>
        {
            probes += line == "noop:0" ? 1 : 0;
            return probes < 3 ? "data:ok\n@" : "";
        });
        await using var connection = await ConnectAsync();
        connection.ProbeSilence(TimeSpan.FromSeconds(10));

        for (var i = 0; i < 12; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(5));
        }

        Assert.Equal(3, probes);
        Assert.Equal(AtFault.Network, connection.Failure?.Fault);
    }

    [Fact]
    public async Task Large_commands_and_large_answers_may_cross()
    {
        var payload = new string('y', 2_000_000);
        Serve((_, _) => $"data:{payload}\n@");
        await using var connection = await ConnectAsync();
        var line = new byte[3_000_000];
        line.AsSpan().Fill((byte)'z');

        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => connection.SendLineAsync(line, CancellationToken.None).AsTask()))
            .WaitAsync(TimeSpan.FromSeconds(30));

        Assert.All(answers, answer => Assert.Equal(payload.Length, answer.Length));
    }

    [Fact]
    public async Task A_line_break_or_too_long_a_command_is_refused_before_it_is_sent()
    {
        Serve((_, _) => "data:ok\n@");
        await using var connection = await ConnectAsync();

        var broken = await Assert.ThrowsAsync<AtException>(() => connection.SendLineAsync("a\nb"u8.ToArray(), CancellationToken.None).AsTask());
        var tooLong = await Assert.ThrowsAsync<AtException>(() => connection.SendLineAsync(new byte[RemoteConnection.CommandBytesMax], CancellationToken.None).AsTask());

        Assert.Equal((AtFault.InvalidArgument, AtFault.InvalidArgument), (broken.Fault, tooLong.Fault));
        Assert.Equal("ok", Encoding.UTF8.GetString((await connection.SendAsync(new NoopVerb(), CancellationToken.None)).Span));
    }

    [Theory]
    [InlineData("data:success-already\n@")]
    [InlineData("data:proof:_1@alice:2\n@")]
    [InlineData("data:_1@bob:2\n@")]
    public async Task Only_a_challenge_for_our_own_atSign_is_signed(string challenge)
    {
        Serve((_, _) => challenge);
        await using var connection = await ConnectAsync();

        var failure = await Assert.ThrowsAsync<AtException>(() => connection.PkamAsync(TestKeys.Keys, CancellationToken.None).AsTask());

        Assert.Equal(AtFault.Network, failure.Fault);
    }

    [Fact]
    public async Task A_directory_answer_is_kept_for_an_hour_and_null_says_what_to_do()
    {
        var asked = 0;
        _network.Listen(Server, async connection =>
        {
            await connection.Output.WriteAsync("@"u8.ToArray());
            var result = await connection.Input.ReadAsync();
            var name = Encoding.UTF8.GetString(result.Buffer).Trim();
            connection.Input.AdvanceTo(result.Buffer.End);
            asked++;
            await connection.Output.WriteAsync(Encoding.UTF8.GetBytes(name == "alice" ? "host.test:25000\r\n@" : "null\r\n@"));
            await connection.Input.ReadAsync();
        });
        var directory = new DirectoryClient(_network, Server, _clock);

        Assert.Equal(new HostPort("host.test", 25000), await directory.FindAsync(TestKeys.Alice, CancellationToken.None));
        await directory.FindAsync(TestKeys.Alice, CancellationToken.None);
        Assert.Equal(1, asked);
        _clock.Advance(TimeSpan.FromHours(1));
        await directory.FindAsync(TestKeys.Alice, CancellationToken.None);
        directory.Forget(TestKeys.Alice);
        await directory.FindAsync(TestKeys.Alice, CancellationToken.None);
        Assert.Equal(3, asked);

        var failure = await Assert.ThrowsAsync<AtException>(() => directory.FindAsync(AtSync.Protocol.AtSign.Parse("@nobody"), CancellationToken.None).AsTask());
        Assert.Equal(AtFault.NotFound, failure.Fault);
        Assert.Contains("registered", failure.Message, StringComparison.Ordinal);
    }

    private Task<RemoteConnection> ConnectAsync() =>
        RemoteConnection.ConnectAsync(_network, Server, TestKeys.Alice, TimeSpan.FromSeconds(30), _clock, CancellationToken.None).AsTask();

    private void Serve(Func<string, IConnection, string> answer) => _network.Listen(Server, async connection =>
    {
        await connection.Output.WriteAsync("@"u8.ToArray());
        while (true)
        {
            var result = await connection.Input.ReadAsync();
            var buffer = result.Buffer;
            while (System.Buffers.BuffersExtensions.PositionOf(buffer, (byte)'\n') is { } end)
            {
                var line = Encoding.UTF8.GetString(buffer.Slice(0, end));
                buffer = buffer.Slice(buffer.GetPosition(1, end));
                if (answer(line, connection) is { Length: > 0 } text)
                {
                    await connection.Output.WriteAsync(Encoding.UTF8.GetBytes(text));
                }
            }

            connection.Input.AdvanceTo(buffer.Start, buffer.End);
            if (result.IsCompleted)
            {
                return;
            }
        }
    });
}
