using System.Security.Authentication;

namespace AtSync.Transport;

/// <summary>How <see cref="TlsNetwork"/> dials.</summary>
public sealed record TlsNetworkOptions
{
    /// <summary>PEM files of certificate authorities to trust besides the system's. Read at the first dial and kept.</summary>
    public IReadOnlyList<string> AuthorityFiles { get; init; } = [];

    /// <summary>False trusts <see cref="AuthorityFiles"/> only.</summary>
    public bool TrustSystemAuthorities { get; init; } = true;

    /// <summary>Time for name look-up, connecting and the TLS handshake together.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long disposing waits for the peer to take close_notify and to close its side.</summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Received bytes that nobody has looked at, per connection, before reading from the peer pauses.</summary>
    public int ReadAheadBytes { get; init; } = 1_048_576;

    /// <summary>ALPN names to offer, in order of preference; none by default.</summary>
    public IReadOnlyList<string> ApplicationProtocols { get; init; } = [];

    /// <summary>TLS versions to offer. Only 1.2 and 1.3 are spoken on the atPlatform.</summary>
    public SslProtocols Protocols { get; init; } = SslProtocols.Tls12 | SslProtocols.Tls13;

    /// <summary>Shown when the peer asks for a client certificate (an atServer dialling another); asked with the empty name. Null shows none.</summary>
    public ICertificateSource? ClientCertificate { get; init; }

    /// <summary>The clock of the time-outs.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
