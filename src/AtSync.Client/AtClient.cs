using System.Runtime.CompilerServices;
using AtSync.Client.Conflicts;
using AtSync.Client.Files;
using AtSync.Client.Local;
using AtSync.Client.Sync;
using AtSync.Protocol;
using AtSync.Storage.Local;

namespace AtSync.Client;

/// <summary>
/// One atSign on one device: a store that works offline and is kept equal to the remote secondary. Every method may be called concurrently.
/// Public methods leave the caller's context once, so a user interface may await them.
/// </summary>
public sealed class AtClient : IAsyncDisposable
{
    private readonly ClientCore _core;

    private AtClient(ClientCore core)
    {
        _core = core;
        Conflicts = new ConflictInbox(core.Conflicts);
        Files = new FileRecords(core.Files, core.Conflicts);
    }

    /// <summary>Opens (or makes) the local secondary. Touches no network.</summary>
    /// <exception cref="AtException"><see cref="AtFault.Store"/>, <see cref="AtFault.Keys"/>.</exception>
    public static Task<AtClient> OpenAsync(AtClientOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Edge.RunAsync(async () =>
        {
            var store = await LocalStores.OpenAsync(options, cancellationToken);
            return new AtClient(await ClientCore.OpenAsync(options, store, cancellationToken));
        });
    }

    /// <summary>A client on a store of the caller's choice, which it disposes; for tests and simulated worlds.</summary>
    internal static Task<AtClient> OpenAsync(AtClientOptions options, ILocalStore store, CancellationToken cancellationToken) =>
        Edge.RunAsync(async () => new AtClient(await ClientCore.OpenAsync(options, store, cancellationToken)));

    /// <summary>Whose data it is.</summary>
    public AtSign AtSign => _core.AtSign;

    /// <summary>The conflict inbox.</summary>
    public ConflictInbox Conflicts { get; }

    /// <summary>Files as records.</summary>
    public FileRecords Files { get; }

    /// <summary>Seals and stores a text. Durable on return; pushed when next in touch.</summary>
    public Task PutAsync(string key, string value, PutOptions? options = null, CancellationToken cancellationToken = default) =>
        WriteAsync([new AtWrite(key, AtValue.OfText(value), options)], cancellationToken);

    /// <summary>Seals and stores bytes. Durable on return.</summary>
    public Task PutAsync(string key, ReadOnlyMemory<byte> value, PutOptions? options = null, CancellationToken cancellationToken = default) =>
        WriteAsync([new AtWrite(key, AtValue.OfBytes(value), options)], cancellationToken);

    /// <summary>
    /// Makes all writes or none, in one transaction, durable on return. Later writes of a key win; deleting what is not there changes nothing.
    /// Cancelling never undoes a write that was made.
    /// </summary>
    /// <exception cref="AtException"><see cref="AtFault.InvalidArgument"/>, <see cref="AtFault.Keys"/>, <see cref="AtFault.Store"/>; <see cref="AtFault.Refused"/> for an immutable record.</exception>
    public Task WriteAsync(IReadOnlyList<AtWrite> writes, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(writes);
        return Edge.RunAsync(() => _core.WriteAsync(writes, cancellationToken));
    }

    /// <summary>The value, from the local secondary; null when absent, expired or not yet born.</summary>
    /// <exception cref="AtException"><see cref="AtFault.CannotOpen"/>: sealed by another scheme or key; the record is left as it is.</exception>
    public Task<AtValue?> GetAsync(string key, CancellationToken cancellationToken = default) =>
        Edge.RunAsync(() => _core.GetAsync(key, isUnbornToo: false, cancellationToken));

    /// <summary>As <see cref="GetAsync"/>, but a record that is not yet born too: for copies of everything.</summary>
    /// <exception cref="AtException"><see cref="AtFault.CannotOpen"/>: sealed by another scheme or key; the record is left as it is.</exception>
    public Task<AtValue?> GetStoredAsync(string key, CancellationToken cancellationToken = default) =>
        Edge.RunAsync(() => _core.GetAsync(key, isUnbornToo: true, cancellationToken));

    /// <summary>Straight from the remote secondary, the local one untouched; null when absent, expired or not yet born.</summary>
    public Task<AtValue?> GetRemoteAsync(string key, CancellationToken cancellationToken = default) =>
        Edge.RunAsync(() => _core.GetRemoteAsync(key, cancellationToken));

    /// <summary>Straight to the remote secondary; the local one learns of it by the next sync. Returns the commit id.</summary>
    public Task<long> WriteRemoteAsync(AtWrite write, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(write);
        return Edge.RunAsync(() => _core.WriteRemoteAsync(write, cancellationToken));
    }

