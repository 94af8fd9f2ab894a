using AtSync.Client.Conflicts;
using AtSync.Protocol;
using AtSync.Storage.Local;

namespace AtSync.Client.Files;

/// <summary>
/// Deletes chunks that nothing refers to: no manifest, and no side of a conflict. Does nothing while edits wait to be pushed, since the remote's manifests
/// may still be the old ones.
/// </summary>
internal sealed class ChunkCollector(FileCore files, ConflictCore conflicts)
{
    public async Task<int> CollectAsync(CancellationToken cancellationToken)
    {
        var local = files.Local;
        if (await IsUnsettledAsync(cancellationToken))
        {
            return 0;
        }

        var needed = await NeededAsync(cancellationToken);
        var markers = await files.KeysAsync("local:c", key => files.Names.IsChunk(key["local:".Length..]), cancellationToken);
        var marked = markers.Select(key => key["local:".Length..]).ToHashSet(StringComparer.Ordinal);
        var graceEndsMs = local.NowMs - (long)FileLimits.ChunkGrace.TotalMilliseconds;
        var garbage = new List<string>();
        for (string? position = ""; position is not null;)
        {
            (var records, position) = await local.ReadPageAsync("c", position, withValues: false, cancellationToken);
            garbage.AddRange(records
                .Where(record => files.Names.IsChunk(record.Key) && !needed.Contains(record.Key)
                    && (marked.Contains(record.Key) || record.UpdatedAtMs <= graceEndsMs))
                .Select(record => record.Key));
        }

        await using var batch = new FileBatch(local, cancellationToken);
        foreach (var key in garbage)
        {
            await batch.AddAsync(new LocalChange { Key = key, Op = CommitOp.Delete, EditTimeMs = local.NowMs });
        }

        foreach (var marker in markers)
        {
            await batch.AddAsync(new LocalChange { Key = marker, Op = CommitOp.Delete, EditTimeMs = local.NowMs, IsPushed = false });
        }

        await batch.FlushAsync();
        Log.ChunksCollected(files.Logger, garbage.Count);
        return garbage.Count;
    }

    private async ValueTask<bool> IsUnsettledAsync(CancellationToken cancellationToken)
    {
        var store = files.Local.Store;
        var counts = await store.CountAsync(cancellationToken);
        if (counts.Pending > 0)
        {
            return true;
        }

        return counts.Dead > 0
            && (await store.ListRefusedAsync(int.MaxValue, cancellationToken)).Any(item => files.Names.IsManifest(item.Key) || files.Names.IsChunk(item.Key));
    }

    private async ValueTask<HashSet<string>> NeededAsync(CancellationToken cancellationToken)
    {
        var needed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var key in await files.KeysAsync("f", files.Names.IsManifest, cancellationToken))
        {
            // One that can't be opened throws: what it needs is not known, so nothing may go.
            needed.UnionWith((await files.ReadAsync(key, cancellationToken))?.Chunks ?? []);
        }

        await foreach (var conflict in conflicts.ReadAllAsync(cancellationToken))
        {
            if (files.Names.IsManifest(conflict.Key))
            {
                needed.UnionWith(Needed(conflict, conflict.Local));
                needed.UnionWith(Needed(conflict, conflict.Remote));
            }
            else if (files.Names.IsChunk(conflict.Key))
            {
                needed.Add(conflict.Key);
            }
        }

        return needed;
    }

    private IReadOnlyList<string> Needed(ConflictRecord conflict, ConflictSide side)
    {
        if (side.Op == CommitOp.Delete)
        {
            return [];
        }

        var value = files.Local.Codec.TryOpen(conflict.Key, side.Value, side.Metadata, out var problem)
            ?? throw new AtException(AtFault.CannotOpen, $"Conflict {conflict.Id} can't be opened ({problem}), so that it is not known which chunks it needs.");
        return files.ReadManifest(value)?.Chunks ?? [];
    }
}
