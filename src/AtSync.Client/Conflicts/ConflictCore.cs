using AtSync.Client.Local;
using AtSync.Protocol;
using AtSync.Storage.Local;
using Microsoft.Extensions.Logging;

namespace AtSync.Client.Conflicts;

/// <summary>The inbox below the edge. Keeping a side is one transaction: the new write and the end of the conflict become durable together.</summary>
internal sealed class ConflictCore(LocalSecondary local, ILogger log)
{
    private const int PageConflicts = 64;

    /// <summary>Conflicts with a smaller id, newest first; empty at the end.</summary>
    public async Task<IReadOnlyList<Conflict>> ReadPageAsync(long beforeId, CancellationToken cancellationToken)
    {
        var records = await local.Store.ListConflictsAsync(beforeId, PageConflicts, cancellationToken);
        return [.. records.Select(View)];
    }

    public async Task<Conflict?> GetAsync(long id, CancellationToken cancellationToken) =>
        await local.Store.GetConflictAsync(id, cancellationToken) is { } record ? View(record) : null;

    /// <summary>Every conflict as the store has it, for those who look for what a conflict still refers to.</summary>
    public async IAsyncEnumerable<ConflictRecord> ReadAllAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var before = long.MaxValue; ;)
        {
            var page = await local.Store.ListConflictsAsync(before, PageConflicts, cancellationToken);
            if (page.Count == 0)
            {
                yield break;
            }

            foreach (var record in page)
            {
                yield return record;
            }

            before = page[^1].Id;
        }
    }

    public async Task<bool> KeepAsync(long id, bool isLocal, CancellationToken cancellationToken)
    {
        if (await local.Store.GetConflictAsync(id, cancellationToken) is not { } conflict)
        {
            return false;
        }

        var current = await local.Store.GetAsync(conflict.Key, cancellationToken);
        var kept = isLocal ? conflict.Local : conflict.Remote;
        LocalChange[] changes = Change(conflict, kept, current) is { } change ? [change] : [];
        if (!await local.Store.ResolveConflictAsync(id, changes, cancellationToken))
        {
            return false;
        }

        Log.ConflictResolved(log, id, isLocal ? "local" : "remote");
        local.Announce(changes);
        return true;
    }

    /// <summary>
    /// The write that makes the kept side the record; null when it is already. It stays sealed as it was, so that it needs no keys. Its base is what the
    /// record is based on, which is newer than the conflict; where there is no record any more, the base is the deletion that was seen.
    /// </summary>
    private LocalChange? Change(ConflictRecord conflict, ConflictSide kept, LocalRecord? current)
    {
        var isPushed = !AtKey.TryParse(conflict.Key, out var key, out _) || KeyRules.IsPushed(key);
        if (kept.Op == CommitOp.Delete)
        {
            return current is null
                ? null
                : new LocalChange { Key = conflict.Key, Op = CommitOp.Delete, EditTimeMs = local.NowMs, IsPushed = isPushed };
        }

        if (current is not null && current.HasValue && current.Value.Span.SequenceEqual(kept.Value.Span))
        {
            return null;
        }

        var metadata = ValueCodec.ReadMetadata(kept.Metadata.Span);
        var json = current is null ? kept.Metadata
            : ValueCodec.WriteMetadata(ClearableMember.Clear(metadata, ClearableMember.Of(current.Metadata.Span) | ClearableMember.Of(kept.Metadata.Span)));
        return new LocalChange
        {
            Key = conflict.Key,
            Op = CommitOp.UpdateAll,
            Value = kept.Value,
            Metadata = json,
            EditTimeMs = local.NowMs,
            AvailableAtMs = metadata.AvailableAt?.ToUnixTimeMilliseconds(),
            ExpiresAtMs = metadata.ExpiresAt?.ToUnixTimeMilliseconds(),
            IsPushed = isPushed,
            BaseCommitId = current is null && conflict.Remote.Op == CommitOp.Delete ? conflict.Remote.CommitId : null,
        };
    }

    private Conflict View(ConflictRecord record)
    {
        if (!AtKey.TryParse(record.Key, out var key, out var problem))
        {
            throw new AtException(AtFault.Store, $"Conflict {record.Id} is about \"{KeyRules.Shorten(record.Key)}\", which is no key: {problem}.");
        }

        return new Conflict(
            record.Id, key, record.Kind, record.Policy, DateTimeOffset.FromUnixTimeMilliseconds(record.DetectedAtMs),
            View(record.Key, record.Local), View(record.Key, record.Remote),
            LocalSecondary.Time(record.Local.UpdatedAtMs), LocalSecondary.Time(record.Remote.UpdatedAtMs));
    }

    private ConflictSideView? View(string key, ConflictSide side)
    {
        if (side.Op == CommitOp.Delete)
        {
            return null;
        }

        var value = local.Codec.TryOpen(key, side.Value, side.Metadata, out var problem);
        return new ConflictSideView(value, problem, side.CommitId, DeviceStamp.Read(ValueCodec.ReadMetadata(side.Metadata.Span)));
    }
}
