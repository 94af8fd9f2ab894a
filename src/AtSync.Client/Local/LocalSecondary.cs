using AtSync.Protocol;
using AtSync.Storage.Local;

namespace AtSync.Client.Local;

/// <summary>
/// Records of one atSign on this device, opened and sealed on the way. Every write is durable when its task completes, needs no network, and then wakes
/// whoever pushes. May be called concurrently.
/// </summary>
/// <param name="store">Where the sealed records are.</param>
/// <param name="codec">Seals and opens.</param>
/// <param name="nowMs">Unix ms by this device's clock, corrected to the server's.</param>
/// <param name="wake">Called after a write that waits to be pushed.</param>
internal sealed class LocalSecondary(ILocalStore store, ValueCodec codec, Func<long> nowMs, Action wake)
{
    private const int PageRecords = 512;

    public ILocalStore Store => store;

    public ValueCodec Codec => codec;

    public AtSign Owner => store.Owner;

    public long NowMs => nowMs();

    /// <summary>The record; null when absent, expired or, unless asked for, not yet born.</summary>
    public async ValueTask<LocalRecord?> FindAsync(string key, CancellationToken cancellationToken, bool isUnbornToo = false)
    {
        var record = await store.GetAsync(key, cancellationToken);
        return record is not null && IsVisible(record, nowMs(), isUnbornToo) ? record : null;
    }

    /// <summary>The opened value; null when absent, expired or, unless asked for, not yet born.</summary>
    public async ValueTask<AtValue?> GetAsync(AtKey key, CancellationToken cancellationToken, bool isUnbornToo = false) =>
        await FindAsync(key.Full, cancellationToken, isUnbornToo) is { } record ? Open(key, record) : null;

    /// <summary>Opens a record of the store, its metadata completed by what the store keeps beside it.</summary>
    /// <exception cref="AtException"><see cref="AtFault.CannotOpen"/>, <see cref="AtFault.Keys"/>.</exception>
    public AtValue Open(AtKey key, LocalRecord record) => codec.Open(key, record.Value.Span, MetadataOf(record));

    /// <summary>Makes all writes or none.</summary>
    public async ValueTask WriteAsync(IReadOnlyList<AtWrite> writes, CancellationToken cancellationToken)
    {
        var now = nowMs();
        var keys = new AtKey[writes.Count];
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = KeyRules.Parse(writes[i].Key, store.Owner);
        }

        var records = keys.Length == 1
            ? [await store.GetAsync(keys[0].Full, cancellationToken)]
            : await store.GetManyAsync([.. keys.Select(key => key.Full)], cancellationToken);
        var changes = new List<LocalChange>(keys.Length);
        // What a write replaces is what an earlier one of the same call has put there.
        var earlier = keys.Length > 1 ? new Dictionary<string, LocalChange>(keys.Length, StringComparer.Ordinal) : null;
        for (var i = 0; i < keys.Length; i++)
        {
            var before = Before.Of(keys[i], records[i], earlier, now);
            var change = writes[i].Value is { } value
                ? PreparePut(keys[i], value, writes[i].Options, before, now)
                : PrepareDelete(keys[i], before, now);
            if (change is null)
            {
                continue;
            }

            changes.Add(change);
            if (earlier is not null)
            {
                earlier[change.Key] = change;
            }
        }

