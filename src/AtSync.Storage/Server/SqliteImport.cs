using AtSync.Storage.Server.Shards;

namespace AtSync.Storage.Server;

/// <summary>
/// An import into a shard: a tenant with a name that nobody looks for. Completing it is one transaction of its row; leaving it takes the
/// name away, and the writer clears its rows when it is idle, as it does when the next opening finds an import that never ended.
/// </summary>
internal sealed class SqliteImport(SqliteEngine engine, Shard shard, SqliteKeyStore staging) : IStoreImport
{
    private bool _isEnded;

    /// <inheritdoc/>
    public async ValueTask AddAsync(
        IReadOnlyList<StoredRecord> rows, IReadOnlyList<StoredNotification> notifications, CancellationToken cancellationToken) =>
        await shard.Writer.RunAsync(new ImportJob(staging, rows, notifications), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<IKeyStore> CompleteAsync(EpochOrigin origin, bool replaces, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(origin);
        var owner = staging.Owner;
        var isDone = await shard.Writer.RunAsync(
            new TenantJob<bool>(transaction => TenantTable.CompleteImport(
                transaction.Database, staging.TenantId, owner.Name, origin with { LastCommitId = Math.Max(origin.LastCommitId, staging.LastCommitId) }, replaces, shard.Writer)),
            cancellationToken);
        if (!isDone)
        {
            throw new InvalidOperationException($"{owner} is already hosted here.");
        }

        _isEnded = true;
        await engine.ForgetAsync(owner);
        return await engine.FindAsync(owner, CancellationToken.None)
            ?? throw new InvalidOperationException($"{owner} was removed again at once.");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_isEnded)
        {
            _isEnded = true;
            await shard.Writer.RunAsync(
                new TenantJob<bool>(transaction => TenantTable.Remove(transaction.Database, ":" + staging.EpochId, shard.Writer)), CancellationToken.None);
        }
    }
}
