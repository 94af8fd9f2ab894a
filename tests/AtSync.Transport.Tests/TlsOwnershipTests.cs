using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace AtSync.Transport.Tests;

/// <summary>Closing takes both halves of the TLS stream away from their users before it touches the stream.</summary>
public sealed class TlsOwnershipTests
{
    [Fact]
    public async Task Closing_while_a_read_waits_ends_the_read_first()
    {
        await using var peer = TlsPeer.Serving(DropToEndAsync);
        var (connection, tls) = await DialAsync(peer);
        Assert.True(tls.IsReading);

        await connection.DisposeAsync();

        Assert.Equal([], tls.Faults);
        Assert.Equal(1, tls.Shutdowns);
        Assert.True(tls.IsDisposed);
    }

    [Fact]
    public async Task Closing_while_the_peer_floods_ends_the_read_first()
    {
        await using var peer = TlsPeer.Serving(async tls =>
        {
            var payload = new byte[300];
            while (true)
            {
                await tls.WriteAsync(payload, PipeText.Token);
            }
        });
        var (connection, tls) = await DialAsync(peer);
        await connection.ReceiveAsync(3_000);

        await connection.DisposeAsync();

        Assert.Equal([], tls.Faults);
        Assert.Equal(1, tls.Shutdowns);
    }

    [Fact]
    public async Task Closing_while_a_write_waits_ends_the_write_first_and_says_no_goodbye_into_it()
    {
        var end = new TaskCompletionSource();
        await using var peer = TlsPeer.Serving(_ => end.Task);
        var (connection, tls) = await DialAsync(peer);
        var flood = connection.Output.WriteAsync(new byte[64 * 1024 * 1024], PipeText.Token).AsTask();
        Assert.False(flood.IsCompleted);

        await connection.DisposeAsync();

        Assert.True((await flood).IsCompleted);
        Assert.Equal([], tls.Faults);
        Assert.Equal(0, tls.Shutdowns);
        end.SetResult();
    }

    [Fact]
    public async Task Who_disposes_second_waits_for_the_first()
    {
        await using var peer = TlsPeer.Serving(DropToEndAsync);
        var (connection, tls) = await DialAsync(peer);

        var first = connection.DisposeAsync();
        await connection.DisposeAsync();

        Assert.True(tls.IsDisposed);
        await first;
    }

    [Fact]
    public async Task A_stream_is_disposed_also_when_a_callback_threw()
    {
        var end = new TaskCompletionSource();
        await using var peer = TlsPeer.Serving(async tls =>
        {
            await end.Task;
            await tls.ShutdownAsync();
        });
        var (connection, tls) = await DialAsync(peer);
        await using var registration = connection.Closed.Register(() => throw new InvalidOperationException("a fault of the caller"));
        end.SetResult();
        await connection.ReceiveToEndAsync();

        await Assert.ThrowsAsync<AggregateException>(async () => await connection.DisposeAsync());

        Assert.True(tls.IsDisposed);
        Assert.Equal([], tls.Faults);
    }

    /// <summary>Before the two halves were taken away first, this ended the process in a few seconds: a segmentation fault, or a double free.</summary>
    [Fact]
    public async Task Many_connections_are_closed_in_the_middle_of_arriving_records()
    {
        await using var peer = TlsPeer.Serving(async tls =>
        {
            var payload = new byte[200];
            for (var i = 0; i < 100; i++)
            {
                await tls.WriteAsync(payload, PipeText.Token);
            }

            await DropToEndAsync(tls);
        });
        var network = new TlsNetwork(peer.Options);
        for (var round = 0; round < 60; round++)
        {
            var connection = await network.DialAsync(peer.Address, PipeText.Token);
            await connection.ReceiveAsync(200 * (round % 20));
            // Away from the thread that reads: only then do closing and reading meet.
            await Task.Yield();
            await connection.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_gate_lets_one_in_and_after_its_end_nobody()
    {
        var gate = new OperationGate();
        Assert.True(gate.TryEnter());
        Assert.Throws<InvalidOperationException>(() => gate.TryEnter());

        var ended = gate.EndAsync();
        Assert.False(ended.IsCompleted);
        Assert.False(gate.TryEnter());
        gate.Leave();

        await ended.WaitAsync(PipeText.Token);
        Assert.True(gate.EndAsync().IsCompleted);
        Assert.False(gate.TryEnter());
    }

    private static async Task<(IConnection Connection, WatchedTls Tls)> DialAsync(TlsPeer peer)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPEndPoint.Parse(peer.Address.ToString()), PipeText.Token);
        var tls = new WatchedTls(new NetworkStream(socket, ownsSocket: true));
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                CertificateChainPolicy = new TrustedAuthorities([peer.Authority.AuthorityFile], trustSystem: false).CreatePolicy(),
            },
            PipeText.Token);
        return (new TlsConnection(peer.Address, socket, tls, peer.Options), tls);
    }

    private static async Task DropToEndAsync(SslStream tls)
    {
        var buffer = new byte[16_384];
        while (await tls.ReadAsync(buffer, PipeText.Token) > 0)
        {
        }
    }
}
