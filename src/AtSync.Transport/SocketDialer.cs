using System.Net;
using System.Net.Sockets;

namespace AtSync.Transport;

/// <summary>Connects to the first address that answers, starting the next attempt while a slow one is still under way (RFC 8305).</summary>
internal static class SocketDialer
{
    private static readonly TimeSpan AttemptDelay = TimeSpan.FromMilliseconds(250);

    /// <exception cref="SocketException">No address answered; that of the first one tried.</exception>
    public static async ValueTask<Socket> ConnectAsync(
        IReadOnlyList<IPAddress> addresses, int port, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        if (addresses.Count == 1)
        {
            return await ConnectOneAsync(addresses[0], port, cancellationToken);
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = new List<Task<Socket>>();
        Socket? winner = null;
        SocketException? failure = null;
        try
        {
            for (var next = 0; winner is null && (next < addresses.Count || running.Count > 0);)
            {
                if (next < addresses.Count)
                {
                    running.Add(ConnectOneAsync(addresses[next++], port, stop.Token));
                }

                var patience = next < addresses.Count ? AttemptDelay : Timeout.InfiniteTimeSpan;
                await WhenAnyEndsAsync(running, patience, timeProvider, stop.Token);
                winner = TakeEnded(running, ref failure);
            }
        }
        finally
        {
            await stop.CancelAsync();
            foreach (var late in running)
            {
                await DisposeLateAsync(late);
            }
        }

        if (cancellationToken.IsCancellationRequested)
        {
            winner?.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
        }

        return winner ?? throw failure ?? new SocketException((int)SocketError.HostUnreachable);
    }

    private static async Task<Socket> ConnectOneAsync(IPAddress address, int port, CancellationToken cancellationToken)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.NoDelay = true;
            SocketTuning.Apply(socket);
            await socket.ConnectAsync(new IPEndPoint(address, port), cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task WhenAnyEndsAsync(
        List<Task<Socket>> running, TimeSpan patience, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var delay = Task.Delay(patience, timeProvider, ended.Token);
        await Task.WhenAny([.. running, delay]);
        await ended.CancelAsync();
    }

    private static Socket? TakeEnded(List<Task<Socket>> running, ref SocketException? failure)
    {
        Socket? winner = null;
        foreach (var ended in running.Where(attempt => attempt.IsCompleted).ToArray())
        {
            if (ended.IsCompletedSuccessfully && winner is null)
            {
                winner = ended.Result;
                running.Remove(ended);
            }
            else if (ended.IsFaulted)
            {
                failure ??= ended.Exception.InnerException as SocketException;
                running.Remove(ended);
            }
            else if (ended.IsCanceled)
            {
                running.Remove(ended);
            }
        }

        return winner;
    }

    private static async Task DisposeLateAsync(Task<Socket> late)
    {
        try
        {
            (await late).Dispose();
        }
        catch (Exception failure) when (failure is SocketException or OperationCanceledException)
        {
            // It lost the race; how does not matter.
        }
    }
}
