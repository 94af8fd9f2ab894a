using System.IO.Pipelines;

namespace AtSync.Transport.Tests;

/// <summary>What every connection does, over TLS and in memory alike: the in-memory one is worth nothing to a test if it differs.</summary>
public abstract class ConnectionTests
{
    /// <summary>More than any buffer between the ends takes.</summary>
    private const int FloodBytes = 64 * 1024 * 1024;

    /// <summary>A connected pair; disposing the bench ends what is left of it.</summary>
    internal abstract Task<PairBench> ConnectAsync();

    [Fact]
    public async Task Bytes_arrive_in_order_both_ways()
    {
        await using var pair = await ConnectAsync();

        await pair.Dialled.SendAsync("one ");
        await pair.Dialled.SendAsync("two");
        await pair.Accepted.SendAsync("three");

        Assert.Equal("one two", await pair.Accepted.ReceiveAsync(7));
        Assert.Equal("three", await pair.Dialled.ReceiveAsync(5));
    }

    [Fact]
    public async Task What_is_buffered_leaves_with_the_flush()
    {
        await using var pair = await ConnectAsync();

        "buffered "u8.CopyTo(pair.Dialled.Output.GetSpan(9));
        pair.Dialled.Output.Advance(9);
        Assert.Equal(9, pair.Dialled.Output.UnflushedBytes);
        await pair.Dialled.SendAsync("and sent");

        Assert.Equal("buffered and sent", await pair.Accepted.ReceiveAsync(17));
    }

    [Fact]
    public async Task Each_end_counts_its_bytes()
    {
        await using var pair = await ConnectAsync();
        await pair.Dialled.SendAsync("12345");
        await pair.Accepted.ReceiveAsync(5);
        await pair.Accepted.SendAsync("abc");
        await pair.Dialled.ReceiveAsync(3);

        Assert.Equal((5L, 3L), pair.Dialled.Bytes);
        Assert.Equal((3L, 5L), pair.Accepted.Bytes);
    }

    [Fact]
    public async Task After_the_dialled_end_closed_the_accepted_one_reads_the_rest_and_the_end()
    {
        await using var pair = await ConnectAsync();
        await pair.Dialled.SendAsync("last words");

        var closing = pair.Dialled.DisposeAsync().AsTask();

        Assert.Equal("last words", await pair.Accepted.ReceiveToEndAsync());
        await closing;
        await pair.Accepted.Closed.FiredAsync();
    }

    [Fact]
    public async Task After_the_accepted_end_closed_the_dialled_one_reads_the_rest_and_the_end()
    {
        await using var pair = await ConnectAsync();
        await pair.Accepted.SendAsync("last words");

        await pair.EndAcceptedAsync();

        Assert.Equal("last words", await pair.Dialled.ReceiveToEndAsync());
        await pair.Dialled.Closed.FiredAsync();
    }

    [Fact]
    public async Task A_broken_connection_is_an_exception_for_who_dialled()
    {
        await using var pair = await ConnectAsync();
        var reading = pair.Dialled.ReceiveToEndAsync();

        pair.Accepted.Abort();

        Assert.Equal(NetworkFault.Closed, (await Assert.ThrowsAsync<NetworkException>(() => reading)).Fault);
        await pair.Dialled.Closed.FiredAsync();
    }

    [Fact]
    public async Task A_broken_connection_is_an_end_for_who_accepted()
    {
        await using var pair = await ConnectAsync();
        var reading = pair.Accepted.ReceiveToEndAsync();

        pair.Dialled.Abort();

        Assert.Equal("", await reading);
    }

    [Fact]
    public async Task Whoever_aborts_reads_an_end()
    {
        await using var pair = await ConnectAsync();
        var reading = pair.Dialled.ReceiveToEndAsync();

        pair.Dialled.Abort();
        pair.Dialled.Abort();

        Assert.Equal("", await reading);
        await pair.Dialled.Closed.FiredAsync();
    }

    [Fact]
    public async Task Writing_to_a_peer_that_is_gone_is_told_and_never_hangs()
    {
        await using var pair = await ConnectAsync();
        pair.Accepted.Abort();
        await pair.Dialled.Closed.FiredAsync();

        var isTold = false;
        try
        {
            for (var i = 0; i < 100 && !isTold; i++)
            {
                isTold = (await pair.Dialled.SendAsync("into the void")).IsCompleted;
            }
        }
        catch (NetworkException failure)
        {
            isTold = failure.Fault == NetworkFault.Closed;
        }

        Assert.True(isTold);
    }

    [Fact]
    public async Task Writes_must_not_overlap()
    {
        await using var pair = await ConnectAsync();
        var flood = pair.Dialled.Output.WriteAsync(new byte[FloodBytes], PipeText.Token).AsTask();
        Assert.False(flood.IsCompleted);

        await Assert.ThrowsAsync<InvalidOperationException>(async () => await pair.Dialled.SendAsync("x"));

        pair.Dialled.Abort();
        await EndedAsync(flood);
    }

