using System.Collections.Concurrent;
using AtSync.Storage.Local.Core;
using AtSync.Storage.Sqlite;

namespace AtSync.Storage.Local.Sqlite;

/// <summary>A connection with the rules over its tables.</summary>
internal sealed class LocalSession(SqliteDatabase database, LocalStoreLimits limits) : IDisposable
{
    public SqliteDatabase Database { get; } = database;

    public SqliteTables Tables { get; } = new(database);

    public LocalCore Core => field ??= new LocalCore(Tables, limits);

    public void Dispose() => Database.Dispose();
}

/// <summary>Connections for reading: one per reader at work, a few kept for the next. Reads run on the caller's thread, on a snapshot.</summary>
internal sealed class ReaderPool(Func<LocalSession> open) : IDisposable
{
    private const int KeptMax = 4;

    private readonly ConcurrentBag<LocalSession> _kept = [];
    private volatile bool _isDisposed;

    public T Read<T>(Func<LocalCore, T> work)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, typeof(SqliteLocalStore));
        if (!_kept.TryTake(out var session))
        {
            session = open();
        }

        try
        {
            session.Database.Begin();
            session.Tables.Load();
            session.Core.Begin();
            var result = work(session.Core);
            session.Database.Commit();
            return result;
        }
        catch
        {
            session.Database.Rollback();
            throw;
        }
        finally
        {
            Return(session);
        }
    }

    public void Dispose()
    {
        _isDisposed = true;
        while (_kept.TryTake(out var session))
        {
            session.Dispose();
        }
    }

    private void Return(LocalSession session)
    {
        if (_kept.Count >= KeptMax)
        {
            session.Dispose();
            return;
        }

        _kept.Add(session);
        if (_isDisposed)
        {
            Dispose();
        }
    }
}
