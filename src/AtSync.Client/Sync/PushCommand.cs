using System.Text.Json;
using AtSync.Client.Local;
using AtSync.Client.Remote;
using AtSync.Protocol;
using AtSync.Protocol.Verbs;
using AtSync.Storage.Local;

namespace AtSync.Client.Sync;

/// <summary>
/// Turns an outbox row into the command that pushes it: <c>update</c> with the full metadata, <c>update:meta</c> or <c>delete</c>. Times are relative
/// to now: a record pushed late gets the life it has left.
/// </summary>
/// <remarks>
/// A server keeps every attribute that an update does not mention, so an edit that no longer has one spells it <c>null</c> in its metadata; that is
/// sent as it stands, but only over a record that exists: for a new key the word would be stored as a value.
/// </remarks>
internal static class PushCommand
{
    /// <summary>The word that clears an attribute.</summary>
    private const string Cleared = "null";

    /// <param name="item">The row.</param>
    /// <param name="features">What the peer takes.</param>
    /// <param name="serverNowMs">The server's clock as far as known, Unix ms.</param>
    public static PushDraft Create(OutboxItem item, ServerFeatures features, long serverNowMs)
    {
        if (!AtKey.TryParse(item.Key, out var key, out var problem))
        {
            return PushDraft.Dead(new AtError(AtErrorCodes.InvalidKey, problem));
        }

        if (key.Kind == AtKeyKind.Local || (key.IsCached && item.Op != CommitOp.Delete))
        {
            return PushDraft.Nothing;
        }

        if (item.Op == CommitOp.Delete)
        {
            return PushDraft.Send(Delete(item, key, features));
        }

        if (item.Record is not { } record || (record.ExpiresAtMs <= serverNowMs && item.BaseCommitId == 0))
        {
            // Gone, or expired before anybody saw it. Over an earlier version an expired edit still goes, with the shortest life: else that version,
            // which the edit replaced, would live on there and not here. Expiry itself is never pushed as a deletion.
            return PushDraft.Nothing;
        }

        if (!AtMetadataJson.TryRead(record.Metadata.Span, out var metadata, out problem))
        {
            return PushDraft.Dead(new AtError(AtErrorCodes.InvalidSyntax, $"the metadata can't be read: {problem}"));
        }

        if (item.BaseCommitId > 0)
        {
            metadata = WithCleared(metadata, record.Metadata.Span);
        }

        metadata = Fit(metadata, item, record, features, serverNowMs);
        var (isPublic, sharedWith, owner) = (key.Full.StartsWith("public:", StringComparison.Ordinal), key.SharedWith?.Name, key.Owner?.Name);
        return item.Op == CommitOp.UpdateMeta || !record.HasValue
            ? owner is null
                ? PushDraft.Dead(new AtError(AtErrorCodes.InvalidKey, "a key without an owner has no metadata of its own"))
                : PushDraft.Send(new UpdateMetaVerb { Metadata = metadata, IsPublic = isPublic, SharedWith = sharedWith, Key = key.Entity, Owner = owner })
            : PushDraft.Send(new UpdateVerb
            {
                Metadata = metadata, IsPublic = isPublic, SharedWith = sharedWith, Key = key.Entity, Owner = owner, Value = record.Value,
            });
    }

    private static DeleteVerb Delete(OutboxItem item, AtKey key, ServerFeatures features) => new()
    {
        DeletedAt = TakesEditTimes(features) ? DateTimeOffset.FromUnixTimeMilliseconds(item.EditTimeMs) : null,
        IsCached = key.IsCached,
        IsPublic = key.Full.StartsWith(key.IsCached ? "cached:public:" : "public:", StringComparison.Ordinal),
        SharedWith = key.SharedWith?.Name,
        Key = key.Entity,
        Owner = key.Owner?.Name,
    };

    private static bool TakesEditTimes(ServerFeatures features) => features.Takes(3, 13, 0);

