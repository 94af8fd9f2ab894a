using System.Security.Cryptography;
using System.Text;
using AtSync.Crypto;
using AtSync.Crypto.Algorithms;
using AtSync.Protocol;
using AtSync.Server.Records;
using AtSync.Storage.Server;

namespace AtSync.Server.Peers;

/// <summary>
/// Both sides of <c>pol</c>. The one who calls signs the challenge with its signing key and leaves the signature under a public key of its own;
/// the one who is called fetches it from where the atDirectory says that the atSign is, so that only who runs that server can pass.
/// </summary>
internal static class PeerHandshake
{
    private const long ProofLifeMs = 60_000;

    /// <summary>Proves the store's owner to the peer.</summary>
    public static async ValueTask ProveAsync(PeerConnection connection, IKeyStore store, TimeProvider clock, CancellationToken cancellationToken)
    {
        var own = store.Owner;
        var answer = await connection.AskAsync($"from:{own}", cancellationToken);
        if (answer.Error is { } refused)
        {
            throw Refused(connection, refused.Detail);
        }

        var parts = answer.Text.Split(':');
        if (parts is not ["proof", var place, var challenge] || !place.StartsWith('_') || !place.EndsWith(own.ToString(), StringComparison.Ordinal)
            || AtKey.KindOf(AtKey.Fold($"public:{place}")) == AtKeyKind.Invalid)
        {
            throw Refused(connection, "its answer to from is no challenge");
        }

        if (PolChallenge.Check(challenge.Trim(), connection.Peer) is { } problem)
        {
            throw Refused(connection, problem);
        }

        var key = await store.GetAsync(KeyRules.SigningPrivateKey(own), cancellationToken)
            ?? throw Refused(connection, $"{own} has no signing key");
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        await store.ApplyAsync(
            [new UpdateChange(AtKey.Fold($"public:{place}"), AtMetadata.Empty with { Ttl = ProofLifeMs }, Sign(challenge.Trim(), key), now, isLogged: false)],
            CancellationToken.None);
        if (await connection.AskPolAsync(cancellationToken) is { } failed)
        {
            throw Refused(connection, failed.Detail);
        }

        connection.IsProven = true;
    }

    /// <summary>Whether the peer left the right signature. Null when its server lacks what is needed.</summary>
    public static async ValueTask<bool?> VerifyAsync(PeerHub hub, IKeyStore store, AtSign peer, string place, string challenge, CancellationToken cancellationToken)
    {
        var proof = await hub.AskAsync(store, peer, $"lookup:{place}", isProven: false, cancellationToken);
        var key = await hub.AskAsync(store, peer, $"lookup:signing_publickey{peer}", isProven: false, cancellationToken);
        if (proof.Error is not null || key.Error is not null)
        {
            return null;
        }

        var signature = new byte[1024];
        if (!Convert.TryFromBase64String(proof.Text.Trim(), signature, out var length))
        {
            return false;
        }

        try
        {
            using var publicKey = new RsaPublicKey(key.Text.Trim());
            return publicKey.Verify(Encoding.UTF8.GetBytes(challenge), signature.AsSpan(0, length), HashAlgorithmName.SHA256);
        }
        catch (CryptoException)
        {
            return null;
        }
    }

    private static byte[] Sign(string challenge, StoredRecord key)
    {
        using var privateKey = new RsaPrivateKey(Encoding.UTF8.GetString(key.Value.Span));
        return Encoding.UTF8.GetBytes(Convert.ToBase64String(privateKey.Sign(Encoding.UTF8.GetBytes(challenge), HashAlgorithmName.SHA256)));
    }

    private static PeerException Refused(PeerConnection connection, string why) =>
        new(AtErrorCodes.Unauthenticated, $"the atServer of {connection.Peer} does not take our proof: {why}");
}
