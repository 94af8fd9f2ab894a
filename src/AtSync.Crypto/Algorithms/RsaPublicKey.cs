using System.Security.Cryptography;
using System.Text;

namespace AtSync.Crypto.Algorithms;

/// <summary>An RSA public key: base64 of the SubjectPublicKeyInfo DER. Imported once; may be used concurrently.</summary>
public sealed class RsaPublicKey : IDisposable
{
    private readonly RsaInstances _instances;

    /// <summary>Imports the key. 2048 to 4096 bits.</summary>
    /// <exception cref="CryptoException">Not a key.</exception>
    public RsaPublicKey(string spkiBase64)
    {
        var der = RsaImport.Decode(spkiBase64, "public");
        SpkiBase64 = spkiBase64;
        _instances = new RsaInstances(() => RsaImport.Public(der));
        _instances.Return(RsaImport.Public(der));
    }

    /// <summary>As given.</summary>
    public string SpkiBase64 { get; }

    /// <summary>PKCS#1 v1.5 signature check; false also for a malformed signature.</summary>
    public bool Verify(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature, HashAlgorithmName hash)
    {
        var rsa = _instances.Take();
        try
        {
            return rsa.VerifyData(message, signature, hash, RSASignaturePadding.Pkcs1);
        }
        catch (CryptographicException)
        {
            return false;
        }
        finally
        {
            _instances.Return(rsa);
        }
    }

    /// <summary>PKCS#1 v1.5 encryption.</summary>
    /// <exception cref="CryptoException">Longer than the key can take: its bytes less 11 (245 bytes for 2048 bits).</exception>
    public byte[] Encrypt(ReadOnlySpan<byte> plaintext)
    {
        var rsa = _instances.Take();
        try
        {
            return rsa.Encrypt(plaintext, RSAEncryptionPadding.Pkcs1);
        }
        catch (CryptographicException error)
        {
            throw new CryptoException(CryptoFault.Malformed, $"{plaintext.Length} bytes are too many for one RSA encryption", error);
        }
        finally
        {
            _instances.Return(rsa);
        }
    }

    /// <summary>
    /// Wraps a symmetric key as the protocol does: what is encrypted is the 44-character base64 text of the key, not its 32 bytes; the result is base64 too.
    /// </summary>
    public string WrapKey(SymmetricKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return Convert.ToBase64String(Encrypt(Encoding.ASCII.GetBytes(key.ToBase64())));
    }

    /// <inheritdoc/>
    public void Dispose() => _instances.Dispose();
}
