using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace AtSync.Transport;

/// <summary>Checks the certificate of one handshake and remembers why it was refused, so that the failure can be told in words.</summary>
/// <param name="target">Who should be at the other end.</param>
/// <param name="authorities">Whose signatures count.</param>
internal sealed class PeerCertificateCheck(HostPort target, TrustedAuthorities authorities)
{
    /// <summary>Names of a certificate that are listed in a message.</summary>
    private const int NamesShown = 6;

    private const string SubjectAlternativeName = "2.5.29.17";
    private NetworkException? _refusal;

    /// <summary>The callback for <see cref="SslClientAuthenticationOptions"/>.</summary>
    public bool Validate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        var shown = certificate as X509Certificate2;
        if (shown is not null && errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors) && authorities.IsTrustedBySystem(shown, chain))
        {
            errors &= ~SslPolicyErrors.RemoteCertificateChainErrors;
        }

        if (errors == SslPolicyErrors.None)
        {
            return true;
        }

        _refusal = shown is null
            ? new NetworkException(NetworkFault.Tls, $"{target} showed no certificate.")
            : errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors)
                ? Untrusted(shown, chain)
                : WrongName(shown);
        return false;
    }

    /// <summary>The typed exception for what a handshake threw.</summary>
    public NetworkException Explain(Exception failure)
    {
        if (_refusal is not null)
        {
            return _refusal;
        }

        for (var cause = failure; cause is not null; cause = cause.InnerException)
        {
            if (cause is SocketException socketFailure)
            {
                return new NetworkException(
                    NetworkFault.Closed,
                    $"{target} broke the connection during the TLS handshake ({socketFailure.SocketErrorCode}). It may be overloaded; try again later.",
                    failure);
            }
        }

        return failure is AuthenticationException
            ? new NetworkException(
                NetworkFault.Tls,
                $"The TLS handshake with {target} failed: {Reason(failure)}. Check that this is the right port and that a TLS server listens there.",
                failure)
            : new NetworkException(
                NetworkFault.Closed,
                $"{target} closed the connection during the TLS handshake. It may be at its connection limit, or not speak TLS on this port.",
                failure);
    }

    /// <summary>The names a certificate is valid for, for messages: at most a few, without control characters.</summary>
    internal static string NamesOf(X509Certificate2 certificate)
    {
        var names = new List<string>();
        foreach (var extension in certificate.Extensions)
        {
            if (extension.Oid?.Value == SubjectAlternativeName)
            {
                var alternatives = extension as X509SubjectAlternativeNameExtension ?? new X509SubjectAlternativeNameExtension(extension.RawData);
                names.AddRange(alternatives.EnumerateDnsNames());
                names.AddRange(alternatives.EnumerateIPAddresses().Select(address => address.ToString()));
            }
        }

        var shown = string.Join(", ", names.Take(NamesShown).Select(Printable));
        return names.Count > NamesShown ? $"{shown} and {names.Count - NamesShown} more" : shown.Length == 0 ? "none" : shown;
    }

    private NetworkException Untrusted(X509Certificate2 shown, X509Chain? chain)
    {
        var status = X509ChainStatusFlags.NoError;
        foreach (var element in chain?.ChainStatus ?? [])
        {
            status |= element.Status;
        }

        var reason = status.HasFlag(X509ChainStatusFlags.NotTimeValid)
            ? $"valid from {shown.NotBefore.ToUniversalTime():yyyy-MM-dd HH:mm}Z to {shown.NotAfter.ToUniversalTime():yyyy-MM-dd HH:mm}Z only. It has to be renewed, or this machine's clock is wrong."
            : (status & (X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain)) != 0
                ? $"signed by '{Printable(shown.Issuer)}', which is not trusted here. If the server has an authority of its own, trust that authority's PEM file."
                : $"not acceptable ({status}).";
        return new NetworkException(NetworkFault.UntrustedCertificate, $"The certificate of {target} is {reason}");
    }

    private NetworkException WrongName(X509Certificate2 shown) => new(
        NetworkFault.WrongHostName,
        $"The certificate of {target} is for other names ({NamesOf(shown)}). Use one of them, or give the server a certificate for '{target.Host}'.");

    private static string Reason(Exception failure)
    {
        var innermost = failure;
        while (innermost.InnerException is { } inner)
        {
            innermost = inner;
        }

        return Printable(innermost.Message.TrimEnd('.'));
    }

    // The peer chose these characters; a terminal must not obey them.
    private static string Printable(string text) => string.Concat(text.Select(character => char.IsControl(character) ? '?' : character));
}
