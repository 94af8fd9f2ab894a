using AtSync.Simulation;

namespace AtSync.Transport.Tests.Simulation;

public sealed class MemoryConnectionTests : ConnectionTests
{
    [Fact]
    public async Task A_cut_arrives_at_exactly_the_planned_byte()
    {
        var (dialled, accepted) = MemoryConnection.CreatePair();
        dialled.CutAfterSent(7);

        Assert.False((await dialled.SendAsync("12345")).IsCompleted);
        Assert.True((await dialled.SendAsync("67890")).IsCompleted);

        Assert.Equal("1234567", await accepted.ReceiveToEndAsync());
        Assert.Equal((7L, 0L), dialled.Bytes);
        Assert.True(dialled.IsOver);
    }

    [Fact]
    public async Task A_cut_at_nothing_lets_nothing_through()
    {
        var (dialled, accepted) = MemoryConnection.CreatePair();
        dialled.CutAfterReceived(0);

        Assert.True((await accepted.SendAsync("x")).IsCompleted);

        Assert.Equal(NetworkFault.Closed, (await Assert.ThrowsAsync<NetworkException>(() => dialled.ReceiveToEndAsync())).Fault);
    }

    [Fact]
    public async Task A_half_closed_peer_can_still_be_answered()
    {
        var (dialled, accepted) = MemoryConnection.CreatePair();
        await dialled.SendAsync("question");

        dialled.HalfClose();

        Assert.Equal("question", await accepted.ReceiveToEndAsync());
        Assert.True(accepted.Closed.IsCancellationRequested);
        Assert.False((await accepted.SendAsync("answer")).IsCompleted);
        Assert.Equal("answer", await dialled.ReceiveAsync(6));
        Assert.False(dialled.IsOver);
    }

    [Fact]
    public void A_draining_listener_asks_the_accepted_end_only()
    {
        var (dialled, accepted) = MemoryConnection.CreatePair();

        accepted.RequestClose();

        Assert.True(accepted.CloseRequested.IsCancellationRequested);
        Assert.False(dialled.CloseRequested.IsCancellationRequested);
        Assert.False(accepted.Closed.IsCancellationRequested);
    }

    [Fact]
    public async Task What_a_reader_writes_inside_a_write_is_no_overlap()
    {
        var (dialled, accepted) = MemoryConnection.CreatePair();
        var echoing = EchoAsync(accepted);
        var reading = dialled.ReceiveAsync(4);

        Assert.False((await dialled.SendAsync("ping")).IsCanceled);

        Assert.True(reading.IsCompleted);
        Assert.Equal("ping", await reading);
        Assert.False(echoing.IsCompleted);
    }

    internal override async Task<PairBench> ConnectAsync()
    {
        var network = new MemoryNetwork();
        IConnection? accepted = null;
        var end = new TaskCompletionSource();
        var address = new HostPort("localhost", 6464);
        network.Listen(address, connection =>
        {
            accepted = connection;
            return end.Task;
        });
        var dialled = await network.DialAsync(address, PipeText.Token);
        return new PairBench(dialled, accepted!, 6464, end, () => ValueTask.CompletedTask);
    }

    private static async Task EchoAsync(MemoryConnection connection)
    {
        while (await connection.ReceiveAsync(4) is { Length: 4 } text)
        {
            await connection.SendAsync(text);
        }
    }
}