    /// <summary>Keys of the remote secondary (its <c>scan</c>).</summary>
    public Task<IReadOnlyList<string>> ScanRemoteAsync(string? regex, CancellationToken cancellationToken = default) =>
        Edge.RunAsync(() => _core.ScanRemoteAsync(regex, cancellationToken));

    /// <summary>Deletes. Durable on return; false when it was not there (nothing is pushed then).</summary>
    public Task<bool> DeleteAsync(string key, CancellationToken cancellationToken = default) =>
        Edge.RunAsync(() => _core.DeleteAsync(key, cancellationToken));

    /// <summary>
    /// Records of the local secondary in ordinal order of the full key, without values; hidden and system keys and records that are not yet born are left
    /// out unless asked for.
    /// </summary>
    public async IAsyncEnumerable<AtRecord> ScanAsync(
        string? regex = null, bool includeHidden = false, bool includeUnborn = false, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var filter = ClientCore.Filter(regex);
        string? position = "";
        while (position is not null)
        {
            var after = position;
            (var records, position) = await Edge.RunAsync(() => _core.ScanPageAsync(filter, includeHidden, includeUnborn, after, cancellationToken));
            foreach (var record in records)
            {
                yield return record;
            }
        }
    }

    /// <summary>
    /// Changes from now on, each after it is durable: of this process from the call on, and of every other process that has the store open, as soon as
    /// the reading has begun. A reader that is further behind than the store keeps changes (<see cref="LocalStoreLimits.ChangesMax"/>), or that was
    /// stopped for minutes, is ended with an exception (<see cref="AtFault.FellBehind"/>). Read the watch or never ask for it: until it is read
    /// to its end or its enumerator is disposed, changes are kept for it.
    /// </summary>
    public IAsyncEnumerable<RecordChange> WatchAsync(string? regex = null, CancellationToken cancellationToken = default)
    {
        // Listening begins here, not at the reader's first wait: what is written in between belongs to "from now on".
        ChangeWatch watch;
        try
        {
            watch = _core.Watch(ClientCore.Filter(regex));
        }
        catch (Exception failure) when (Edge.Translate(failure) is { } translated)
        {
            throw translated;
        }

        return Read(watch, cancellationToken);

        static async IAsyncEnumerable<RecordChange> Read(ChangeWatch watch, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            using (watch)
            {
                while (await Edge.RunAsync(() => watch.NextAsync(cancellationToken)) is { } changes)
                {
                    foreach (var change in changes)
                    {
                        yield return change;
                    }
                }
            }
        }
    }

    /// <summary>One round, joined by all callers: pulls, pushes, and returns when in step or with a named cause.</summary>
    /// <exception cref="AtException">Network, refused credentials, store, identity changed.</exception>
    public Task<SyncResult> SyncAsync(CancellationToken cancellationToken = default) => Edge.RunAsync(() => _core.SyncAsync(cancellationToken));

    /// <summary>Waits until what was written before the call is pushed and the remote's state at the call is pulled.</summary>
    public Task<SyncResult> WaitUntilCaughtUpAsync(CancellationToken cancellationToken = default) =>
        Edge.RunAsync(() => _core.WaitUntilCaughtUpAsync(cancellationToken));

    /// <summary>Progress of running rounds, newest only. Ends when the client is disposed.</summary>
    public async IAsyncEnumerable<SyncProgress> ProgressAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var subscription = _core.WatchProgress();
        await foreach (var progress in subscription.Values.ReadAllAsync(cancellationToken))
        {
            yield return progress;
        }
    }

    /// <summary>Counts, cursor, last error.</summary>
    public Task<ClientStatus> GetStatusAsync(CancellationToken cancellationToken = default) => Edge.RunAsync(() => _core.GetStatusAsync(cancellationToken));

    /// <summary>Refused edits (dead letters and those backing off).</summary>
    public Task<IReadOnlyList<RefusedEdit>> ListRefusedAsync(CancellationToken cancellationToken = default) =>
        Edge.RunAsync(() => _core.ListRefusedAsync(cancellationToken));

    /// <summary>Makes refused edits due again; all when <paramref name="key"/> is null.</summary>
    public Task<int> RetryRefusedAsync(string? key, CancellationToken cancellationToken = default) =>
        Edge.RunAsync(() => _core.RetryRefusedAsync(key, cancellationToken));

    /// <summary>Verifies the store's file; empty when all is well.</summary>
    public Task<IReadOnlyList<string>> CheckAsync(CancellationToken cancellationToken = default) => Edge.RunAsync(() => _core.CheckAsync(cancellationToken));

    /// <summary>Ends the background loops, keeps the position and closes the store. What was written is durable already.</summary>
    public async ValueTask DisposeAsync() => await Edge.RunAsync(async () => await _core.DisposeAsync());
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
