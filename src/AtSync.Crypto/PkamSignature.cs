using AtSync.Crypto.Algorithms;

namespace AtSync.Crypto;

/// <summary>Signing and checking of the PKAM challenge.</summary>
public static class PkamSignature
{
    /// <summary>Base64 RSASSA-PKCS1-v1_5 SHA-256 over the UTF-8 challenge.</summary>
    public static string Sign(string challenge, RsaPrivateKey key) => throw new NotImplementedException();

    /// <summary>
    /// Checks a signature. <paramref name="signingAlgo"/>: null or <c>rsa2048</c>, <c>ecc_secp256r1</c> (hex point, base64 of ASCII hex r‖s, always SHA-256),
    /// <c>mldsa65</c>. <paramref name="hashingAlgo"/>: null or <c>sha256</c>, <c>sha512</c>. False for anything malformed; null when the signature is not base64.
    /// </summary>
    public static bool? Verify(string publicKey, string? signingAlgo, string? hashingAlgo, string challenge, string signature) => throw new NotImplementedException();
}

/// <summary>The CRAM digest.</summary>
public static class CramDigest
{
    /// <summary>Lower-case hex SHA-512 of UTF-8 secret followed by the challenge.</summary>
    public static string Compute(string secret, string challenge) => throw new NotImplementedException();

    /// <summary>Constant-time comparison.</summary>
    public static bool Matches(string secret, string challenge, string digest) => throw new NotImplementedException();
}
