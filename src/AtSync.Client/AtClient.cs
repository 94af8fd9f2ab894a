using AtSync.Client.Conflicts;
using AtSync.Client.Files;
using AtSync.Client.Sync;
using AtSync.Protocol;

namespace AtSync.Client;

/// <summary>
/// One atSign on one device: a store that works offline and is kept equal to the remote secondary. Every method may be called concurrently.
/// Public methods leave the caller's context once, so a user interface may await them.
/// </summary>
public sealed class AtClient : IAsyncDisposable
{
    /// <summary>Opens (or makes) the local secondary. Touches no network.</summary>
    /// <exception cref="AtException"><see cref="AtFault.Store"/>, <see cref="AtFault.Keys"/>.</exception>
    public static Task<AtClient> OpenAsync(AtClientOptions options, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Whose data it is.</summary>
    public AtSign AtSign => throw new NotImplementedException();

    /// <summary>The conflict inbox.</summary>
    public ConflictInbox Conflicts => throw new NotImplementedException();

    /// <summary>Files as records.</summary>
    public FileRecords Files => throw new NotImplementedException();

    /// <summary>Seals and stores a text. Durable on return; pushed when next in touch.</summary>
    public Task PutAsync(string key, string value, PutOptions? options = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Seals and stores bytes. Durable on return.</summary>
    public Task PutAsync(string key, ReadOnlyMemory<byte> value, PutOptions? options = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Makes all writes or none, in one transaction, durable on return.</summary>
    public Task WriteAsync(IReadOnlyList<AtWrite> writes, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>The value, from the local secondary; null when absent, expired or not yet born.</summary>
    public Task<AtValue?> GetAsync(string key, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Straight from the remote secondary, the local one untouched; null when absent, expired or not yet born.</summary>
    public Task<AtValue?> GetRemoteAsync(string key, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Straight to the remote secondary; the local one learns of it by the next sync. Returns the commit id.</summary>
    public Task<long> WriteRemoteAsync(AtWrite write, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Keys of the remote secondary (its <c>scan</c>).</summary>
    public Task<IReadOnlyList<string>> ScanRemoteAsync(string? regex, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Deletes. Durable on return; false when it was not there (nothing is pushed then).</summary>
    public Task<bool> DeleteAsync(string key, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Records of the local secondary in ordinal order of the full key, without values; hidden and system keys left out unless asked for.</summary>
    public IAsyncEnumerable<AtRecord> ScanAsync(string? regex = null, bool includeHidden = false, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Changes from now on, local and remote, each after it is durable. A reader that is more than <see cref="SyncLimits.ChangeQueueMax"/> behind is ended with an exception.</summary>
    public IAsyncEnumerable<RecordChange> WatchAsync(string? regex = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>One round, joined by all callers: pulls, pushes, and returns when in step or with a named cause.</summary>
    /// <exception cref="AtException">Network, refused credentials, store, identity changed.</exception>
    public Task<SyncResult> SyncAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Waits until what was written before the call is pushed and the remote's state at the call is pulled.</summary>
    public Task<SyncResult> WaitUntilCaughtUpAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Progress of running rounds, newest only.</summary>
    public IAsyncEnumerable<SyncProgress> ProgressAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Counts, cursor, last error.</summary>
    public Task<ClientStatus> GetStatusAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Refused edits (dead letters and those backing off).</summary>
    public Task<IReadOnlyList<RefusedEdit>> ListRefusedAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Makes refused edits due again; all when <paramref name="key"/> is null.</summary>
    public Task<int> RetryRefusedAsync(string? key, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Verifies the store's file; empty when all is well.</summary>
    public Task<IReadOnlyList<string>> CheckAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}

/// <summary>How the client stands.</summary>
/// <param name="AtSign">Whose store.</param>
/// <param name="Cursor">Remote commit id up to which everything was pulled; -1 = never.</param>
/// <param name="Records">Records held.</param>
/// <param name="Bytes">Their size, bytes.</param>
/// <param name="Pending">Edits waiting to be pushed.</param>
/// <param name="Refused">Dead letters.</param>
/// <param name="Quarantined">Entries set aside.</param>
/// <param name="Conflicts">Entries of the inbox.</param>
/// <param name="LastError">Why the last round failed, or null.</param>
/// <param name="LastSyncedAt">End of the last successful round, or null.</param>
public sealed record ClientStatus(AtSign AtSign, long Cursor, long Records, long Bytes, long Pending, long Refused, long Quarantined,
    long Conflicts, string? LastError, DateTimeOffset? LastSyncedAt);

/// <summary>An edit the remote refused.</summary>
/// <param name="Key">The full key.</param>
/// <param name="Error">Why.</param>
/// <param name="Attempts">Failed attempts.</param>
/// <param name="IsDead">Refused for good.</param>
public sealed record RefusedEdit(string Key, AtError Error, int Attempts, bool IsDead);
