using System.Net.Security;

namespace AtSync.Transport;

/// <summary>
/// Gives the certificate to show for a host name. It is asked at every handshake, so a source that swaps its answer reloads certificates
/// without dropping a connection. May be asked from many threads at once and must not block.
/// </summary>
public interface ICertificateSource
{
    /// <summary>The certificate with its key and chain, made once per certificate (never per handshake).</summary>
    /// <param name="serverName">The name asked for (SNI), lower case; empty when the client sent none or dialled an IP address.</param>
    /// <returns>Null refuses the handshake.</returns>
    SslStreamCertificateContext? Find(string serverName);
}
