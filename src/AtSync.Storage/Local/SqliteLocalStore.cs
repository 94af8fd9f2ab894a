using System.Globalization;
using AtSync.Protocol;
using AtSync.Storage.Local.Core;
using AtSync.Storage.Local.Sqlite;
using AtSync.Storage.Sqlite;

namespace AtSync.Storage.Local;

/// <summary>
/// A local store in one SQLite file (<c>local.db</c>) of its folder. Local writes are fsynced when they return and share the fsync with
/// concurrent ones; pulled pages and acknowledgements are not, since they come again. Any number of processes may have it open: each
/// transaction begins with <c>BEGIN IMMEDIATE</c> and reads the counters anew.
/// </summary>
/// <remarks>Reads and a lone writer run on the caller's thread.</remarks>
public sealed class SqliteLocalStore : TransactionalLocalStore
{
    private const string FileName = "local.db";
    private const string ArchivePrefix = "archive-";
    private const int WriterCacheKib = 16 * 1024;

    /// <summary>40 MB of WAL: in bulk a page of the file is then copied back once for many changes.</summary>
    private const int WalAutoCheckpointPages = 10_000;

    private readonly LocalStoreOptions _options;
    private readonly LocalSession _writer;
    private readonly ReaderPool _readers;
    private readonly CommitQueue _queue;
    private readonly SignalFile _signal;
    private readonly Lock _sync = new(); // guards the two fields below
    private FileLock? _syncLock;
    private bool _isDisposed;
    private Durability _durability = Durability.Fsynced;

    private SqliteLocalStore(LocalStoreOptions options, SqliteDatabase writer, string deviceId)
    {
        _options = options;
        DeviceId = deviceId;
        _writer = new LocalSession(writer, options.Limits);
        _readers = new ReaderPool(() => new LocalSession(OpenDatabase(options, isReader: true), options.Limits));
        _queue = new CommitQueue(Commit);
        _signal = new SignalFile(options.Folder, options.Random);
    }

    /// <inheritdoc/>
    public override AtSign Owner => _options.AtSign;

    /// <inheritdoc/>
    public override string DeviceId { get; }

    private protected override TimeProvider Time => _options.TimeProvider;

    /// <summary>Opens the store in the folder, making it when there is none.</summary>
    /// <exception cref="StoreException">It is unreadable, damaged, newer than this program, or another atSign's; it was left as it is.</exception>
    public static ValueTask<SqliteLocalStore> OpenAsync(LocalStoreOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        cancellationToken.ThrowIfCancellationRequested();
        StoreFolder.Prepare(options.Folder, Path.Combine(options.Folder, FileName));
        var writer = OpenDatabase(options, isReader: false);
        try
        {
            return new ValueTask<SqliteLocalStore>(new SqliteLocalStore(options, writer, StoreIdentity.Claim(writer, options)));
        }
        catch
        {
            writer.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask BeginResyncAsync(
        IReadOnlyList<KeyValuePair<string, string?>> properties, CancellationToken cancellationToken)
    {
        Archive();
        await base.BeginResyncAsync(properties, cancellationToken);
    }

    /// <inheritdoc/>
    public override IAsyncDisposable? TryTakeSyncLock()
    {
        lock (_sync)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_syncLock is not null || FileLock.TryTake(Path.Combine(_options.Folder, "sync.lock")) is not { } taken)
            {
                return null;
            }

            _syncLock = taken;
            return new Held(this, taken);
        }
    }

