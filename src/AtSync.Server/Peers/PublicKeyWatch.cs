using System.Text;
using AtSync.Protocol;
using AtSync.Server.Records;
using AtSync.Storage.Server;

namespace AtSync.Server.Peers;

/// <summary>
/// Keeps a copy of each peer's public key and notices when it changes: then the key that was shared under the old one is put aside under another
/// name, so that nothing more is sealed with it and what was sealed stays readable.
/// </summary>
internal static class PublicKeyWatch
{
    public static async ValueTask CheckAsync(PeerConnection connection, IKeyStore store, AtServerHost host, CancellationToken cancellationToken)
    {
        var answer = await connection.AskAsync($"lookup:all:publickey{connection.Peer}", cancellationToken);
        if (answer.Error is not null || !RemoteRecord.TryRead(answer.Payload, out var remote) || remote.Value is null)
        {
            // A peer that is not activated has none yet.
            return;
        }

        var key = AtKey.Fold($"cached:public:publickey{connection.Peer}");
        var kept = await store.GetAsync(key, cancellationToken);
        var value = Encoding.UTF8.GetBytes(remote.Value);
        if (kept is not null && kept.Value.Span.SequenceEqual(value))
        {
            return;
        }

        var now = host.Options.TimeProvider.GetUtcNow().ToUnixTimeMilliseconds();
        List<StoreChange> changes = [CachedCopyChange.Update(key, remote.Metadata with { Ttr = -1 }, value, now)];
        var sharedName = AtKey.Fold($"shared_key.{connection.Peer.Name}{store.Owner}");
        if (kept is not null && await store.GetAsync(sharedName, cancellationToken) is { } shared)
        {
            changes.Add(new UpdateChange(
                AtKey.Fold($"shared_key.{connection.Peer.Name}.until.{now}{store.Owner}"), MetadataRules.Read(shared.Metadata.Span), shared.Value, now, isLogged: true));
            changes.Add(new DeleteChange(sharedName, now, now, isForced: true, isLogged: true));
            Log.PublicKeyChanged(host.Logger, store.Owner, connection.Peer);
        }

        host.Committed(store.Owner, await store.ApplyAsync(changes, CancellationToken.None), lastWasDelete: changes.Count > 1);
    }
}
