using System.Net.Sockets;

namespace AtSync.Transport;

/// <summary>Runs one connection of <see cref="LocalSocketListener"/>; the connection ends when the task does.</summary>
/// <param name="stream">The bytes, both ways.</param>
/// <param name="cancellationToken">Fires when the listener is disposed.</param>
public delegate Task LocalConnectionHandler(Stream stream, CancellationToken cancellationToken);

/// <summary>
/// A unix socket for administration on this machine: whoever may open the file may come in, and that is its owner only (mode 0600). What a
/// handler throws ends its connection and is given to <c>onFault</c>.
/// </summary>
/// <remarks>The caller makes sure that no other process uses the same path, by a lock of its own: what a dead process left there is replaced.</remarks>
public sealed class LocalSocketListener : IAsyncDisposable
{
    /// <summary>Connections at a time; more wait in the kernel.</summary>
    private const int ConnectionsMax = 16;

    private readonly string _path;
    private readonly Socket _socket;
    private readonly LocalConnectionHandler _handler;
    private readonly Action<Exception> _onFault;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _places = new(ConnectionsMax, ConnectionsMax);

    // Guards the set.
    private readonly Lock _gate = new();
    private readonly HashSet<Task> _running = [];
    private readonly Task _accepting;

    private LocalSocketListener(string path, Socket socket, LocalConnectionHandler handler, Action<Exception> onFault)
    {
        _path = path;
        _socket = socket;
        _handler = handler;
        _onFault = onFault;
        _accepting = AcceptLoopAsync();
    }

    /// <summary>Listens.</summary>
    /// <param name="path">The socket's file; its folder must exist.</param>
    /// <param name="handler">Runs each connection.</param>
    /// <param name="onFault">Told of what a handler throws; must not throw.</param>
    /// <exception cref="NetworkException">It can't be listened on; the message says why.</exception>
    public static LocalSocketListener Start(string path, LocalConnectionHandler handler, Action<Exception> onFault)
    {
        var endPoint = EndPointOf(path);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            File.Delete(path);
            socket.Bind(endPoint);
            if (!OperatingSystem.IsWindows())
            {
                // Before anybody can connect: that takes Listen.
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }

            socket.Listen();
            return new LocalSocketListener(path, socket, handler, onFault);
        }
        catch (Exception failure) when (failure is SocketException or IOException or UnauthorizedAccessException)
        {
            socket.Dispose();
            throw new NetworkException(NetworkFault.CannotListen, $"The socket '{path}' cannot be listened on: {failure.Message}.", failure);
        }
    }

    /// <summary>Connects to such a listener.</summary>
    /// <exception cref="NetworkException"><see cref="NetworkFault.Unreachable"/>: nobody listens there, or it is not this user's.</exception>
    public static async ValueTask<Stream> ConnectAsync(string path, CancellationToken cancellationToken)
    {
        var endPoint = EndPointOf(path);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(endPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (SocketException failure)
        {
            socket.Dispose();
            throw new NetworkException(NetworkFault.Unreachable, $"Nothing answers at the socket '{path}' ({failure.SocketErrorCode}).", failure);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Stops listening, ends every connection, and removes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _socket.Dispose();
        await _accepting;
        Task[] running;
        lock (_gate)
        {
            running = [.. _running];
        }

        await Task.WhenAll(running);
        File.Delete(_path);
        _places.Dispose();
        _stop.Dispose();
    }

    private static UnixDomainSocketEndPoint EndPointOf(string path)
    {
        try
        {
            return new UnixDomainSocketEndPoint(path);
        }
        catch (ArgumentException failure)
        {
            throw new NetworkException(
                NetworkFault.CannotListen, $"'{path}' is too long for the path of a socket (about 100 bytes). Use a folder with a shorter path.", failure);
        }
    }

    private async Task AcceptLoopAsync()
    {
        try
        {
            while (true)
            {
                await _places.WaitAsync(_stop.Token);
                var socket = await _socket.AcceptAsync(_stop.Token);
                var connection = RunAsync(socket);
                lock (_gate)
                {
                    _running.RemoveWhere(static task => task.IsCompleted);
                    _running.Add(connection);
                }
            }
        }
        catch (Exception failure) when (failure is OperationCanceledException or ObjectDisposedException)
        {
            // Disposed.
        }
        catch (SocketException failure)
        {
            if (!_stop.IsCancellationRequested)
            {
                _onFault(failure);
            }
        }
    }

    private async Task RunAsync(Socket socket)
    {
        await Task.Yield();
        try
        {
            await using var stream = new NetworkStream(socket, ownsSocket: true);
            await _handler(stream, _stop.Token);
        }
        catch (Exception failure)
        {
            if (!_stop.IsCancellationRequested)
            {
                _onFault(failure);
            }
        }
        finally
        {
            _places.Release();
        }
    }
}
