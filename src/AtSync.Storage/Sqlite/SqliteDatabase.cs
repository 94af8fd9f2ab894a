using System.Globalization;
using SQLitePCL;

namespace AtSync.Storage.Sqlite;

/// <summary>
/// One connection to one file, over the raw C API. Used by one thread at a time; the owner sees to that. Every failure that the file
/// or the disk can cause is a <see cref="StoreException"/> naming the file.
/// </summary>
internal sealed class SqliteDatabase : IDisposable
{
    private readonly sqlite3 _handle;
    private readonly List<SqliteStatement> _statements = [];
    private SqliteStatement? _begin;
    private SqliteStatement? _beginImmediate;
    private SqliteStatement? _commit;

    static SqliteDatabase() => SqliteLibrary.Load();

    private SqliteDatabase(sqlite3 handle, string path)
    {
        _handle = handle;
        Path = path;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Whether a transaction is open. SQLite ends one by itself after some failures.</summary>
    public bool IsInTransaction => raw.sqlite3_get_autocommit(_handle) == 0;

    /// <summary>The rowid of the latest INSERT.</summary>
    public long LastInsertRowId => raw.sqlite3_last_insert_rowid(_handle);

    /// <summary>Rows changed by the latest INSERT, UPDATE or DELETE.</summary>
    public int Changes => raw.sqlite3_changes(_handle);

    /// <summary>
    /// Opens the file, makes or migrates it to <paramref name="schema"/> and sets the pragmas. A file that is refused is left as it was.
    /// </summary>
    public static SqliteDatabase Open(SqliteOptions options, SqliteSchema schema)
    {
        schema.Inspect(options.Path);
        var flags = raw.SQLITE_OPEN_NOMUTEX | raw.SQLITE_OPEN_READWRITE | (options.IsReader ? 0 : raw.SQLITE_OPEN_CREATE);
        var code = raw.sqlite3_open_v2(options.Path, out var handle, flags, null);
        var database = new SqliteDatabase(handle, options.Path);
        try
        {
            database.Check(code);
            database.Configure(options, schema);
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>Compiles a statement that lives as long as the connection.</summary>
    public SqliteStatement Prepare(string sql)
    {
        Check(raw.sqlite3_prepare_v3(_handle, sql, raw.SQLITE_PREPARE_PERSISTENT, out var statement));
        var prepared = new SqliteStatement(this, statement);
        _statements.Add(prepared);
        return prepared;
    }

    /// <summary>Compiles a statement that its caller disposes.</summary>
    public SqliteStatement PrepareOnce(string sql)
    {
        Check(raw.sqlite3_prepare_v3(_handle, sql, 0, out var statement));
        return new SqliteStatement(this, statement);
    }

    /// <summary>Runs a script of one or more statements without parameters; rows are dropped.</summary>
    public void Execute(string sql)
    {
        var rest = sql;
        while (!string.IsNullOrWhiteSpace(rest))
        {
            Check(raw.sqlite3_prepare_v3(_handle, rest, 0, out var statement, out var tail));
            using (statement)
            {
                rest = tail;
                if (statement.IsInvalid)
                {
                    continue;
                }

                int code;
                do
                {
                    code = raw.sqlite3_step(statement);
                }
                while (code == raw.SQLITE_ROW);

                Check(code);
            }
        }
    }

    /// <summary>First column of the first row as an integer; 0 for NULL or no row.</summary>
    public long ReadLong(string sql)
    {
        using var statement = PrepareOnce(sql);
        return statement.Step() ? statement.Long(0) : 0;
    }

    /// <summary>First column of every row as text; NULL as an empty string.</summary>
    public List<string> ReadTexts(string sql)
    {
        var rows = new List<string>();
        using var statement = PrepareOnce(sql);
        while (statement.Step())
        {
            rows.Add(statement.Text(0));
        }

        return rows;
    }

    /// <summary>Begins a read transaction; its snapshot is taken by the first read.</summary>
    public void Begin() => (_begin ??= Prepare("BEGIN")).Run();

    /// <summary>Begins a write transaction; waits at most the busy timeout for another writer.</summary>
    public void BeginImmediate() => (_beginImmediate ??= Prepare("BEGIN IMMEDIATE")).Run();

    /// <summary>Commits; on a durable connection it is on disk afterwards. When it throws, the transaction is still to be rolled back.</summary>
    public void Commit() => (_commit ??= Prepare("COMMIT")).Run();

    /// <summary>Ends the transaction, if there still is one, without a trace. Does not throw: it runs while another failure is on its way.</summary>
    public void Rollback()
    {
        foreach (var statement in _statements)
        {
            statement.Reset();
        }

        if (IsInTransaction)
        {
            // A rollback only fails where SQLite has rolled back already.
            raw.sqlite3_exec(_handle, "ROLLBACK");
        }
    }

    /// <summary>
    /// What is wrong with the file's structure, one line per finding, empty when nothing is. The full form also compares the indexes
    /// with the tables and takes much longer.
    /// </summary>
    public List<string> FindDamage(bool full, int limit = 100)
    {
        var pragma = full ? "integrity_check" : "quick_check";
        var findings = ReadTexts(string.Create(CultureInfo.InvariantCulture, $"PRAGMA {pragma}({limit})"));
        findings.RemoveAll(line => line == "ok");
        return findings;
    }

    /// <summary>Copies what the WAL holds into the file, as far as readers allow, without waiting.</summary>
    public void Checkpoint() => Check(raw.sqlite3_wal_checkpoint_v2(_handle, null, raw.SQLITE_CHECKPOINT_PASSIVE, out _, out _));

    /// <summary>
    /// Copies the file to a new one as the open read transaction sees it, in steps between which it may be cancelled; writers are not held
    /// up. The copy is on disk on return, readable by its owner only.
    /// </summary>
    /// <param name="path">The new file; must not exist.</param>
    /// <param name="progress">Told of pages done and pages in all after each step.</param>
    /// <param name="cancellationToken">Ends it; what was written is left behind.</param>
    public void CopyTo(string path, Action<int, int>? progress, CancellationToken cancellationToken) =>
        SqliteCopy.Run(_handle, Path, path, progress, cancellationToken);

    /// <summary>Ends a running statement of this connection from another thread; it throws <see cref="OperationCanceledException"/>.</summary>
    public void Interrupt() => raw.sqlite3_interrupt(_handle);

    /// <summary>Throws for a failed call.</summary>
    public void Check(int code) => SqliteErrors.Check(code, _handle.IsInvalid ? null : _handle, Path);

    /// <summary>Closes the file. An open transaction is rolled back.</summary>
    public void Dispose()
    {
        foreach (var statement in _statements)
        {
            statement.Dispose();
        }

        _statements.Clear();
        if (!_handle.IsInvalid && !_handle.IsClosed)
        {
            raw.sqlite3_close_v2(_handle);
        }
    }

    private void Configure(SqliteOptions options, SqliteSchema schema)
    {
        Check(raw.sqlite3_extended_result_codes(_handle, 1));
        Check(raw.sqlite3_busy_timeout(_handle, options.BusyTimeoutMs));

        // A store that turns out to be refused must not be checkpointed by the close.
        Check(raw.sqlite3_db_config(_handle, raw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, out _));
        schema.Read(this);
        Check(raw.sqlite3_db_config(_handle, raw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, out _));

        if (options.GivesSpaceBack)
        {
            // Means something only before the first page is written.
            Execute("PRAGMA auto_vacuum=INCREMENTAL");
        }

        UseWal(options.BusyTimeoutMs);
        Execute(string.Create(CultureInfo.InvariantCulture, $"""
            PRAGMA synchronous={(options.IsDurable ? "FULL" : "NORMAL")};
            PRAGMA mmap_size={options.MmapBytes};
            PRAGMA cache_size={-options.CacheKib};
            PRAGMA wal_autocheckpoint={options.WalAutoCheckpointPages};
            PRAGMA journal_size_limit={options.WalBytesKept};
            PRAGMA temp_store=MEMORY;
            PRAGMA cell_size_check=ON;
            """));
        if (options.MaxPages > 0)
        {
            Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA max_page_count={options.MaxPages}"));
        }

        schema.Migrate(this);
        if (options.IsReader)
        {
            Execute("PRAGMA query_only=ON");
        }
    }

    // Changing the journal mode does not wait for other connections as other statements do: SQLite answers "busy" at once.
    private void UseWal(int timeoutMs)
    {
        var isWal = false;
        StoreException? busy = null;
        SpinWait.SpinUntil(
            () =>
            {
                try
                {
                    isWal = ReadTexts("PRAGMA journal_mode=WAL") is ["wal"];
                    return true;
                }
                catch (StoreException failure) when (failure.Fault == StoreFault.Locked)
                {
                    busy = failure;
                    return false;
                }
            },
            timeoutMs);
        if (!isWal)
        {
            throw busy ?? new StoreException(StoreFault.Unreadable,
                $"The store '{Path}' can't be opened for writing with a write-ahead log: its folder or file system does not allow it.");
        }
    }
}
