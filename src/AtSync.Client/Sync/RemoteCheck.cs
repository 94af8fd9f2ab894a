using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using AtSync.Client.Remote;
using AtSync.Protocol;
using AtSync.Protocol.Verbs;
using AtSync.Storage.Local;
using Microsoft.Extensions.Logging;

namespace AtSync.Client.Sync;

/// <summary>
/// Is the remote still the one this store was in step with? Its public key says who it is, its epoch and its last commit id whether it went back.
/// Another identity stops everything; a remote that went back is pulled again from the start, with the outbox kept.
/// </summary>
internal sealed class RemoteCheck(ILocalStore store, AtSign owner, ILogger log)
{
    /// <summary>The server's last commit id; -1 for an empty log.</summary>
    public static async Task<long> AskLastIdAsync(RemoteConnection connection, CancellationToken cancellationToken)
    {
        var payload = await connection.SendAsync(new StatsVerb { Ids = new EquatableList<int>([3]) }, cancellationToken);
        try
        {
            using var document = JsonDocument.Parse(payload);
            var value = document.RootElement[0].GetProperty("value");
            var text = value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText();
            return text is null or "null" ? -1 : long.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or OverflowException or IndexOutOfRangeException)
        {
            throw Faults.NotTheProtocol("The answer to stats is not what the protocol says.");
        }
    }

    /// <summary>The digest of the remote's public key; null when it shows none.</summary>
    public async Task<string?> AskIdentityAsync(RemoteConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            var command = new LlookupVerb { IsPublic = true, Key = "publickey", Owner = owner.Name };
            var payload = await connection.SendAsync(command, cancellationToken);
            return payload.Span.SequenceEqual("null"u8) ? null : Convert.ToHexStringLower(SHA256.HashData(payload.Span));
        }
        catch (AtException refusal) when (refusal.Code is AtErrorCodes.KeyNotFound or AtErrorCodes.Unauthorized)
        {
            return null;
        }
    }

    /// <summary>
    /// Compares with what the store remembers, and begins a resync when the remote went back. When one has begun or was under way: what the remote
    /// shares with the one before.
    /// </summary>
    /// <exception cref="AtException"><see cref="AtFault.IdentityChanged"/>: nothing was changed.</exception>
    public async Task<SharedHistory?> CompareAsync(string? identity, ServerFeatures features, long? lastId, CancellationToken cancellationToken)
    {
        var epoch = features.EpochId;
        var properties = new List<KeyValuePair<string, string?>>();
        var knownIdentity = await store.GetPropertyAsync(SyncProperties.Identity, cancellationToken);
        if (identity is not null && knownIdentity is null)
        {
            properties.Add(new(SyncProperties.Identity, identity));
        }
        else if (knownIdentity is not null && identity is not null && identity != knownIdentity)
        {
            throw new AtException(
                AtFault.IdentityChanged,
                $"The remote secondary of {owner} has another public key than before: it was activated anew, or it is not the same server. Nothing was changed. "
                + "If that was meant to happen, export this store, and open a new one with the new keys.");
        }

        var knownEpoch = await store.GetPropertyAsync(SyncProperties.Epoch, cancellationToken);
        if (epoch is not null && epoch != knownEpoch)
        {
            properties.Add(new(SyncProperties.Epoch, epoch));
        }

        var cursor = await store.GetCursorAsync(CursorNames.Main, cancellationToken);
        var hasOtherEpoch = knownEpoch is not null && epoch is not null && epoch != knownEpoch;
        var reason = hasOtherEpoch ? "its epoch changed"
            : cursor is { } at && lastId is { } last && at > last ? $"it stands at commit {last}, this device had pulled up to {at}"
            : null;
        if (reason is not null)
        {
            Log.Resyncing(log, reason);
            var shared = !hasOtherEpoch ? new SharedHistory(lastId ?? -1, IsCertain: false)
                : features.EarlierEpochId == knownEpoch ? new SharedHistory(features.EarlierCommitId, IsCertain: true)
                : new SharedHistory(-1, IsCertain: false);
            properties.Add(new(SyncProperties.Resync, Text(shared)));
            await store.BeginResyncAsync(properties, cancellationToken);
            return shared;
        }

        if (properties.Count > 0)
        {
            await store.SetPropertiesAsync(properties, cancellationToken);
        }

        return await store.GetPropertyAsync(SyncProperties.Resync, cancellationToken) is { } begun ? Read(begun) : null;
    }

    /// <summary>Everything was pulled: what the remote deleted goes, what it lost waits to be pushed.</summary>
    public async Task<IReadOnlyList<string>> EndAsync(SharedHistory shared, CancellationToken cancellationToken)
    {
        var removed = await store.EndResyncAsync(shared, cancellationToken);
        await store.SetPropertiesAsync([new(SyncProperties.Resync, null)], cancellationToken);
        return removed;
    }

    private static string Text(SharedHistory shared) =>
        string.Create(CultureInfo.InvariantCulture, $"{shared.UntilCommitId}{(shared.IsCertain ? "" : "?")}");

    private static SharedHistory Read(string text) =>
        long.TryParse(text.TrimEnd('?'), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var until)
            ? new SharedHistory(until, !text.EndsWith('?'))
            : new SharedHistory(-1, IsCertain: false);
}