    /// <summary>What this peer takes of the metadata, with lives counted from now.</summary>
    private static AtMetadata Fit(AtMetadata metadata, OutboxItem item, LocalRecord record, ServerFeatures features, long serverNowMs)
    {
        // Servers count the life from the birth: expiry = now + ttb + ttl.
        var birth = record.AvailableAtMs is { } at && at > serverNowMs ? at - serverNowMs : 0;
        var hasBirth = metadata.Ttb is not null || birth > 0;
        return metadata with
        {
            Ttl = record.ExpiresAtMs is { } expires ? Math.Max(1, expires - serverNowMs - birth) : metadata.Ttl is null ? null : 0,
            Ttb = hasBirth ? birth : null,
            Ttr = metadata.Ttr is 0 ? null : metadata.Ttr,
            CreatedAt = null,
            UpdatedAt = TakesEditTimes(features) ? DateTimeOffset.FromUnixTimeMilliseconds(item.EditTimeMs) : null,
            // Said as points in time too, where the peer takes them: every device then holds the same expiry, not the push's travel time more.
            ExpiresAt = TakesEditTimes(features) && record.ExpiresAtMs > serverNowMs ? LocalSecondary.Time(record.ExpiresAtMs) : null,
            AvailableAt = TakesEditTimes(features) && birth > 0 ? LocalSecondary.Time(record.AvailableAtMs) : null,
            RefreshAt = null,
            CreatedBy = null,
            UpdatedBy = null,
            Status = null,
            Version = null,
            IsBinary = metadata.IsBinary is true ? true : null,
            IsEncrypted = metadata.IsEncrypted ?? false,
            PubKeyHash = features.Takes(3, 1, 0) ? metadata.PubKeyHash : null,
            HashingAlgo = features.Takes(3, 1, 0) ? metadata.HashingAlgo : null,
            Immutable = features.Takes(3, 4, 0) && metadata.Immutable is true ? true : null,
            AppMetadata = features.Takes(3, 14, 0) ? metadata.AppMetadata : null,
        };
    }

    private static AtMetadata WithCleared(AtMetadata metadata, ReadOnlySpan<byte> json)
    {
        if (json.IndexOf("\"null\""u8) < 0)
        {
            return metadata;
        }

        var reader = new Utf8JsonReader(json);
        string? name = null;
        while (reader.Read())
        {
            if (reader.CurrentDepth == 1 && reader.TokenType == JsonTokenType.PropertyName)
            {
                name = reader.GetString();
            }
            else if (reader.CurrentDepth == 1 && reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("null"u8))
            {
                metadata = Clear(metadata, name);
            }
        }

        return metadata;
    }

    private static AtMetadata Clear(AtMetadata metadata, string? name) => name switch
    {
        "dataSignature" => metadata with { DataSignature = Cleared },
        "sharedKeyEnc" => metadata with { SharedKeyEnc = Cleared },
        "pubKeyCS" => metadata with { PubKeyCS = Cleared },
        "pubKeyHash" => metadata with { PubKeyHash = Cleared },
        "hashingAlgo" => metadata with { HashingAlgo = Cleared },
        "encoding" => metadata with { Encoding = Cleared },
        "encKeyName" => metadata with { EncKeyName = Cleared },
        "encAlgo" => metadata with { EncAlgo = Cleared },
        "ivNonce" => metadata with { IvNonce = Cleared },
        "skeEncKeyName" => metadata with { SkeEncKeyName = Cleared },
        "skeEncAlgo" => metadata with { SkeEncAlgo = Cleared },
        "appMetadata" => metadata with { AppMetadata = Cleared },
        _ => metadata,
    };
}

/// <summary>What to do with an outbox row.</summary>
/// <param name="Command">To be sent; null when nothing is.</param>
/// <param name="Error">Why it never can be, when it can't.</param>
internal readonly record struct PushDraft(Verb? Command, AtError? Error)
{
    /// <summary>There is nothing to push any more.</summary>
    public static PushDraft Nothing => default;

    /// <summary>Push this.</summary>
    public static PushDraft Send(Verb command) => new(command, null);

    /// <summary>Can never be pushed.</summary>
    public static PushDraft Dead(AtError error) => new(null, error);
}
