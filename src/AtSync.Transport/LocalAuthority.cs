using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace AtSync.Transport;

/// <summary>
/// A certificate authority of one's own, in a folder, for servers without a public name: <c>ca.pem</c> (give it to clients), <c>ca.key</c>
/// (mode 0600), and the certificate it signed for the server, <c>server.pem</c> with <c>server.key</c>. All keys are P-256.
/// </summary>
/// <remarks>
/// Made once, kept ever after. A key file is on disk before the certificate that needs it, and a renewal keeps the server's key, so that
/// every change is the replacement of one file: whenever the process dies, the folder holds a pair that works. One process at a time.
/// </remarks>
public sealed class LocalAuthority
{
    /// <summary>Names of one certificate: more would make every handshake heavy.</summary>
    public const int NamesMax = 256;

    /// <summary>Clients of the large platforms refuse server certificates that live longer.</summary>
    private const int ServerDaysMax = 825;

    private const int AuthorityDays = 7_300;

    /// <summary>A server certificate with less left is renewed.</summary>
    private static readonly TimeSpan RenewBefore = TimeSpan.FromDays(30);

    /// <summary>Certificates begin this much in the past, for peers whose clocks are behind.</summary>
    private static readonly TimeSpan Backdated = TimeSpan.FromDays(1);

    private static readonly string[] OwnNames = ["localhost", "127.0.0.1", "::1"];

    private readonly TimeProvider _timeProvider;
    private readonly string _authorityKeyFile;

    private LocalAuthority(string folder, TimeProvider timeProvider)
    {
        _timeProvider = timeProvider;
        AuthorityFile = Path.Combine(folder, "ca.pem");
        _authorityKeyFile = Path.Combine(folder, "ca.key");
        Server = new CertificateFile(Path.Combine(folder, "server.pem"), Path.Combine(folder, "server.key"));
    }

    /// <summary>Full path of the authority's certificate: what clients have to trust.</summary>
    public string AuthorityFile { get; }

    /// <summary>Full paths of the server's certificate and key; there after <see cref="EnsureServerCertificate"/>.</summary>
    public CertificateFile Server { get; }

    /// <summary>Opens the authority in <paramref name="folder"/>, or makes folder and authority. Durable on return.</summary>
    /// <exception cref="CryptographicException">The authority is damaged, lacks its key, or has expired; the message says what to do.</exception>
    /// <exception cref="IOException">The folder cannot be read or written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder or a file in it is not this user's.</exception>
    public static LocalAuthority Open(string folder, TimeProvider timeProvider)
    {
        var full = Path.GetFullPath(folder);
        Directory.CreateDirectory(full);
        var authority = new LocalAuthority(full, timeProvider);
        if (File.Exists(authority.AuthorityFile))
        {
            authority.Load().Dispose();
        }
        else
        {
            authority.Make();
        }

        return authority;
    }

    /// <summary>
    /// Makes sure that the server's certificate is signed by this authority, is valid for a month at least, and covers <c>localhost</c>,
    /// 127.0.0.1, ::1 and <paramref name="names"/>. Durable on return.
    /// </summary>
    /// <param name="names">Host names (a first label <c>*</c> is a wildcard, except directly below <c>localhost</c>, where clients ignore it) and IP addresses.</param>
    /// <returns>True when a new one was written: whoever serves it has to reload it.</returns>
    /// <exception cref="ArgumentException">A name is neither a host name nor an address, or there are too many.</exception>
    public bool EnsureServerCertificate(params IEnumerable<string> names)
    {
        var wanted = OwnNames.Concat(names).Select(ServerName.Parse).Distinct().ToArray();
        if (wanted.Length > NamesMax)
        {
            throw new ArgumentException($"A certificate holds at most {NamesMax} names; {wanted.Length} were asked for.", nameof(names));
        }

        using var authority = Load();
        using var key = LoadOrMakeKey(Server.KeyFile);
        if (IsGoodEnough(authority, key, wanted))
        {
            return false;
        }

        using var certificate = Sign(authority, key, wanted);
        DurableFile.Write(Server.ChainFile, certificate.ExportCertificatePem() + "\n", isSecret: false);
        return true;
    }

