namespace AtSync.Transport;

/// <summary>A connection could not be made or broke.</summary>
public sealed class NetworkException(NetworkFault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What kind of fault it is, so that callers need not read the message.</summary>
    public NetworkFault Fault { get; } = fault;
}

/// <summary>Kinds of <see cref="NetworkException"/>.</summary>
public enum NetworkFault
{
    /// <summary>Name not known, connection refused, no route.</summary>
    Unreachable,

    /// <summary>No answer in time.</summary>
    Timeout,

    /// <summary>The peer's certificate is not signed by a trusted authority.</summary>
    UntrustedCertificate,

    /// <summary>The peer's certificate is for another host name.</summary>
    WrongHostName,

    /// <summary>The TLS handshake failed for another reason.</summary>
    Tls,

    /// <summary>The peer closed or broke the connection.</summary>
    Closed,

    /// <summary>The peer does not speak the protocol.</summary>
    NotTheProtocol,

    /// <summary>The port is taken (listening).</summary>
    PortInUse,

    /// <summary>The port cannot be listened on for another reason: not permitted, or not an address of this machine.</summary>
    CannotListen,
}
