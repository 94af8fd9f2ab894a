using System.Security.Cryptography;
using System.Text;
using AtSync.Crypto.Algorithms;

namespace AtSync.Crypto;

/// <summary>
/// Signing and checking of the PKAM challenge, <c>pkam:[signingAlgo:…:][hashingAlgo:…:][enrollmentId:…:]&lt;signature&gt;</c>. What is signed is the whole
/// answer to <c>from:</c> without <c>data:</c>.
/// </summary>
public static class PkamSignature
{
    private static readonly RecentKeys _recentKeys = new();

    /// <summary>Base64 RSASSA-PKCS1-v1_5 SHA-256 over the UTF-8 challenge.</summary>
    public static string Sign(string challenge, RsaPrivateKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return Convert.ToBase64String(key.Sign(Encoding.UTF8.GetBytes(challenge), HashAlgorithmName.SHA256));
    }

    /// <summary>
    /// Checks a signature. <paramref name="signingAlgo"/>: null or <c>rsa2048</c>, <c>ecc_secp256r1</c> (hex point, base64 of ASCII hex r‖s, always SHA-256),
    /// <c>mldsa65</c>. <paramref name="hashingAlgo"/>: null or <c>sha256</c>, <c>sha512</c>. False for anything malformed; null when the signature is not base64.
    /// </summary>
    /// <remarks>
    /// As in the reference, other spellings of the RSA and hash words (<c>RSA2048</c>, <c>SHA512</c>) mean the default; an unknown word never passes.
    /// </remarks>
    public static bool? Verify(string publicKey, string? signingAlgo, string? hashingAlgo, string challenge, string signature)
    {
        ArgumentNullException.ThrowIfNull(publicKey);
        ArgumentNullException.ThrowIfNull(challenge);
        ArgumentNullException.ThrowIfNull(signature);
        var signed = new byte[(signature.Length + 3) / 4 * 3];
        if (!Convert.TryFromBase64String(signature, signed, out var signedBytes))
        {
            return null;
        }

        var message = Encoding.UTF8.GetBytes(challenge);
        var proof = signed.AsSpan(0, signedBytes);
        return signingAlgo switch
        {
            "ecc_secp256r1" => EcdsaP256.Verify(publicKey, message, proof),
            "mldsa65" => MlDsa65.Verify(publicKey, message, proof),
            _ when signingAlgo is null || signingAlgo.Equals("rsa2048", StringComparison.OrdinalIgnoreCase) =>
                HashOf(hashingAlgo) is { } hash && _recentKeys.Find(publicKey) is { } key && key.Verify(message, proof, hash),
            _ => false,
        };
    }

    private static HashAlgorithmName? HashOf(string? name) => name switch
    {
        null => HashAlgorithmName.SHA256,
        "sha512" => HashAlgorithmName.SHA512,
        _ when name.Equals("sha256", StringComparison.OrdinalIgnoreCase) || name.Equals("sha512", StringComparison.OrdinalIgnoreCase) =>
            HashAlgorithmName.SHA256,
        _ => null,
    };
}
