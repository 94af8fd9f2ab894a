using AtSync.Protocol;

namespace AtSync.Storage.Server;

/// <summary>
/// The durable stores of all atSigns that one server hosts. How they share files, transactions and fsyncs is the engine's secret.
/// May be called concurrently.
/// </summary>
public interface IStorageEngine : IAsyncDisposable
{
    /// <summary>The store of a hosted atSign, or null when it is not hosted here. Cheap: a lookup, no file is opened.</summary>
    ValueTask<IKeyStore?> FindAsync(AtSign atSign, CancellationToken cancellationToken);

    /// <summary>Makes the store of a new atSign with a fresh epoch id. Durable on return.</summary>
    /// <exception cref="InvalidOperationException">The atSign is already hosted.</exception>
    ValueTask<IKeyStore> AddAsync(AtSign atSign, CancellationToken cancellationToken);

    /// <summary>Deletes the atSign and everything it holds. Durable on return. False when it was not hosted.</summary>
    ValueTask<bool> RemoveAsync(AtSign atSign, CancellationToken cancellationToken);

    /// <summary>Every hosted atSign in ordinal order, with its counts.</summary>
    IAsyncEnumerable<StoreSummary> ListAsync(CancellationToken cancellationToken);

    /// <summary>Verifies the files: structure, indexes, counts. Empty when all is well, else one line for a person per finding.</summary>
    ValueTask<IReadOnlyList<string>> CheckAsync(CancellationToken cancellationToken);
}

/// <summary>One line of <see cref="IStorageEngine.ListAsync"/>.</summary>
/// <param name="AtSign">Whose store.</param>
/// <param name="Records">Records held, deletions not counted.</param>
/// <param name="Bytes">Sum of key, value and metadata lengths of those records, UTF-8 bytes.</param>
/// <param name="LastCommitId">Highest commit id ever given out, -1 when none.</param>
public sealed record StoreSummary(AtSign AtSign, long Records, long Bytes, long LastCommitId);
