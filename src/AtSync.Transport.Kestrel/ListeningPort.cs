using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;

namespace AtSync.Transport.Kestrel;

/// <summary>One listening socket and the loop that accepts from it.</summary>
internal sealed class ListeningPort : IAsyncDisposable
{
    /// <summary>Connections the kernel completes before they are accepted.</summary>
    private const int Backlog = 512;

    /// <summary>Pause after an accept that failed for want of something (descriptors, memory), instead of spinning until there is some.</summary>
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(200);

    private readonly Socket _socket;
    private readonly ChannelWriter<Socket> _accepted;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;

    private ListeningPort(Socket socket, KestrelListenerOptions options, ChannelWriter<Socket> accepted, ILogger log)
    {
        _socket = socket;
        _accepted = accepted;
        _timeProvider = options.TimeProvider;
        _log = log;
        EndPoint = (IPEndPoint)socket.LocalEndPoint!;
        _accepting = AcceptLoopAsync();
    }

    public IPEndPoint EndPoint { get; }

    /// <exception cref="SocketException">It cannot be listened on.</exception>
    public static ListeningPort Open(IPEndPoint endPoint, KestrelListenerOptions options, ChannelWriter<Socket> accepted, ILogger log)
    {
        var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint);
        try
        {
            SocketTuning.Apply(socket);
            if (options.SendBufferSize is { } sendBufferSize)
            {
                socket.SendBufferSize = sendBufferSize;
            }

            socket.Listen(Backlog);
            return new ListeningPort(socket, options, accepted, log);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Stops listening; returns when the port is free again.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _socket.Dispose();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptLoopAsync()
    {
        while (true)
        {
            try
            {
                var socket = await _socket.AcceptAsync(_stop.Token);
                await HandOverAsync(socket);
            }
            catch (SocketException failure) when (!_stop.IsCancellationRequested)
            {
                if (failure.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionAborted)
                {
                    continue;
                }

                Log.AcceptFailed(_log, EndPoint, failure.SocketErrorCode);
                await Task.Delay(AcceptPause, _timeProvider, _stop.Token).ContinueWith(
                    static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            }
            catch (Exception failure) when (failure is OperationCanceledException or ObjectDisposedException or SocketException or ChannelClosedException)
            {
                return;
            }
        }
    }

    private async ValueTask HandOverAsync(Socket socket)
    {
        try
        {
            // The only option that is not inherited from the listening socket.
            socket.NoDelay = true;
            await _accepted.WriteAsync(socket, _stop.Token);
        }
        catch (SocketException)
        {
            // Reset before it was served.
            socket.Dispose();
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
