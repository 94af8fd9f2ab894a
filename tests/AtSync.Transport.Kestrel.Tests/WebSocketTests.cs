using System.Net.WebSockets;
using System.Text;
using AtSync.Tests;

namespace AtSync.Transport.Kestrel.Tests;

public sealed class WebSocketTests
{
    [Theory]
    [InlineData(WebSocketMessageType.Binary)]
    [InlineData(WebSocketMessageType.Text)]
    public async Task The_protocol_runs_inside_and_frame_borders_mean_nothing(WebSocketMessageType type)
    {
        await using var bench = await ListenerBench.StartAsync(Handlers.Echo);
        using var clients = new WebClients(bench.Authority.AuthorityFile);
        var socket = await clients.WebSocketAsync("localhost", bench.Port, ListenerBench.Token);

        Assert.Equal("@", await ReceiveAsync(socket));
        foreach (var piece in new[] { "he", "", "llo\nsec", "ond\n" })
        {
            await socket.SendAsync(Encoding.UTF8.GetBytes(piece), type, piece != "he", ListenerBench.Token);
        }

        Assert.Equal("data:hello\n@", await ReceiveAsync(socket));
        Assert.Equal("data:second\n@", await ReceiveAsync(socket));
    }

    [Fact]
    public async Task The_handler_sees_the_same_connection_as_without_a_WebSocket()
    {
        var seen = new TaskCompletionSource<IConnection>();
        await using var bench = await ListenerBench.StartAsync(async connection =>
        {
            seen.SetResult(connection);
            await Handlers.Echo(connection);
        });
        using var clients = new WebClients(bench.Authority.AuthorityFile);
        var socket = await clients.WebSocketAsync("localhost", bench.Port, ListenerBench.Token);
        await ReceiveAsync(socket);
        var accepted = await seen.Task.WaitAsync(ListenerBench.Token);

        await SendAsync(socket, "x\n");
        await ReceiveAsync(socket);

        Assert.Equal(("localhost", bench.Port), (accepted.ServerName, accepted.LocalPort));
        Assert.Equal((9L, 2L), accepted.Bytes);
        Assert.NotNull(accepted.RemoteEndPoint);
        Assert.Null(accepted.PeerCertificate);
    }

    [Fact]
    public async Task A_client_that_says_goodbye_gets_one_back_and_the_handler_ends()
    {
        var ended = new TaskCompletionSource();
        await using var bench = await ListenerBench.StartAsync(async connection =>
        {
            await Handlers.Echo(connection);
            ended.SetResult();
        });
        using var clients = new WebClients(bench.Authority.AuthorityFile);
        var socket = await clients.WebSocketAsync("localhost", bench.Port, ListenerBench.Token);
        await ReceiveAsync(socket);

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, ListenerBench.Token);