    private X509Certificate2 Load()
    {
        X509Certificate2 certificate;
        try
        {
            certificate = X509Certificate2.CreateFromPemFile(AuthorityFile, _authorityKeyFile);
        }
        catch (Exception failure) when (failure is CryptographicException or ArgumentException or FileNotFoundException)
        {
            throw new CryptographicException(
                $"The certificate authority '{AuthorityFile}' with the key '{_authorityKeyFile}' cannot be used: {failure.Message} " +
                "Restore both from a copy, or delete both to make a new authority, which clients then have to trust.",
                failure);
        }

        if (certificate.NotAfter.ToUniversalTime() - RenewBefore <= _timeProvider.GetUtcNow().UtcDateTime)
        {
            certificate.Dispose();
            throw new CryptographicException(
                $"The certificate authority '{AuthorityFile}' is at the end of its life. Delete it and its key to make a new one, which clients then have to trust.");
        }

        return certificate;
    }

    private void Make()
    {
        // A key without its certificate is used again: clients that trust the lost certificate then trust the new one, too.
        using var key = LoadOrMakeKey(_authorityKeyFile);
        var request = new CertificateRequest("CN=AtSync local authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(X509BasicConstraintsExtension.CreateForCertificateAuthority(pathLengthConstraint: 0));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var now = _timeProvider.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now - Backdated, now.AddDays(AuthorityDays));
        DurableFile.Write(AuthorityFile, certificate.ExportCertificatePem() + "\n", isSecret: false);
    }

    private static ECDsa LoadOrMakeKey(string file)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        if (File.Exists(file))
        {
            try
            {
                key.ImportFromPem(File.ReadAllText(file));
                return key;
            }
            catch (Exception failure) when (failure is CryptographicException or ArgumentException)
            {
                // Nobody depends on this key but the certificate, which is made anew with it.
                key.Dispose();
                key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            }
        }

        DurableFile.Write(file, key.ExportPkcs8PrivateKeyPem() + "\n", isSecret: true);
        return key;
    }

    private bool IsGoodEnough(X509Certificate2 authority, ECDsa key, IReadOnlyCollection<ServerName> wanted)
    {
        if (!File.Exists(Server.ChainFile))
        {
            return false;
        }

        try
        {
            using var certificate = X509Certificate2.CreateFromPem(File.ReadAllText(Server.ChainFile));
            var now = _timeProvider.GetUtcNow().UtcDateTime;
            return certificate.NotBefore.ToUniversalTime() <= now
                && certificate.NotAfter.ToUniversalTime() - RenewBefore > now
                && certificate.PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(key.ExportSubjectPublicKeyInfo())
                && IsSignedBy(certificate, authority)
                && ServerName.Of(certificate).IsSupersetOf(wanted);
        }
        catch (Exception failure) when (failure is CryptographicException or ArgumentException)
        {
            return false;
        }
    }

    private static bool IsSignedBy(X509Certificate2 certificate, X509Certificate2 authority)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        // Signature and issuer are asked here; the dates were compared with the injected clock.
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
        return chain.Build(certificate);
    }

    private X509Certificate2 Sign(X509Certificate2 authority, ECDsa key, ServerName[] names)
    {
        var request = new CertificateRequest("CN=AtSync server", key, HashAlgorithmName.SHA256);
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            name.AddTo(alternatives);
        }

        request.CertificateExtensions.Add(alternatives.Build());
        request.CertificateExtensions.Add(X509BasicConstraintsExtension.CreateForEndEntity(critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        // Both usages: an atServer shows the same certificate when it dials another atServer.
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(
            [new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], critical: false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(
            authority, includeKeyIdentifier: true, includeIssuerAndSerial: false));

        var now = _timeProvider.GetUtcNow();
        var notBefore = Later(now - Backdated, authority.NotBefore.ToUniversalTime());
        var notAfter = Earlier(notBefore.AddDays(ServerDaysMax), authority.NotAfter.ToUniversalTime());
        Span<byte> serial = stackalloc byte[16];
        RandomNumberGenerator.Fill(serial);
        // Serial numbers are positive and have no leading zero byte.
        serial[0] = (byte)((serial[0] & 0x3F) | 0x40);
        return request.Create(authority, notBefore, notAfter, serial);
    }

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    private static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset other) => one < other ? one : other;
}
