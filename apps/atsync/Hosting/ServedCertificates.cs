using System.Net.Security;
using AtSync.App.Configuration;
using AtSync.Transport;

namespace AtSync.App.Hosting;

/// <summary>The certificates that a configuration names: PEM files, or those of an authority in the data folder. Replaced while connections live on.</summary>
internal sealed class ServedCertificates : ICertificateSource
{
    private readonly string _authorityFolder;
    private readonly IReadOnlyList<string> _names;
    private readonly TimeProvider _timeProvider;
    private volatile CertificateFiles _files;

    /// <param name="settings">The configuration's.</param>
    /// <param name="authorityFolder">Where the local authority is, or will be.</param>
    /// <param name="names">Host names that a local certificate has to cover besides the configuration's.</param>
    /// <param name="timeProvider">Says when a local certificate is due for renewal.</param>
    /// <exception cref="System.Security.Cryptography.CryptographicException">A file can't be used; the message names it.</exception>
    public ServedCertificates(TlsSettings settings, string authorityFolder, IReadOnlyList<string> names, TimeProvider timeProvider)
    {
        _authorityFolder = authorityFolder;
        _names = names;
        _timeProvider = timeProvider;
        (_files, AuthorityFile) = Load(settings);
    }

    /// <summary>The local authority's certificate; null where there is none.</summary>
    public string? AuthorityFile { get; }

    public DateTimeOffset NotAfter => _files.NotAfter;

    public SslStreamCertificateContext? Find(string serverName) => _files.Find(serverName);

    /// <summary>The files as they are now, or others; what can't be loaded leaves the present ones in force.</summary>
    /// <exception cref="System.Security.Cryptography.CryptographicException">As for the constructor.</exception>
    public void Use(TlsSettings settings) => (_files, _) = Load(settings);

    private (CertificateFiles Files, string? AuthorityFile) Load(TlsSettings settings)
    {
        if (!settings.LocalAuthority)
        {
            return (new CertificateFiles([.. settings.Certificates.Select(each => new CertificateFile(each.Chain, each.Key))]), null);
        }

        var authority = LocalAuthority.Open(_authorityFolder, _timeProvider);
        authority.EnsureServerCertificate([.. _names, .. settings.LocalNames]);
        return (new CertificateFiles(authority.Server), authority.AuthorityFile);
    }
}
