using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace AtSync.Transport.Kestrel;

/// <summary>
/// TLS 1.2 and 1.3 with the certificate of the name the client asked for. Sessions are resumed: that halves the cost of a reconnect and the
/// memory of a connection. A ticket holds for every name of its certificate, so the name always comes from the present handshake.
/// </summary>
internal sealed class Handshake
{
    private static readonly SslApplicationProtocol AtProtocol = new("atProtocol/1.0");

    /// <summary>In the server's order of preference. A client that offers none of them is refused by TLS, one that offers nothing is not.</summary>
    private static readonly List<SslApplicationProtocol> Offered = [AtProtocol, SslApplicationProtocol.Http11];

    private readonly KestrelListenerOptions _options;
    private readonly TrustedAuthorities? _peerAuthorities;

    public Handshake(KestrelListenerOptions options)
    {
        _options = options;
        _peerAuthorities = options.PeerAuthorityFiles.Count > 0 || options.TrustSystemAuthoritiesForPeers
            ? new TrustedAuthorities(options.PeerAuthorityFiles, options.TrustSystemAuthoritiesForPeers, isForClients: true)
            : null;
        CallbackOptions = new TlsHandshakeCallbackOptions
        {
            HandshakeTimeout = options.HandshakeTimeout,
            OnConnection = context => ValueTask.FromResult(AuthenticationOptions(context)),
        };
        // Damaged files shall fail the start, not each handshake.
        _peerAuthorities?.CreatePolicy();
    }

    public TlsHandshakeCallbackOptions CallbackOptions { get; }

    [SuppressMessage("Security", "CA5359", Justification = "A listener's peers need no certificate; see PeerProof.")]
    private SslServerAuthenticationOptions AuthenticationOptions(TlsHandshakeCallbackContext context)
    {
        var certificate = _options.CertificateSource.Find(context.ClientHelloInfo.ServerName.ToLowerInvariant())
            ?? throw new AuthenticationException("There is no certificate for the host name asked for.");
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = certificate,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ApplicationProtocols = Offered,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        };
        if (_peerAuthorities is not null)
        {
            var proof = new PeerProof(_peerAuthorities);
            context.Connection.Features.Set(proof);
            options.ClientCertificateRequired = true;
            options.CertificateChainPolicy = _peerAuthorities.CreatePolicy();
            options.RemoteCertificateValidationCallback = proof.Check;
        }

        return options;
    }
}

/// <summary>
/// What is known of a client's certificate. A bad one does not end the handshake (TLS 1.3 clients would learn of it only at their first
/// read, without a reason); it just proves nothing, and the verb that needs a proof says so.
/// </summary>
internal sealed class PeerProof(TrustedAuthorities authorities)
{
    public X509Certificate2? Certificate { get; private set; }

    public bool Check(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        var shown = certificate as X509Certificate2;
        var isProof = errors == SslPolicyErrors.None
            || (errors == SslPolicyErrors.RemoteCertificateChainErrors && shown is not null && authorities.IsTrustedBySystem(shown, chain));
        Certificate = isProof ? shown : null;
        return true;
    }
}
