using System.Security.Cryptography;
using System.Text;

namespace AtSync.Crypto;

/// <summary>Says for which public key a shared key was wrapped: metadata <c>pubKeyCS</c> (2024) and <c>pubKeyHash</c> (later).</summary>
public static class PublicKeyChecksum
{
    /// <summary><c>pubKeyCS</c>: lower-case hex MD5 of the key's base64 text. A name for a key, never a proof of it.</summary>
#pragma warning disable CA5351 // The protocol fixes MD5; nothing relies on its strength.
    public static string Md5(string publicKey) => Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(publicKey)));
#pragma warning restore CA5351

    /// <summary>The <c>hash</c> of <c>pubKeyHash</c>: lower-case hex SHA-256 or SHA-512 of the key's base64 text; null for another <paramref name="algorithm"/>.</summary>
    public static string? Hash(string publicKey, string algorithm) => algorithm switch
    {
        "sha256" => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(publicKey))),
        "sha512" => Convert.ToHexStringLower(SHA512.HashData(Encoding.UTF8.GetBytes(publicKey))),
        _ => null,
    };
}
