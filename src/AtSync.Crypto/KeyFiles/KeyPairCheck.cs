using System.Security.Cryptography;
using AtSync.Crypto.Algorithms;

namespace AtSync.Crypto.KeyFiles;

/// <summary>
/// The format can't tell damage: a flipped bit of a sealed member gives another text, not a failure. So the pairs are imported and compared when a file is
/// read, which is once per start, rather than failing later as a refused login or an unreadable value.
/// </summary>
internal static class KeyPairCheck
{
    public static void Encryption(AtKeysFile keys) =>
        Check(keys.EncryptionPublicKey, KeyMembers.EncryptionPublicKey, keys.EncryptionPrivateKey, KeyMembers.EncryptionPrivateKey);

    /// <summary>A file whose private key lives in a secure element has only the public half, of whatever kind.</summary>
    public static void Pkam(AtKeysFile keys)
    {
        if (keys.PkamPrivateKey is null)
        {
            return;
        }

        if (keys.PkamPublicKey is null)
        {
            Import(keys.PkamPrivateKey, KeyMembers.PkamPrivateKey, isPrivate: true).Dispose();
            return;
        }

        Check(keys.PkamPublicKey, KeyMembers.PkamPublicKey, keys.PkamPrivateKey, KeyMembers.PkamPrivateKey);
    }

    public static string PublicOf(string privateKey, string what)
    {
        using var rsa = Import(privateKey, what, isPrivate: true);
        return Convert.ToBase64String(rsa.ExportSubjectPublicKeyInfo());
    }

    private static void Check(string publicKey, string publicMember, string privateKey, string privateMember)
    {
        using var half = Import(publicKey, publicMember, isPrivate: false);
        using var whole = Import(privateKey, privateMember, isPrivate: true);
        var left = half.ExportParameters(includePrivateParameters: false);
        var right = whole.ExportParameters(includePrivateParameters: false);
        if (!left.Modulus.AsSpan().SequenceEqual(right.Modulus) || !left.Exponent.AsSpan().SequenceEqual(right.Exponent))
        {
            throw new CryptoException(CryptoFault.Malformed, $"the key file's {publicMember} and {privateMember} do not belong together: one of them is damaged");
        }
    }

    private static RSA Import(string text, string member, bool isPrivate)
    {
        try
        {
            return isPrivate ? RsaImport.Private(RsaImport.Decode(text, "private")) : RsaImport.Public(RsaImport.Decode(text, "public"));
        }
        catch (CryptoException error)
        {
            throw new CryptoException(CryptoFault.Malformed, $"the key file's member {member} is damaged: {error.Message}");
        }
    }
}
