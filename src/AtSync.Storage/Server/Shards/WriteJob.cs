namespace AtSync.Storage.Server.Shards;

/// <summary>
/// Something to be done on a shard's writer inside a transaction that other jobs may share. The caller's wait ends after the commit,
/// and never runs the caller's code on the writer.
/// </summary>
internal abstract class WriteJob
{
    /// <summary>About how much of a shared transaction it takes; see <see cref="ShardWriter.GroupWeightMax"/>.</summary>
    public virtual int Weight => 1;

    /// <summary>Does the work. May be called again in a transaction of its own when the shared one failed.</summary>
    public abstract void Run(ShardTransaction transaction);

    /// <summary>The transaction is on disk.</summary>
    public abstract void Complete();

    /// <summary>Nothing was done.</summary>
    public abstract void Fail(Exception failure);
}

/// <summary>A job with an answer.</summary>
internal abstract class WriteJob<TResult> : WriteJob
{
    private readonly TaskCompletionSource<TResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TResult _result = default!;

    /// <summary>Ends after the commit, or with what made it impossible.</summary>
    public Task<TResult> Completion => _completion.Task;

    /// <inheritdoc/>
    public sealed override void Run(ShardTransaction transaction) => _result = Work(transaction);

    /// <inheritdoc/>
    public sealed override void Complete() => _completion.TrySetResult(_result);

    /// <inheritdoc/>
    public sealed override void Fail(Exception failure) => _completion.TrySetException(failure);

    /// <summary>The work and its answer.</summary>
    protected abstract TResult Work(ShardTransaction transaction);
}

/// <summary>The changes of one <see cref="IKeyStore.ApplyAsync"/> call.</summary>
internal sealed class ApplyJob(SqliteKeyStore store, IReadOnlyList<StoreChange> changes) : WriteJob<ChangeResult[]>
{
    /// <inheritdoc/>
    public override int Weight => changes.Count;

    /// <inheritdoc/>
    protected override ChangeResult[] Work(ShardTransaction transaction)
    {
        var results = new ChangeResult[changes.Count];
        for (var i = 0; i < results.Length; i++)
        {
            results[i] = transaction.Apply(store, changes[i]);
        }

        return results;
    }
}

/// <summary>A <see cref="IKeyStore.RemoveExpiredAsync"/> call.</summary>
internal sealed class RemoveExpiredJob(SqliteKeyStore store, long nowMs, int limit) : WriteJob<IReadOnlyList<string>>
{
    /// <inheritdoc/>
    protected override IReadOnlyList<string> Work(ShardTransaction transaction) => transaction.RemoveExpired(store, nowMs, limit);
}

/// <summary>One call of <see cref="IStoreImport.AddAsync"/>.</summary>
internal sealed class ImportJob(SqliteKeyStore store, IReadOnlyList<StoredRecord> rows, IReadOnlyList<StoredNotification> notifications) : WriteJob<bool>
{
    /// <inheritdoc/>
    public override int Weight => rows.Count + notifications.Count;

    /// <inheritdoc/>
    protected override bool Work(ShardTransaction transaction) => transaction.Import(store, rows, notifications) ? true
        : throw new StoreException(StoreFault.Corrupt, $"What is imported as {store.Owner} is damaged: a key, commit id or notification comes twice.");
}

/// <summary>Work on the directory of tenants.</summary>
internal sealed class TenantJob<TResult>(Func<ShardTransaction, TResult> work) : WriteJob<TResult>
{
    /// <inheritdoc/>
    protected override TResult Work(ShardTransaction transaction) => work(transaction);
}
