using System.Security.Cryptography;

namespace AtSync.Crypto.Algorithms;

/// <summary>Reads RSA keys as the protocol carries them, and refuses those whose use would be weak or made to be slow.</summary>
internal static class RsaImport
{
    /// <summary>The protocol's keys have 2048 bits; smaller ones are weak.</summary>
    private const int ModulusBitsMin = 2048;

    /// <summary>A check grows with the cube of the size: a larger key is an attack on the checker, not a stronger key.</summary>
    private const int ModulusBitsMax = 4096;

    /// <summary>The usual exponent has 3 bytes; one as long as the modulus makes each check a hundred times slower.</summary>
    private const int ExponentBytesMax = 8;

    /// <summary>A 4096-bit private key has about 3,200 characters.</summary>
    private const int TextCharsMax = 8192;

    public static RSA Public(byte[] der) => Import(der, "public", static (rsa, bytes) =>
    {
        rsa.ImportSubjectPublicKeyInfo(bytes, out var read);
        return read;
    });

    public static RSA Private(byte[] der) => Import(der, "private", static (rsa, bytes) =>
    {
        rsa.ImportPkcs8PrivateKey(bytes, out var read);
        return read;
    });

    /// <summary>The DER bytes of a key's base64 text.</summary>
    public static byte[] Decode(string base64, string kind)
    {
        ArgumentNullException.ThrowIfNull(base64);
        if (base64.Length > TextCharsMax)
        {
            throw new CryptoException(CryptoFault.Malformed, $"an RSA {kind} key has at most {TextCharsMax} characters");
        }

        try
        {
            return Convert.FromBase64String(base64);
        }
        catch (FormatException)
        {
            throw NotAKey(kind);
        }
    }

    private static RSA Import(byte[] der, string kind, Func<RSA, byte[], int> read)
    {
        var rsa = RSA.Create();
        try
        {
            if (read(rsa, der) != der.Length)
            {
                throw NotAKey(kind);
            }

            if (rsa.KeySize is < ModulusBitsMin or > ModulusBitsMax)
            {
                throw new CryptoException(
                    CryptoFault.Malformed,
                    $"an RSA key has {ModulusBitsMin} to {ModulusBitsMax} bits, this one has {rsa.KeySize}");
            }

            if (rsa.ExportParameters(includePrivateParameters: false).Exponent!.Length > ExponentBytesMax)
            {
                throw new CryptoException(CryptoFault.Malformed, $"the public exponent of an RSA key has at most {ExponentBytesMax} bytes");
            }

            return rsa;
        }
        catch (CryptographicException)
        {
            rsa.Dispose();
            throw NotAKey(kind);
        }
        catch (CryptoException)
        {
            rsa.Dispose();
            throw;
        }
    }

    private static CryptoException NotAKey(string kind) => new(
        CryptoFault.Malformed,
        kind == "public" ? "not an RSA public key (base64 of the SubjectPublicKeyInfo DER)" : "not an RSA private key (base64 of the PKCS#8 DER)");
}
