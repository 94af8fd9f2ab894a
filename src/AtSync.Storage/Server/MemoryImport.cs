namespace AtSync.Storage.Server;

/// <summary>An import into a <see cref="MemoryEngine"/>: a store that is not in its map yet.</summary>
internal sealed class MemoryImport(MemoryEngine engine, MemoryKeyStore staging) : IStoreImport
{
    /// <inheritdoc/>
    public ValueTask AddAsync(
        IReadOnlyList<StoredRecord> rows, IReadOnlyList<StoredNotification> notifications, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return staging.Import(rows, notifications) ? ValueTask.CompletedTask
            : throw new StoreException(StoreFault.Corrupt, $"What is imported as {staging.Owner} is damaged: a key, commit id or notification comes twice.");
    }

    /// <inheritdoc/>
    public ValueTask<IKeyStore> CompleteAsync(EpochOrigin origin, bool replaces, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(origin);
        cancellationToken.ThrowIfCancellationRequested();
        engine.Complete(staging, origin, replaces);
        return ValueTask.FromResult<IKeyStore>(staging);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
