using System.Security.Cryptography;

namespace AtSync.Crypto.Algorithms;

/// <summary>An RSA public key: base64 of the SubjectPublicKeyInfo DER. Imported once; may be used concurrently.</summary>
public sealed class RsaPublicKey : IDisposable
{
    /// <exception cref="CryptoException">Not a key.</exception>
    public RsaPublicKey(string spkiBase64) => throw new NotImplementedException();

    /// <summary>As given.</summary>
    public string SpkiBase64 => throw new NotImplementedException();

    /// <summary>PKCS#1 v1.5 signature check; false also for a malformed signature.</summary>
    public bool Verify(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature, HashAlgorithmName hash) => throw new NotImplementedException();

    /// <summary>PKCS#1 v1.5 encryption.</summary>
    public byte[] Encrypt(ReadOnlySpan<byte> plaintext) => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Dispose() => throw new NotImplementedException();
}

/// <summary>An RSA private key: base64 of the PKCS#8 DER. May be used concurrently.</summary>
public sealed class RsaPrivateKey : IDisposable
{
    /// <exception cref="CryptoException">Not a key.</exception>
    public RsaPrivateKey(string pkcs8Base64) => throw new NotImplementedException();

    /// <summary>A new 2048-bit pair; about 0.3 s of one core: never on a request path.</summary>
    public static RsaPrivateKey Generate() => throw new NotImplementedException();

    /// <summary>Base64 of the PKCS#8 DER.</summary>
    public string Pkcs8Base64 => throw new NotImplementedException();

    /// <summary>Base64 of the public half's SubjectPublicKeyInfo.</summary>
    public string PublicSpkiBase64 => throw new NotImplementedException();

    /// <summary>PKCS#1 v1.5 signature.</summary>
    public byte[] Sign(ReadOnlySpan<byte> message, HashAlgorithmName hash) => throw new NotImplementedException();

    /// <summary>PKCS#1 v1.5 decryption; one constant failure.</summary>
    /// <exception cref="CryptoException">Can't be opened.</exception>
    public byte[] Decrypt(ReadOnlySpan<byte> ciphertext) => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Dispose() => throw new NotImplementedException();
}