    [Fact]
    public async Task Cancelling_a_write_that_has_begun_ends_the_connection()
    {
        await using var pair = await ConnectAsync();
        using var stop = new CancellationTokenSource();
        var flood = pair.Dialled.Output.WriteAsync(new byte[FloodBytes], stop.Token).AsTask();
        Assert.False(flood.IsCompleted);

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => flood);
        await pair.Dialled.Closed.FiredAsync();
        Assert.True((await pair.Dialled.SendAsync("x")).IsCompleted);
    }

    [Fact]
    public async Task A_cancelled_token_writes_nothing_and_ends_nothing()
    {
        await using var pair = await ConnectAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await pair.Dialled.Output.WriteAsync("lost"u8.ToArray(), new CancellationToken(canceled: true)));
        await pair.Dialled.SendAsync("kept");

        Assert.Equal("kept", await pair.Accepted.ReceiveAsync(4));
    }

    [Fact]
    public async Task Releasing_a_pending_write_says_so_and_ends_the_connection()
    {
        await using var pair = await ConnectAsync();
        var flood = pair.Dialled.Output.WriteAsync(new byte[FloodBytes], PipeText.Token).AsTask();
        Assert.False(flood.IsCompleted);

        pair.Dialled.Output.CancelPendingFlush();

        Assert.True((await flood).IsCanceled);
        await pair.Dialled.Closed.FiredAsync();
    }

    [Fact]
    public async Task Releasing_a_write_that_is_not_pending_does_nothing()
    {
        await using var pair = await ConnectAsync();

        pair.Dialled.Output.CancelPendingFlush();

        Assert.False((await pair.Dialled.SendAsync("still here")).IsCanceled);
        Assert.Equal("still here", await pair.Accepted.ReceiveAsync(10));
    }

    [Fact]
    public async Task Completing_the_output_drops_later_writes_and_tells_the_peer_nothing()
    {
        await using var pair = await ConnectAsync();
        await pair.Dialled.SendAsync("before");

        await pair.Dialled.Output.CompleteAsync();

        Assert.True((await pair.Dialled.SendAsync("after")).IsCompleted);
        Assert.Equal("before", await pair.Accepted.ReceiveAsync(6));
        await pair.Accepted.SendAsync("answer");
        Assert.Equal("answer", await pair.Dialled.ReceiveAsync(6));
        Assert.False(pair.Accepted.Closed.IsCancellationRequested);
    }

    [Fact]
    public async Task A_pending_read_can_be_released()
    {
        await using var pair = await ConnectAsync();
        var reading = pair.Dialled.Input.ReadAsync(PipeText.Token).AsTask();

        pair.Dialled.Input.CancelPendingRead();

        var read = await reading;
        Assert.True(read.IsCanceled);
        Assert.False(read.IsCompleted);
    }

    [Fact]
    public async Task A_disposed_connection_can_be_asked_and_disposed_again()
    {
        await using var pair = await ConnectAsync();
        var connection = pair.Dialled;

        await connection.DisposeAsync();
        await connection.DisposeAsync();

        Assert.True(connection.Closed.IsCancellationRequested);
        Assert.True((await connection.SendAsync("x")).IsCompleted);
        Assert.True((await connection.Input.ReadAsync(PipeText.Token)).IsCompleted);
        Assert.False(connection.CloseRequested.IsCancellationRequested);
        connection.Abort();
    }

    [Fact]
    public async Task Disposing_ends_a_write_the_peer_does_not_take()
    {
        await using var pair = await ConnectAsync();
        var flood = pair.Dialled.Output.WriteAsync(new byte[FloodBytes], PipeText.Token).AsTask();

        await pair.Dialled.DisposeAsync();

        await EndedAsync(flood);
    }

    [Fact]
    public async Task The_accepted_end_knows_the_name_and_the_port_that_were_dialled()
    {
        await using var pair = await ConnectAsync();

        Assert.Equal("localhost", pair.Accepted.ServerName);
        Assert.Equal(pair.Port, pair.Accepted.LocalPort);
        Assert.NotNull(pair.Accepted.RemoteEndPoint);
        Assert.Equal("", pair.Accepted.ApplicationProtocol);
    }

    /// <summary>A write that was ended from elsewhere: by result or by exception, but it ends.</summary>
    private static async Task EndedAsync(Task<FlushResult> write)
    {
        try
        {
            var result = await write.WaitAsync(PipeText.Token);
            Assert.True(result.IsCompleted || result.IsCanceled);
        }
        catch (NetworkException)
        {
            // Also an end.
        }
    }
}

/// <summary>Two connected ends. The accepted one ends when its handler does.</summary>
internal sealed class PairBench(IConnection dialled, IConnection accepted, int port, TaskCompletionSource handlerEnd, Func<ValueTask> cleanUp) : IAsyncDisposable
{
    public IConnection Dialled { get; } = dialled;

    public IConnection Accepted { get; } = accepted;

    public int Port { get; } = port;

    /// <summary>Lets the handler return, which closes the accepted end in order.</summary>
    public Task EndAcceptedAsync()
    {
        handlerEnd.TrySetResult();
        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        handlerEnd.TrySetResult();
        Dialled.Abort();
        await Dialled.DisposeAsync();
        await cleanUp();
    }
}
