using System.Security.Cryptography;
using System.Text;

namespace AtSync.Crypto.Algorithms;

/// <summary>An RSA private key: base64 of the PKCS#8 DER. May be used concurrently. <see cref="object.ToString"/> never shows the key.</summary>
public sealed class RsaPrivateKey : IDisposable
{
    private const int GeneratedBits = 2048;

    private readonly RsaInstances _instances;

    /// <summary>Imports the key. 2048 to 4096 bits.</summary>
    /// <exception cref="CryptoException">Not a key.</exception>
    public RsaPrivateKey(string pkcs8Base64)
        : this(pkcs8Base64, RsaImport.Decode(pkcs8Base64, "private"))
    {
    }

    private RsaPrivateKey(string pkcs8Base64, byte[] der)
    {
        Pkcs8Base64 = pkcs8Base64;
        _instances = new RsaInstances(() => RsaImport.Private(der));
        var first = RsaImport.Private(der);
        PublicSpkiBase64 = Convert.ToBase64String(first.ExportSubjectPublicKeyInfo());
        _instances.Return(first);
    }

    /// <summary>A new 2048-bit pair; about 0.3 s of one core: never on a request path.</summary>
    public static RsaPrivateKey Generate()
    {
        using var rsa = RSA.Create(GeneratedBits);
        var der = rsa.ExportPkcs8PrivateKey();
        return new RsaPrivateKey(Convert.ToBase64String(der), der);
    }

    /// <summary>Base64 of the PKCS#8 DER.</summary>
    public string Pkcs8Base64 { get; }

    /// <summary>Base64 of the public half's SubjectPublicKeyInfo.</summary>
    public string PublicSpkiBase64 { get; }

    /// <summary>PKCS#1 v1.5 signature.</summary>
    public byte[] Sign(ReadOnlySpan<byte> message, HashAlgorithmName hash)
    {
        var rsa = _instances.Take();
        try
        {
            return rsa.SignData(message.ToArray(), hash, RSASignaturePadding.Pkcs1);
        }
        finally
        {
            _instances.Return(rsa);
        }
    }

    /// <summary>PKCS#1 v1.5 decryption; one constant failure.</summary>
    /// <remarks>Newer platforms answer a wrong ciphertext with random bytes instead of a failure, so the caller must check what it got.</remarks>
    /// <exception cref="CryptoException">Can't be opened.</exception>
    public byte[] Decrypt(ReadOnlySpan<byte> ciphertext)
    {
        var rsa = _instances.Take();
        try
        {
            return rsa.Decrypt(ciphertext, RSAEncryptionPadding.Pkcs1);
        }
        catch (CryptographicException)
        {
            throw SymmetricKey.CannotOpen();
        }
        finally
        {
            _instances.Return(rsa);
        }
    }

    /// <summary>The reverse of <see cref="RsaPublicKey.WrapKey"/>; one constant failure for every cause.</summary>
    /// <exception cref="CryptoException">Can't be opened.</exception>
    public SymmetricKey UnwrapKey(string wrappedBase64)
    {
        ArgumentNullException.ThrowIfNull(wrappedBase64);
        byte[]? text = null;
        try
        {
            text = Decrypt(Convert.FromBase64String(wrappedBase64));
            return SymmetricKey.FromBase64(Encoding.ASCII.GetString(text));
        }
        catch (Exception error) when (error is FormatException or CryptoException)
        {
            throw SymmetricKey.CannotOpen();
        }
        finally
        {
            CryptographicOperations.ZeroMemory(text);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _instances.Dispose();
}
