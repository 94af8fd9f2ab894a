using System.Collections.Frozen;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace AtSync.Transport;

/// <summary>One certificate in PEM files.</summary>
/// <param name="ChainFile">The certificate, then the intermediates that lead to its authority.</param>
/// <param name="KeyFile">Its private key, unencrypted (PKCS#8, or the algorithm's own form).</param>
public sealed record CertificateFile(string ChainFile, string KeyFile);

/// <summary>
/// Certificates from PEM files, chosen by host name: exact names, then wildcards of one label, else the first file's. <see cref="Reload"/>
/// swaps all of them at once; connections made before keep the certificate they have.
/// </summary>
public sealed class CertificateFiles : ICertificateSource
{
    private readonly CertificateFile[] _files;
    private volatile Loaded _loaded;

    /// <summary>Loads the files; the first is shown to clients that name no host or an unknown one.</summary>
    /// <exception cref="CryptographicException">A file cannot be read, or key and certificate do not belong together; the message names the file.</exception>
    public CertificateFiles(params IReadOnlyList<CertificateFile> files)
    {
        ArgumentOutOfRangeException.ThrowIfZero(files.Count);
        _files = [.. files];
        _loaded = Load(_files);
    }

    /// <summary>When the first of the certificates expires.</summary>
    public DateTimeOffset NotAfter => _loaded.NotAfter;

    /// <summary>Reads the files again. When that fails the certificates in use stay.</summary>
    /// <exception cref="CryptographicException">As for the constructor.</exception>
    public void Reload() => _loaded = Load(_files);

    /// <inheritdoc/>
    public SslStreamCertificateContext? Find(string serverName)
    {
        var loaded = _loaded;
        if (loaded.ByName.TryGetValue(serverName, out var exact))
        {
            return exact;
        }

        var dot = serverName.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && loaded.ByName.TryGetValue(string.Concat("*", serverName.AsSpan(dot)), out var wildcard) ? wildcard : loaded.First;
    }

    private static Loaded Load(CertificateFile[] files)
    {
        var byName = new Dictionary<string, SslStreamCertificateContext>(StringComparer.OrdinalIgnoreCase);
        SslStreamCertificateContext? first = null;
        var notAfter = DateTimeOffset.MaxValue;
        foreach (var file in files)
        {
            // Not disposed when replaced: handshakes may be using it, and the finalizer takes it when none does.
            var (certificate, intermediates) = Read(file);
            // Offline: a listener must not fetch intermediates or revocation answers from third parties.
            var context = SslStreamCertificateContext.Create(certificate, intermediates, offline: true);
            first ??= context;
            notAfter = certificate.NotAfter < notAfter ? certificate.NotAfter : notAfter;
            foreach (var name in DnsNamesOf(certificate))
            {
                byName.TryAdd(name, context);
            }
        }

        return new Loaded(first!, byName.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase), notAfter);
    }

    private static (X509Certificate2 Certificate, X509Certificate2Collection Intermediates) Read(CertificateFile file)
    {
        try
        {
            var certificate = X509Certificate2.CreateFromPemFile(file.ChainFile, file.KeyFile);
            if (OperatingSystem.IsWindows())
            {
                // The system's TLS there takes no key that lives in memory only.
                using var inMemory = certificate;
                certificate = X509CertificateLoader.LoadPkcs12(inMemory.Export(X509ContentType.Pkcs12), null);
            }

            var chain = new X509Certificate2Collection();
            chain.ImportFromPemFile(file.ChainFile);
            chain.RemoveAt(0);
            return (certificate, chain);
        }
        catch (Exception failure) when (failure is CryptographicException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            throw new CryptographicException(
                $"The certificate '{file.ChainFile}' with the key '{file.KeyFile}' cannot be used: {failure.Message}", failure);
        }
    }

    private static IEnumerable<string> DnsNamesOf(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(extension => extension.EnumerateDnsNames());

    private sealed record Loaded(
        SslStreamCertificateContext First, FrozenDictionary<string, SslStreamCertificateContext> ByName, DateTimeOffset NotAfter);
}
