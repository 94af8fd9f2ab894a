using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace AtSync.Transport;

/// <summary>
/// The certificate authorities a network trusts. Where authorities of one's own are named they are tried alone first, the system's only for a chain that does
/// not end at one of them: reading the system's takes a fifth of a second of every short command. Everything read is kept.
/// </summary>
/// <param name="files">PEM files of further authorities.</param>
/// <param name="trustSystem">Whether the system's authorities count.</param>
/// <param name="isForClients">
/// True checks certificates that dialling peers show. Any usage will do then: the public authorities no longer issue certificates for clients,
/// so atServers show the ones they serve with.
/// </param>
internal sealed class TrustedAuthorities(IReadOnlyList<string> files, bool trustSystem, bool isForClients = false)
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    // A failure is not kept: a file that is missing now may be there at the next dial.
    private readonly Lazy<X509ChainPolicy> _policy = new(() => Load(files, trustSystem, isForClients), LazyThreadSafetyMode.PublicationOnly);

    /// <summary>A policy for one handshake: the handshake adds the peer's intermediates to it.</summary>
    public X509ChainPolicy CreatePolicy() => _policy.Value.Clone();

    /// <summary>Whether a chain that failed under <see cref="CreatePolicy"/> ends at an authority of the system, and that counts here.</summary>
    /// <param name="certificate">What the peer showed.</param>
    /// <param name="tried">The chain that failed; holds the peer's intermediates.</param>
    public bool IsTrustedBySystem(X509Certificate2 certificate, X509Chain? tried)
    {
        if (files.Count == 0 || !trustSystem)
        {
            return false;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy = NewPolicy(isForClients);
        if (tried is not null)
        {
            chain.ChainPolicy.ExtraStore.AddRange(tried.ChainPolicy.ExtraStore);
            chain.ChainPolicy.VerificationTime = tried.ChainPolicy.VerificationTime;
        }

        return chain.Build(certificate);
    }

    private static X509ChainPolicy Load(IReadOnlyList<string> files, bool trustSystem, bool isForClients)
    {
        var policy = NewPolicy(isForClients);
        if (files.Count > 0 || !trustSystem)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            foreach (var file in files)
            {
                policy.CustomTrustStore.AddRange(ReadPem(file));
            }
        }

        return policy;
    }

    private static X509ChainPolicy NewPolicy(bool isForClients)
    {
        var policy = new X509ChainPolicy
        {
            RevocationMode = X509RevocationMode.NoCheck,
            // A handshake must not wait for a third party: peers send their whole chain.
            DisableCertificateDownloads = true,
        };
        if (isForClients)
        {
            policy.VerificationFlags = X509VerificationFlags.IgnoreWrongUsage;
        }
        else
        {
            policy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        }

        return policy;
    }

    /// <summary>The certificates of one PEM file; at least one.</summary>
    internal static X509Certificate2Collection ReadPem(string file)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPemFile(file);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new NetworkException(
                NetworkFault.UntrustedCertificate,
                $"The file of trusted certificate authorities '{file}' cannot be read: {failure.Message}",
                failure);
        }

        return certificates.Count > 0
            ? certificates
            : throw new NetworkException(
                NetworkFault.UntrustedCertificate,
                $"The file of trusted certificate authorities '{file}' holds no certificate. It must be a PEM file (-----BEGIN CERTIFICATE-----).");
    }
}
