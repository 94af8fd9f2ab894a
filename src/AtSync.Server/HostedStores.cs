using System.Text;
using AtSync.Protocol;
using AtSync.Server.Records;

namespace AtSync.Server;

/// <summary>Adding and describing atSigns: what an atSign's store holds from its first moment.</summary>
internal sealed class HostedStores(AtServerOptions options)
{
    /// <summary>False when the atSign is hosted already and complete.</summary>
    public async ValueTask<bool> AddAsync(AtSign atSign, string secret, CancellationToken cancellationToken)
    {
        var store = await options.Storage.FindAsync(atSign, cancellationToken);
        if (store is not null && await store.GetAsync(KeyRules.SigningKeysMade, cancellationToken) is not null)
        {
            return false;
        }

        // Made before the store, so that a crash in between leaves nothing; one after it is completed by the next call.
        using var signingKey = options.NewSigningKey();
        store ??= await options.Storage.AddAsync(atSign, cancellationToken);
        var now = options.TimeProvider.GetUtcNow().ToUnixTimeMilliseconds();
        await store.ApplyAsync(
            [
                ServerChange.Silent(KeyRules.Secret, secret, now),
                ServerChange.LoggedOnce(KeyRules.SigningPublicKey(atSign), signingKey.PublicSpkiBase64, now),
                ServerChange.LoggedOnce(KeyRules.SigningPrivateKey(atSign), signingKey.Pkcs8Base64, now),
                ServerChange.Silent(KeyRules.SigningKeysMade, "true", now),
            ],
            CancellationToken.None);
        return true;
    }

    public async ValueTask<HostedAtSign?> DescribeAsync(AtSign atSign, CancellationToken cancellationToken)
    {
        if (await options.Storage.FindAsync(atSign, cancellationToken) is not { } store)
        {
            return null;
        }

        var secret = await store.GetAsync(KeyRules.Secret, cancellationToken);
        // The first device's key may be gone again: its enrollment was revoked, or has keys that only work with its id.
        var publicKey = await store.GetAsync(KeyRules.PkamPublicKey, cancellationToken)
            ?? await store.GetAsync(KeyRules.PublicKey(atSign), cancellationToken);
        return new HostedAtSign(
            atSign,
            IsActivated: secret is null && publicKey is not null,
            secret is null ? null : Encoding.UTF8.GetString(secret.Value.Span),
            store.Summary);
    }
}
