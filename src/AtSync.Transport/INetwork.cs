using System.IO.Pipelines;
using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace AtSync.Transport;

/// <summary>Opens connections to atDirectories and atServers.</summary>
public interface INetwork
{
    /// <summary>Connects and, where the network has TLS, completes the handshake and checks the peer's name.</summary>
    /// <exception cref="NetworkException">Unreachable, refused, time-out, wrong certificate.</exception>
    ValueTask<IConnection> DialAsync(HostPort target, CancellationToken cancellationToken);
}

/// <summary>One duplex byte stream. Reading and writing may overlap; neither may overlap itself.</summary>
public interface IConnection : IAsyncDisposable
{
    /// <summary>
    /// Bytes from the peer. The end (<see cref="ReadResult.IsCompleted"/>) means that the peer closed or half-closed, or that this side
    /// aborted. When a dialled connection breaks, reading throws <see cref="NetworkException"/>; an accepted one just ends, since peers that
    /// vanish are an ordinary event for a listener.
    /// </summary>
    PipeReader Input { get; }

    /// <summary>
    /// Bytes to the peer. One <see cref="PipeWriter.WriteAsync"/> of one buffer of at most 16,384 bytes, with nothing unflushed before
    /// it, leaves as one TLS record. <see cref="FlushResult.IsCompleted"/> says that the peer is gone (a dialled connection may also throw
    /// <see cref="NetworkException"/>). Cancelling a write that has begun ends the connection: half of it may have left.
    /// </summary>
    PipeWriter Output { get; }

    /// <summary>Who is at the other end, for limits and logs.</summary>
    EndPoint? RemoteEndPoint { get; }

    /// <summary>The local port the peer connected to; 0 when unknown.</summary>
    int LocalPort { get; }

    /// <summary>The host name the peer asked for in TLS (SNI), lower case; empty when none.</summary>
    string ServerName { get; }

    /// <summary>The protocol that TLS negotiated; empty when none.</summary>
    string ApplicationProtocol { get; }

    /// <summary>
    /// Cancelled when the peer is gone, also while nobody reads, unless so much is unread that reading ahead has stopped. Bytes received
    /// before it may still be in <see cref="Input"/>, and a peer that only half-closed can still be answered: to serve such peers, end at
    /// the end of <see cref="Input"/> instead.
    /// </summary>
    CancellationToken Closed { get; }

    /// <summary>Cancelled when the listener wants the connection to end (draining); never on dialled connections.</summary>
    CancellationToken CloseRequested { get; }

    /// <summary>Application bytes sent and received so far (after the handshake, both directions).</summary>
    (long Sent, long Received) Bytes { get; }

    /// <summary>
    /// The certificate the peer proved to own and that the configured authorities signed; null when it showed none, or none that holds. On
    /// dialled connections this is the server's certificate.
    /// </summary>
    X509Certificate2? PeerCertificate => null;

    /// <summary>Ends the connection at once; pending reads and writes return.</summary>
    void Abort();
}

/// <summary>Runs one accepted connection; the connection ends when the task does.</summary>
public delegate Task ConnectionHandler(IConnection connection);

/// <summary>Accepts connections on ports that come and go while it runs.</summary>
public interface IListener : IAsyncDisposable
{
    /// <summary>Listens on a further port; 0 takes a free one.</summary>
    /// <returns>The port.</returns>
    /// <exception cref="NetworkException">The port is in use, or cannot be listened on.</exception>
    ValueTask<int> AddPortAsync(IPAddress address, int port, CancellationToken cancellationToken);

    /// <summary>Stops listening on a port; connections made through it live on.</summary>
    ValueTask RemovePortAsync(int port, CancellationToken cancellationToken);

    /// <summary>Stops listening, asks every connection to close, waits until they did or <paramref name="cancellationToken"/> fires, then aborts the rest.</summary>
    Task DrainAsync(CancellationToken cancellationToken);
}

/// <summary>A host name or address and a port.</summary>
/// <param name="Host">Name or IP literal (IPv6 without brackets).</param>
/// <param name="Port">1 to 65535.</param>
public readonly record struct HostPort(string Host, int Port)
{
    /// <summary>Parses <c>host:port</c> or <c>[v6]:port</c>.</summary>
    public static bool TryParse(string text, out HostPort result)
    {
        result = default;
        var colon = text.LastIndexOf(':');
        if (colon <= 0 || !int.TryParse(text.AsSpan(colon + 1), System.Globalization.NumberStyles.None, null, out var port) || port is < 1 or > 65535)
        {
            return false;
        }

        var host = text[..colon].Trim();
        if (host.StartsWith('[') && host.EndsWith(']'))
        {
            host = host[1..^1];
        }
        else if (host.Contains(':', StringComparison.Ordinal))
        {
            return false;
        }

        if (host.Length == 0)
        {
            return false;
        }

        result = new HostPort(host, port);
        return true;
    }

    /// <summary><c>host:port</c>.</summary>
    public override string ToString() => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}
