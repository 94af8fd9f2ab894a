using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace AtSync.Crypto.Algorithms;

/// <summary>
/// ECDSA over P-256 as the protocol's <c>ecc_secp256r1</c>: key = hex of the uncompressed point (<c>04</c>, X, Y); signature bytes = the ASCII text of the hex
/// r‖s (128 digits); always SHA-256. Keys of this kind live in secure elements, so only checking is here.
/// </summary>
internal static class EcdsaP256
{
    private const int CoordinateBytes = 32;
    private const int PointBytes = 1 + 2 * CoordinateBytes;

    public static bool Verify(string publicKeyHex, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signatureHex)
    {
        Span<byte> point = stackalloc byte[PointBytes];
        Span<byte> signature = stackalloc byte[2 * CoordinateBytes];
        if (publicKeyHex.Length != 2 * PointBytes
            || Convert.FromHexString(publicKeyHex, point, out _, out _) != OperationStatus.Done
            || point[0] != 4
            || signatureHex.Length != 4 * CoordinateBytes
            || Convert.FromHexString(Encoding.ASCII.GetString(signatureHex), signature, out _, out _) != OperationStatus.Done)
        {
            return false;
        }

        try
        {
            using var key = ECDsa.Create(new ECParameters
            {
                Curve = ECCurve.NamedCurves.nistP256,
                Q = new ECPoint { X = point[1..(1 + CoordinateBytes)].ToArray(), Y = point[(1 + CoordinateBytes)..].ToArray() },
            });
            return key.VerifyData(message, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }
        catch (CryptographicException)
        {
            // Not a point of the curve.
            return false;
        }
    }
}
