using System.Security.Cryptography;
using System.Text;

namespace AtSync.Crypto;

/// <summary>
/// The CRAM digest: <c>cram:&lt;digest&gt;</c> proves knowledge of the one-time secret of an atSign that is not activated yet. The challenge is the whole answer
/// to <c>from:</c> without <c>data:</c>.
/// </summary>
public static class CramDigest
{
    /// <summary>Lower-case hex SHA-512 of UTF-8 secret followed by the challenge.</summary>
    public static string Compute(string secret, string challenge) =>
        Convert.ToHexStringLower(SHA512.HashData(Encoding.UTF8.GetBytes(secret + challenge)));

    /// <summary>Constant-time comparison.</summary>
    public static bool Matches(string secret, string challenge, string digest) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Compute(secret, challenge)), Encoding.UTF8.GetBytes(digest));
}