    /// <inheritdoc/>
    public override void Signal()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        _signal.Set();
    }

    /// <inheritdoc/>
    public override Task WaitForSignalAsync(CancellationToken cancellationToken) =>
        _signal.WaitAsync(_options.Limits.SignalPoll, _options.TimeProvider, cancellationToken);

    /// <inheritdoc/>
    public override async ValueTask<IReadOnlyList<string>> CheckAsync(CancellationToken cancellationToken) =>
        await ReadAsync(core => StoreCheck.Find(((SqliteTables)core.Tables).Database, core.Tables.State), cancellationToken);

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        lock (_sync)
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
        }

        await _queue.CloseAsync();
        Release(_syncLock);
        _signal.Dispose();
        _readers.Dispose();
        _writer.Dispose();
    }

    internal override ValueTask<T> ReadAsync<T>(Func<LocalCore, T> work, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new ValueTask<T>(_readers.Read(work));
    }

    internal override async ValueTask<T> WriteAsync<T>(Func<LocalCore, T> work, Durability durability, CancellationToken cancellationToken)
    {
        var request = new CommitQueue.Request<T>(work, durability);
        await _queue.RunAsync(request, cancellationToken);
        return request.Result;
    }

    private static SqliteDatabase OpenDatabase(LocalStoreOptions options, bool isReader)
    {
        var sqlite = new SqliteOptions
        {
            Path = Path.Combine(options.Folder, FileName),
            IsReader = isReader,
            BusyTimeoutMs = (int)options.Limits.BusyTimeout.TotalMilliseconds,
            WalAutoCheckpointPages = WalAutoCheckpointPages,
            MaxPages = isReader ? 0 : options.Limits.FileBytesMax / 4096,
        };
        return SqliteDatabase.Open(isReader ? sqlite : sqlite with { CacheKib = WriterCacheKib }, LocalSchema.Instance);
    }

    /// <summary>One transaction for the group. A request that fails is left out and the others are done again without it.</summary>
    private void Commit(IReadOnlyList<CommitQueue.Request> group)
    {
        var remaining = new List<CommitQueue.Request>(group);
        while (remaining.Count > 0 && TryCommit(remaining) is { } failed)
        {
            remaining.Remove(failed);
        }
    }

    private CommitQueue.Request? TryCommit(List<CommitQueue.Request> requests)
    {
        CommitQueue.Request? current = null;
        try
        {
            UseDurability(requests[0].Durability);
            _writer.Database.BeginImmediate();
            _writer.Tables.Load();
            _writer.Core.Begin();
            _writer.Core.NotesChanges = IsWatched(_writer.Tables.State);
            var noted = _writer.Tables.State.ChangeSeq;
            foreach (var request in requests)
            {
                current = request;
                request.Run(_writer.Core);
            }

            current = null;
            _writer.Tables.Save();
            _writer.Database.Commit();
            if (_writer.Tables.State.ChangeSeq != noted)
            {
                _signal.Set();
            }

            return null;
        }
        catch (Exception failure)
        {
            // Everything: each caller gets its own failure, and the queue goes on.
            _writer.Database.Rollback();
            if (current is not null)
            {
                current.Failure = failure;
                return current;
            }

            foreach (var request in requests)
            {
                request.Failure = failure;
            }

            return null;
        }
    }

    /// <summary>One connection for both kinds: a second one would drop this one's page cache with every commit.</summary>
    private void UseDurability(Durability durability)
    {
        if (durability != _durability)
        {
            _writer.Database.Execute(durability == Durability.Fsynced ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
            _durability = durability;
        }
    }

    /// <summary>A whole copy beside the store, since the remote may have lost what is about to be replaced.</summary>
    private void Archive()
    {
        var stamp = Time.GetUtcNow().ToUnixTimeMilliseconds().ToString("D15", CultureInfo.InvariantCulture);
        var path = Path.Combine(_options.Folder, $"{ArchivePrefix}{stamp}.db");
        try
        {
            File.Delete(path);
            using (var database = OpenDatabase(_options, isReader: false))
            {
                database.Execute($"VACUUM INTO '{(path + ".part").Replace("'", "''", StringComparison.Ordinal)}'");
            }

            File.Move(path + ".part", path, overwrite: true);
            var archives = Directory.GetFiles(_options.Folder, ArchivePrefix + "*.db");
            Array.Sort(archives, StringComparer.Ordinal);
            foreach (var old in archives.AsSpan(0, Math.Max(0, archives.Length - _options.Limits.ArchivesMax)))
            {
                File.Delete(old);
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new StoreException(StoreFault.Unreadable, $"The archive copy '{path}' can't be made before the resync: {failure.Message}", failure);
        }
    }

    private void Release(FileLock? taken)
    {
        lock (_sync)
        {
            if (taken is not null && _syncLock == taken)
            {
                _syncLock = null;
                taken.Dispose();
            }
        }
    }

    private sealed class Held(SqliteLocalStore store, FileLock taken) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            store.Release(taken);
            return default;
        }
    }
}
