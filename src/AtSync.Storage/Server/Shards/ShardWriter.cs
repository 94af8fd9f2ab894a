using System.Threading.Channels;
using AtSync.Storage.Sqlite;
using Microsoft.Extensions.Logging;

namespace AtSync.Storage.Server.Shards;

/// <summary>
/// The one writer of a shard, a loop on a thread of its own (it blocks in fsync). Group commit: whoever is in the queue when a
/// transaction is being filled shares it and its fsync; nobody waits for company. When a shared transaction fails, each of its jobs is
/// tried alone, so that a failure is told only to whom it belongs.
/// </summary>
internal sealed class ShardWriter : IAsyncDisposable
{
    /// <summary>Jobs that may wait; callers beyond it wait for a place, in order.</summary>
    public const int QueueMax = 1024;

    /// <summary>Changes after which a shared transaction is closed, so that those in it need not wait long for the others' work.</summary>
    public const int GroupWeightMax = 4096;

    /// <summary>Transactions after which a condition counts as over: on a full disk what is small enough may still fit now and then.</summary>
    private const int SoundInARowMin = 100;

    private readonly SqliteDatabase _database;
    private readonly ShardTransaction _transaction;
    private readonly ILogger _logger;
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<WriteJob> _group = [];

    // Synchronous continuations save a thread change between a caller and the blocked writer; what they run is ours and short.
    private readonly Channel<WriteJob> _queue = Channel.CreateBounded<WriteJob>(
        new BoundedChannelOptions(QueueMax) { SingleReader = true, AllowSynchronousContinuations = true });

    private StoreFault? _failing;
    private int _soundInARow;
    private long _transactions;

    /// <summary>Takes over the connection.</summary>
    public ShardWriter(SqliteDatabase database, QuotaDefault quota, ILogger logger)
    {
        _database = database;
        _transaction = new ShardTransaction(database, quota);
        Upkeep = new ShardUpkeep(database, _transaction, logger);
        _logger = logger;
    }

    /// <summary>Committed transactions, for tests of grouping.</summary>
    public long Transactions => Volatile.Read(ref _transactions);

    /// <summary>What is done while nobody waits.</summary>
    public ShardUpkeep Upkeep { get; }

    /// <summary>Starts the loop.</summary>
    public void Start() => new Thread(Loop) { IsBackground = true, Name = "store writer " + Path.GetFileName(_database.Path) }.Start();

    /// <summary>Queues the job and waits for its commit. Jobs run in the order of the calls. Cancelling the wait does not undo it.</summary>
    public async ValueTask<TResult> RunAsync<TResult>(WriteJob<TResult> job, CancellationToken cancellationToken)
    {
        try
        {
            await _queue.Writer.WriteAsync(job, cancellationToken);
        }
        catch (ChannelClosedException)
        {
            throw new ObjectDisposedException(nameof(SqliteEngine));
        }

        return await job.Completion.WaitAsync(cancellationToken);
    }

    /// <summary>Finishes what is queued, then closes the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _stopped.Task;
    }

    private void Loop()
    {
        try
        {
            while (Next() is { } job)
            {
                RunGroup(job);
            }
        }
        finally
        {
            _database.Dispose();
            _stopped.SetResult();
        }
    }

    private WriteJob? Next()
    {
        while (true)
        {
            if (_queue.Reader.TryRead(out var job))
            {
                return job;
            }

            if (!_queue.Reader.Completion.IsCompleted && Upkeep.TryRun())
            {
                continue;
            }

            // The thread is the loop's own, so it may block.
            if (!_queue.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
            {
                return null;
            }
        }
    }

    private void RunGroup(WriteJob first)
    {
        _group.Clear();
        if (TryCommit(first, shares: true) is not { } failure)
        {
            return;
        }

        Tell(failure);
        if (failure is StoreException { Fault: StoreFault.Full })
        {
            ReuseLog();
        }

        if (_group.Count == 1)
        {
            first.Fail(failure);
            return;
        }

        var jobs = _group.ToArray();
        foreach (var job in jobs)
        {
            _group.Clear();
            if (TryCommit(job, shares: false) is { } own)
            {
                job.Fail(own);
            }
        }
    }

    /// <summary>Runs the job, and with <paramref name="shares"/> those that are queued, in one transaction. Null, or why nothing was done.</summary>
    private Exception? TryCommit(WriteJob first, bool shares)
    {
        try
        {
            _group.Add(first);
            _transaction.Begin();
            first.Run(_transaction);
            var weight = first.Weight;
            while (shares && weight < GroupWeightMax && _queue.Reader.TryRead(out var job))
            {
                _group.Add(job);
                job.Run(_transaction);
                weight += job.Weight;
            }

            _transaction.Commit();
        }
        catch (Exception failure)
        {
            // The owner of the loop: the callers are told, and the loop goes on with a clean transaction.
            _transaction.Rollback();
            return failure;
        }

        if (_failing is not null && ++_soundInARow == SoundInARowMin)
        {
            _failing = null;
            Log.Recovered(_logger, _database.Path);
        }

        Volatile.Write(ref _transactions, _transactions + 1);
        Upkeep.Committed();
        foreach (var job in _group)
        {
            job.Complete();
        }

        return null;
    }

    /// <summary>A condition that lasts, a full disk for example, meets every write: it is said once, and its end.</summary>
    private void Tell(Exception failure)
    {
        var condition = (failure as StoreException)?.Fault;
        _soundInARow = 0;
        if (condition is not null && condition == _failing)
        {
            return;
        }

        _failing = condition;
        if (condition == StoreFault.Full)
        {
            Log.Full(_logger, _database.Path);
        }
        else
        {
            Log.WriteFailed(_logger, failure, _database.Path);
        }
    }

    // On a full disk the log can't grow, but once its pages are in the database it is written from its beginning again.
    private void ReuseLog()
    {
        try
        {
            _database.Checkpoint();
        }
        catch (StoreException)
        {
            // No room for that either; the callers are told of the failure that led here.
        }
    }
}
