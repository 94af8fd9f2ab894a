using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;

namespace AtSync.Crypto.Algorithms;

/// <summary>
/// ML-DSA-65 (FIPS 204) as the protocol's <c>mldsa65</c>: key = base64 of the raw 1952 bytes; signature = raw 3309 bytes over the message itself, without a
/// context. BouncyCastle, since the BCL's needs a newer OpenSSL than common distributions have. Checking only.
/// </summary>
internal static class MlDsa65
{
    private const int PublicKeyBytes = 1952;
    private const int SignatureBytes = 3309;

    public static bool Verify(string publicKeyBase64, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        var key = new byte[PublicKeyBytes + 2];
        if (signature.Length != SignatureBytes
            || !Convert.TryFromBase64String(publicKeyBase64, key, out var keyBytes)
            || keyBytes != PublicKeyBytes)
        {
            return false;
        }

        var signer = new MLDsaSigner(MLDsaParameters.ml_dsa_65, deterministic: true);
        signer.Init(forSigning: false, MLDsaPublicKeyParameters.FromEncoding(MLDsaParameters.ml_dsa_65, key[..PublicKeyBytes]));
        signer.BlockUpdate(message);
        return signer.VerifySignature(signature.ToArray());
    }
}
