using System.Text;
using AtSync.Crypto;
using AtSync.Crypto.Algorithms;
using AtSync.Protocol;
using AtSync.Protocol.Verbs;

namespace AtSync.Client.Remote;

/// <summary>What is signed to log in, and how.</summary>
/// <remarks>
/// Exchange: <c>from:@alice</c> → <c>data:_4af2…@alice:9e1c…</c>, then <c>pkam:signingAlgo:rsa2048:hashingAlgo:sha256:[enrollmentId:…:]signature</c>.
/// Only a challenge of exactly that shape, for our own atSign, is signed: anything else a server might want signed is not.
/// </remarks>
internal static class PkamLogin
{
    /// <summary>The most bytes of a challenge.</summary>
    private const int ChallengeBytesMax = 250;

    /// <summary>Checks the answer to <c>from</c>.</summary>
    public static string ReadChallenge(ReadOnlySpan<byte> payload, AtSign atSign)
    {
        var challenge = payload.Length <= ChallengeBytesMax ? Encoding.UTF8.GetString(payload) : "";
        var at = challenge.IndexOf('@', StringComparison.Ordinal);
        var colon = challenge.LastIndexOf(':');
        if (at <= 0 || challenge[0] != '_' || colon <= at + 1 || colon == challenge.Length - 1 || challenge.AsSpan(0, at).Contains(':'))
        {
            throw Faults.NotTheProtocol("The answer to from is no challenge for our own atSign.");
        }

        if (!AtSign.TryParse(challenge.AsSpan(at, colon - at), out var named, out _) || named != atSign)
        {
            throw Faults.NotTheProtocol($"The challenge is not one for {atSign}: another atSign's server answers.");
        }

        return challenge;
    }

    /// <summary>The login command.</summary>
    /// <exception cref="AtException"><see cref="AtFault.Keys"/>.</exception>
    public static PkamVerb Sign(AtKeysFile keys, string challenge)
    {
        if (keys.LoginProblem is { } problem)
        {
            throw new AtException(AtFault.Keys, problem);
        }

        if (keys.PkamPrivateKey is not { } privateKey)
        {
            throw new AtException(AtFault.Keys, "The key file holds no private key to log in with; it lives in another device's secure element. Enroll this device.");
        }

        try
        {
            using var key = new RsaPrivateKey(privateKey);
            return new PkamVerb
            {
                SigningAlgo = "rsa2048",
                HashingAlgo = "sha256",
                EnrollmentId = keys.EnrollmentId,
                Signature = PkamSignature.Sign(challenge, key),
            };
        }
        catch (CryptoException failure)
        {
            throw new AtException(AtFault.Keys, failure.Message, inner: failure);
        }
    }
}