        await ApplyAsync(changes, cancellationToken);
    }

    /// <summary>Deletes; false when there is no such record, and then nothing is pushed.</summary>
    public async ValueTask<bool> DeleteAsync(AtKey key, CancellationToken cancellationToken)
    {
        var now = nowMs();
        var before = Before.Of(key, await store.GetAsync(key.Full, cancellationToken), earlier: null, now);
        if (PrepareDelete(key, before, now) is not { } change)
        {
            return false;
        }

        await ApplyAsync([change], cancellationToken);
        return true;
    }

    /// <summary>Makes ready changes durable in one transaction, then wakes the push.</summary>
    public async ValueTask ApplyAsync(IReadOnlyList<LocalChange> changes, CancellationToken cancellationToken)
    {
        if (changes.Count == 0)
        {
            return;
        }

        await store.WriteAsync(changes, cancellationToken);
        Announce(changes);
    }

    /// <summary>What follows a durable write.</summary>
    public void Announce(IReadOnlyList<LocalChange> changes)
    {
        var bytes = 0L;
        var isPushed = false;
        foreach (var change in changes)
        {
            bytes += change.Value.Length;
            isPushed |= change.IsPushed;
        }

        ClientTelemetry.LocalWrites.Add(changes.Count);
        ClientTelemetry.LocalWriteBytes.Add(bytes);
        if (isPushed)
        {
            wake();
        }
    }

    /// <summary>
    /// The next records after a key, at most a page: an empty page ends the scan. The position for the next call is the key of the last record the
    /// store gave, visible or not.
    /// </summary>
    public async ValueTask<(List<LocalRecord> Visible, string? LastKey)> ReadPageAsync(
        string prefix, string afterKey, bool withValues, CancellationToken cancellationToken, int limit = PageRecords, bool isUnbornToo = false)
    {
        var page = await store.ScanAsync(prefix, afterKey, limit, withValues, cancellationToken);
        var now = nowMs();
        var visible = new List<LocalRecord>(page.Count);
        foreach (var record in page)
        {
            if (IsVisible(record, now, isUnbornToo))
            {
                visible.Add(record);
            }
        }

        return (visible, page.Count == 0 ? null : page[^1].Key);
    }

    /// <summary>A record's metadata, completed by what the store keeps beside it.</summary>
    public static AtMetadata MetadataOf(LocalRecord record)
    {
        var metadata = ValueCodec.ReadMetadata(record.Metadata.Span);
        return metadata with
        {
            UpdatedAt = metadata.UpdatedAt ?? (record.UpdatedAtMs > 0 ? DateTimeOffset.FromUnixTimeMilliseconds(record.UpdatedAtMs) : null),
            ExpiresAt = metadata.ExpiresAt ?? Time(record.ExpiresAtMs),
            AvailableAt = metadata.AvailableAt ?? Time(record.AvailableAtMs),
        };
    }

    internal static DateTimeOffset? Time(long? unixMs) => unixMs is { } ms ? DateTimeOffset.FromUnixTimeMilliseconds(ms) : null;

    private static bool IsVisible(LocalRecord record, long now, bool isUnbornToo) => !IsExpired(record, now) && (isUnbornToo || !(record.AvailableAtMs > now));

    private static bool IsExpired(LocalRecord record, long now) => record.ExpiresAtMs <= now;

    private LocalChange PreparePut(AtKey key, AtValue value, PutOptions? options, Before before, long now)
    {
        KeyRules.CheckWritable(key, store.Owner);
        CheckMutable(key, before);
        return codec.Seal(key, value, options, before.Metadata.Span, now);
    }

    private LocalChange? PrepareDelete(AtKey key, Before before, long now)
    {
        KeyRules.CheckDeletable(key, store.Owner);
        if (!before.Exists)
        {
            return null;
        }

        CheckMutable(key, before);
        return new LocalChange { Key = key.Full, Op = CommitOp.Delete, EditTimeMs = now, IsPushed = KeyRules.IsPushed(key) };
    }

    private static void CheckMutable(AtKey key, Before before)
    {
        var metadata = before.Metadata.Span;
        // Looked for as text first: parsing every predecessor for a member that hardly any has would cost more than the sealing.
        if (metadata.IndexOf("mmutable"u8) >= 0 && ValueCodec.ReadMetadata(metadata).Immutable == true)
        {
            throw new AtException(AtFault.Refused, $"\"{KeyRules.Shorten(key.Full)}\" is immutable: it can't be changed or deleted.", AtErrorCodes.IllegalState);
        }
    }

    /// <summary>What a write replaces: nothing, for an expired record too.</summary>
    private readonly record struct Before(bool Exists, ReadOnlyMemory<byte> Metadata)
    {
        public static Before Of(AtKey key, LocalRecord? record, Dictionary<string, LocalChange>? earlier, long now) =>
            earlier?.TryGetValue(key.Full, out var change) == true
                ? change.Op == CommitOp.Delete ? default : new Before(true, change.Metadata)
                : record is null || IsExpired(record, now) ? default : new Before(true, record.Metadata);
    }
}
