using AtSync.Protocol;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace AtSync.Transport.Kestrel;

/// <summary>What <see cref="KestrelListener"/> serves, and its limits.</summary>
public sealed record KestrelListenerOptions
{
    /// <summary>The certificates to show, by host name; asked at every handshake.</summary>
    public required ICertificateSource CertificateSource { get; init; }

    /// <summary>
    /// Runs a connection that negotiated <c>atProtocol/1.0</c> or nothing, or is a WebSocket. What it throws is logged and ends that connection only; when it
    /// returns, what it wrote is sent, close_notify follows, and the connection ends.
    /// </summary>
    public required ConnectionHandler ConnectionHandler { get; init; }

    /// <summary>
    /// Answers GETs of clients that negotiated <c>http/1.1</c>, but for <c>/ws</c>, which is <see cref="ConnectionHandler"/> inside a WebSocket. By
    /// default 404 and a line of explanation.
    /// </summary>
    public PageHandler? PageHandler { get; init; }

    /// <summary>
    /// Open connections in all, handshaking ones included. A surplus one is told by <see cref="RefusalLine"/> and closed; where many come at once,
    /// they are closed before their handshake. May be changed later: <see cref="KestrelListener.UseLimits"/>.
    /// </summary>
    public int MaxConnections { get; init; } = 20_000;

    /// <summary>Open connections of one IPv4 address or one IPv6 /64 network; otherwise as <see cref="MaxConnections"/>.</summary>
    public int MaxConnectionsPerAddress { get; init; } = 2_000;

    /// <summary>What a surplus connection is told instead of a greeting: one line.</summary>
    public ReadOnlyMemory<byte> RefusalLine { get; init; } = System.Text.Encoding.UTF8.GetBytes(
        $"error:{AtErrorCodes.InboundLimitExceeded}-{AtErrorCodes.TextOf(AtErrorCodes.InboundLimitExceeded)}\n");

    /// <summary>Time a peer has for its TLS handshake.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a peer may take none of the bytes written to it before its connection is aborted.</summary>
    public TimeSpan WriteTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Bytes of the kernel's send buffer per connection (Linux doubles it): what a peer that reads slowly can bind. Null leaves it to the system.</summary>
    public int? SendBufferSize { get; init; } = 262_144;

    /// <summary>
    /// PEM files of the authorities that sign the certificates of other atServers. When any is given, or <see cref="TrustSystemAuthoritiesForPeers"/>
    /// is set, every client is asked for a certificate; showing none, or one that does not hold, is no reason to refuse it, but only a proven
    /// one appears as <see cref="IConnection.PeerCertificate"/>.
    /// </summary>
    public IReadOnlyList<string> PeerAuthorityFiles { get; init; } = [];

    /// <summary>Takes certificates of other atServers that the system's authorities signed, too.</summary>
    public bool TrustSystemAuthoritiesForPeers { get; init; }

    /// <summary>Where Kestrel's and the listener's messages go; nowhere by default.</summary>
    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;

    /// <summary>The clock of all time limits but Kestrel's own (the handshake's).</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
