using System.Net.Sockets;

namespace AtSync.Transport;

/// <summary>The socket options of both sides. Set on a listening socket they are inherited by accepted ones, except NoDelay.</summary>
internal static class SocketTuning
{
    /// <summary>A silent peer is probed after this many seconds...</summary>
    private const int KeepAliveTimeSeconds = 30;

    /// <summary>...then every so many seconds...</summary>
    private const int KeepAliveIntervalSeconds = 10;

    /// <summary>...and given up after this many unanswered probes: a dead peer is noticed within a minute instead of two hours.</summary>
    private const int KeepAliveRetryCount = 3;

    /// <summary>Keep-alive does not run while sent bytes are unacknowledged; this bounds that case, which otherwise lasts a quarter of an hour.</summary>
    private const int UnacknowledgedMs = 60_000;

    // Level IPPROTO_TCP and TCP_USER_TIMEOUT of Linux; the BCL has no name for it.
    private const int LinuxTcpLevel = 6;
    private const int LinuxUserTimeout = 18;

    public static void Apply(Socket socket)
    {
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveTimeSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveIntervalSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, KeepAliveRetryCount);
        if (OperatingSystem.IsLinux())
        {
            Span<byte> value = stackalloc byte[sizeof(int)];
            BitConverter.TryWriteBytes(value, UnacknowledgedMs);
            socket.SetRawSocketOption(LinuxTcpLevel, LinuxUserTimeout, value);
        }
    }
}