        Assert.Equal(WebSocketCloseStatus.NormalClosure, socket.CloseStatus);
        await ended.Task.WaitAsync(ListenerBench.Token);
        await ListenerBench.UntilAsync(() => bench.Listener.ConnectionCount == 0);
    }

    [Fact]
    public async Task A_handler_that_ends_says_its_last_words_and_goodbye()
    {
        await using var bench = await ListenerBench.StartAsync(connection => connection.SendAsync("error:AT0012-full\n").AsTask());
        using var clients = new WebClients(bench.Authority.AuthorityFile);
        var socket = await clients.WebSocketAsync("localhost", bench.Port, ListenerBench.Token);

        Assert.Equal("error:AT0012-full\n", await ReceiveAsync(socket));
        var end = await socket.ReceiveAsync(new byte[1], ListenerBench.Token);

        Assert.Equal(WebSocketMessageType.Close, end.MessageType);
        Assert.Equal(WebSocketCloseStatus.NormalClosure, socket.CloseStatus);
    }

    [Fact]
    public async Task A_client_that_vanishes_ends_the_handler()
    {
        var ended = new TaskCompletionSource();
        await using var bench = await ListenerBench.StartAsync(async connection =>
        {
            await Handlers.Echo(connection);
            Assert.True(connection.Closed.IsCancellationRequested);
            ended.SetResult();
        });
        using var clients = new WebClients(bench.Authority.AuthorityFile);
        var socket = await clients.WebSocketAsync("localhost", bench.Port, ListenerBench.Token);
        await ReceiveAsync(socket);

        socket.Abort();

        await ended.Task.WaitAsync(ListenerBench.Token);
        Assert.Empty(bench.Log.From(Microsoft.Extensions.Logging.LogLevel.Error));
    }

    [Fact]
    public async Task A_drain_ends_the_handler_politely()
    {
        await using var bench = await ListenerBench.StartAsync(Handlers.Echo);
        using var clients = new WebClients(bench.Authority.AuthorityFile);
        var socket = await clients.WebSocketAsync("localhost", bench.Port, ListenerBench.Token);
        await ReceiveAsync(socket);

        var draining = bench.Listener.DrainAsync(ListenerBench.Token);
        var end = await socket.ReceiveAsync(new byte[1], ListenerBench.Token);
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, ListenerBench.Token);

        Assert.Equal(WebSocketMessageType.Close, end.MessageType);
        await draining;
    }

    [Fact]
    public async Task A_client_that_takes_no_bytes_is_cut_after_the_time_for_writing()
    {
        var written = new TaskCompletionSource<bool>();
        await using var bench = await ListenerBench.StartAsync(
            async connection => written.SetResult((await connection.Output.WriteAsync(new byte[32 * 1024 * 1024], ListenerBench.Token)).IsCompleted),
            options => options with { WriteTimeout = TimeSpan.FromMilliseconds(300) });
        using var clients = new WebClients(bench.Authority.AuthorityFile);
        await clients.WebSocketAsync("localhost", bench.Port, ListenerBench.Token);

        Assert.True(await written.Task.WaitAsync(ListenerBench.Token));
        await ListenerBench.UntilAsync(() => bench.Listener.ConnectionCount == 0);
    }

    [Fact]
    public async Task A_frame_larger_than_any_buffer_is_taken_in_pieces()
    {
        await using var bench = await ListenerBench.StartAsync(async connection =>
            await connection.SendAsync($"{await Handlers.DropToEndAsync(connection.Input)}"));
        using var clients = new WebClients(bench.Authority.AuthorityFile);
        var socket = await clients.WebSocketAsync("localhost", bench.Port, ListenerBench.Token);

        await socket.SendAsync(new byte[3_000_000], WebSocketMessageType.Binary, true, ListenerBench.Token);
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, ListenerBench.Token);

        Assert.Equal("3000000", await ReceiveAsync(socket));
    }

    [Fact]
    public async Task Messages_are_whole_text_also_where_a_write_ends_inside_a_character()
    {
        // More than one step of the output, whose border falls into a character.
        var text = "x" + string.Concat(Enumerable.Repeat("é😀", 20_000)) + "\n";
        await using var bench = await ListenerBench.StartAsync(async connection =>
            await connection.Output.WriteAsync(Encoding.UTF8.GetBytes(text), ListenerBench.Token));
        using var clients = new WebClients(bench.Authority.AuthorityFile);
        var socket = await clients.WebSocketAsync("localhost", bench.Port, ListenerBench.Token);

        var received = "";
        while (!received.EndsWith('\n'))
        {
            received += await ReceiveAsync(socket);
        }

        Assert.Equal(text, received);
    }

    [Fact]
    public async Task What_is_no_text_comes_as_a_binary_message()
    {
        await using var bench = await ListenerBench.StartAsync(async connection =>
            await connection.Output.WriteAsync(new byte[] { (byte)'a', 0xFF, (byte)'\n' }, ListenerBench.Token));
        using var clients = new WebClients(bench.Authority.AuthorityFile);
        var socket = await clients.WebSocketAsync("localhost", bench.Port, ListenerBench.Token);

        var received = await socket.ReceiveAsync(new byte[10], ListenerBench.Token);

        Assert.Equal((WebSocketMessageType.Binary, 3), (received.MessageType, received.Count));
    }

    private static Task SendAsync(ClientWebSocket socket, string text) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Binary, true, ListenerBench.Token);

    /// <summary>One message, which must be text.</summary>
    private static async Task<string> ReceiveAsync(ClientWebSocket socket)
    {
        using var all = new MemoryStream();
        var buffer = new byte[16_384];
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer, ListenerBench.Token);
            Assert.Equal(WebSocketMessageType.Text, received.MessageType);
            all.Write(buffer, 0, received.Count);
            if (received.EndOfMessage)
            {
                return Encoding.UTF8.GetString(all.ToArray());
            }
        }
    }
}
