using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace AtSync.Transport;

/// <summary>
/// Dials over TCP and TLS 1.2 or 1.3, with the peer's name and authority checked. Names that end in <c>.localhost</c> lead to this machine
/// (RFC 6761) and stay the name that is checked. Sessions are resumed where the peer allows it.
/// </summary>
/// <remarks>May be used from several threads; keep one for the life of the program, since it keeps the authorities it read.</remarks>
public sealed class TlsNetwork : INetwork
{
    private readonly TlsNetworkOptions _options;
    private readonly TrustedAuthorities _authorities;
    private readonly List<SslApplicationProtocol>? _applicationProtocols;

    /// <summary>Makes a network; nothing is read or opened before the first dial.</summary>
    public TlsNetwork(TlsNetworkOptions? options = null)
    {
        _options = options ?? new TlsNetworkOptions();
        _authorities = new TrustedAuthorities(_options.AuthorityFiles, _options.TrustSystemAuthorities);
        _applicationProtocols = _options.ApplicationProtocols.Count == 0
            ? null
            : [.. _options.ApplicationProtocols.Select(name => new SslApplicationProtocol(name))];
    }

    /// <inheritdoc/>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> fired; nothing stays open.</exception>
    public async ValueTask<IConnection> DialAsync(HostPort target, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(_options.ConnectTimeout, _options.TimeProvider);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        var doing = "looking up the name";
        try
        {
            var addresses = await HostResolver.ResolveAsync(target, stop.Token);
            doing = "connecting";
            var socket = await SocketDialer.ConnectAsync(addresses, target.Port, _options.TimeProvider, stop.Token);
            doing = "waiting for the TLS handshake";
            return await HandshakeAsync(target, socket, stop.Token);
        }
        catch (SocketException failure) when (!stop.IsCancellationRequested)
        {
            throw Unreachable(target, failure);
        }
        catch (Exception failure) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new NetworkException(
                NetworkFault.Timeout,
                $"{target} did not answer within {_options.ConnectTimeout.TotalSeconds:0.###} s ({doing}). Check the address, the network and firewalls.",
                failure);
        }
    }

    private async ValueTask<IConnection> HandshakeAsync(HostPort target, Socket socket, CancellationToken cancellationToken)
    {
        var check = new PeerCertificateCheck(target, _authorities);
        SslStream? tls = null;
        try
        {
            // Throws when the peer has gone in the meantime.
            tls = new SslStream(new NetworkStream(socket, ownsSocket: true), leaveInnerStreamOpen: false);
            await tls.AuthenticateAsClientAsync(AuthenticationOptions(target, check), cancellationToken);
            return new TlsConnection(target, socket, tls, _options);
        }
        catch (Exception failure)
        {
            socket.Dispose();
            if (tls is not null)
            {
                await tls.DisposeAsync();
            }

            cancellationToken.ThrowIfCancellationRequested();
            if (failure is AuthenticationException or IOException)
            {
                throw check.Explain(failure);
            }

            throw;
        }
    }

    private SslClientAuthenticationOptions AuthenticationOptions(HostPort target, PeerCertificateCheck check) => new()
    {
        TargetHost = target.Host.TrimEnd('.'),
        EnabledSslProtocols = _options.Protocols,
        ApplicationProtocols = _applicationProtocols,
        CertificateChainPolicy = _authorities.CreatePolicy(),
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        RemoteCertificateValidationCallback = check.Validate,
        ClientCertificateContext = _options.ClientCertificate?.Find(""),
    };

    private static NetworkException Unreachable(HostPort target, SocketException failure) => failure.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => new NetworkException(
            NetworkFault.Unreachable, $"{target} refused the connection: nothing listens there. Check the port and that the server runs.", failure),
        SocketError.TimedOut => new NetworkException(
            NetworkFault.Timeout, $"{target} did not answer. Check the address, the network and firewalls.", failure),
        _ => new NetworkException(
            NetworkFault.Unreachable, $"{target} cannot be reached ({failure.SocketErrorCode}). Check the network.", failure),
    };
}
