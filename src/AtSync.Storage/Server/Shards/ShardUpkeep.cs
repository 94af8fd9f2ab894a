using System.Globalization;
using AtSync.Storage.Sqlite;
using Microsoft.Extensions.Logging;

namespace AtSync.Storage.Server.Shards;

/// <summary>
/// What a shard's writer does while nobody waits: clears what removed atSigns left, then gives free pages back to the file system. In slices, each a
/// transaction of its own, so that whoever comes meanwhile waits for one slice at most.
/// </summary>
internal sealed class ShardUpkeep
{
    /// <summary>Rows of one slice.</summary>
    public const int RowsPerSlice = 500;

    /// <summary>Bytes at which a slice ends, whatever its rows: freeing a large value means reading its pages.</summary>
    public const int BytesPerSlice = 4 * 1024 * 1024;

    /// <summary>Pages of 4 KiB that one slice moves to the front of the file.</summary>
    public const int PagesPerSlice = 256;

    /// <summary>Free pages below which nothing is given back: they are used again soon.</summary>
    public const int FreePagesMin = 1024;

    /// <summary>Compaction begins when more than one page of so many is free, and goes on to the last one.</summary>
    private const int FreePart = 4;

    /// <summary>Committed transactions after which the free pages are looked at again.</summary>
    private const int TransactionsBetweenLooks = 200;

    private readonly SqliteDatabase _database;
    private readonly ShardTransaction _transaction;
    private readonly ILogger _logger;
    private readonly SqliteStatement _findRecords;
    private readonly SqliteStatement _removeRecord;
    private readonly SqliteStatement _sweepNotifications;
    private readonly SqliteStatement _sweepTenants;
    private readonly SqliteStatement _freePages;
    private readonly SqliteStatement _pages;
    private readonly string _compact = string.Create(CultureInfo.InvariantCulture, $"PRAGMA incremental_vacuum({PagesPerSlice})");
    private bool _isSweeping = true;
    private bool _isCompacting;
    private int _untilLook;

    public ShardUpkeep(SqliteDatabase database, ShardTransaction transaction, ILogger logger)
    {
        _database = database;
        _transaction = transaction;
        _logger = logger;
        _findRecords = database.Prepare("""
            SELECT id, octet_length(metadata) + coalesce(octet_length(value), 0) FROM record
            WHERE tenant IN (SELECT id FROM tenant WHERE name IS NULL) LIMIT ?1
            """);
        _removeRecord = database.Prepare("DELETE FROM record WHERE id=?1");
        _sweepNotifications = database.Prepare(
            "DELETE FROM notification WHERE position IN (SELECT position FROM notification WHERE tenant IN (SELECT id FROM tenant WHERE name IS NULL) LIMIT ?1)");
        _sweepTenants = database.Prepare(
            "DELETE FROM tenant WHERE name IS NULL AND NOT EXISTS (SELECT 1 FROM record WHERE record.tenant=tenant.id)"
            + " AND NOT EXISTS (SELECT 1 FROM notification WHERE notification.tenant=tenant.id)");
        _freePages = database.Prepare("PRAGMA freelist_count");
        _pages = database.Prepare("PRAGMA page_count");
    }

    /// <summary>Slices so far, and the most rows and pages that one of them changed: for tests.</summary>
    public (int Slices, int RowsMax, int PagesMax) Work { get; private set; }

    /// <summary>A tenant lost its name: its records go when there is nothing else to do.</summary>
    public void Sweep() => _isSweeping = true;

    /// <summary>The writer committed something.</summary>
    public void Committed() => _untilLook--;

    /// <summary>One slice. False when there is nothing to do.</summary>
    public bool TryRun()
    {
        if (_isSweeping)
        {
            _isSweeping = TryInTransaction(SweepSome);
            _untilLook = _isSweeping ? _untilLook : 0;
            return true;
        }

        if (!_isCompacting && _untilLook <= 0)
        {
            _untilLook = TransactionsBetweenLooks;
            _isCompacting = Read(_freePages) is var free && free >= FreePagesMin && free > Read(_pages) / FreePart;
        }

        if (!_isCompacting)
        {
            return false;
        }

        _isCompacting = TryInTransaction(CompactSome);
        if (!_isCompacting)
        {
            // The file becomes shorter only when its log is copied into it.
            TryCheckpoint();
        }

        return true;
    }

    /// <summary>False when nothing is left, or what is left has to wait for a better time.</summary>
    private bool TryInTransaction(Func<bool> slice)
    {
        try
        {
            _transaction.Begin();
            var isMore = slice();
            _transaction.Commit();
            return isMore;
        }
        catch (Exception failure)
        {
            // Part of the writer's loop. Nobody waits for it; the next opening, removal or look goes on with it.
            _transaction.Rollback();
            Log.SweepFailed(_logger, failure, _database.Path);
            return false;
        }
    }

    private bool SweepSome()
    {
        var ids = new List<long>();
        long bytes = 0;
        _findRecords.Bind(1, RowsPerSlice);
        while (bytes < BytesPerSlice && _findRecords.Step())
        {
            ids.Add(_findRecords.Long(0));
            bytes += _findRecords.Long(1);
        }

        _findRecords.Reset();
        foreach (var id in ids)
        {
            _removeRecord.Bind(1, id).Run();
        }

        var rows = ids.Count;
        if (rows == 0)
        {
            _sweepNotifications.Bind(1, RowsPerSlice).Run();
            rows = _database.Changes;
        }

        if (rows == 0)
        {
            _sweepTenants.Run();
        }

        Count(rows, pages: 0);
        return rows > 0;
    }

    private bool CompactSome()
    {
        var before = Read(_freePages);
        _database.Execute(_compact);
        var after = Read(_freePages);
        Count(rows: 0, (int)(before - after));

        // A file that was made without room for this gives nothing back: then it is not tried again and again.
        return after > 0 && after < before;
    }

    private void TryCheckpoint()
    {
        try
        {
            _database.Checkpoint();
        }
        catch (StoreException failure)
        {
            Log.SweepFailed(_logger, failure, _database.Path);
        }
    }

    private void Count(int rows, int pages) =>
        Work = (Work.Slices + 1, Math.Max(Work.RowsMax, rows), Math.Max(Work.PagesMax, pages));

    private static long Read(SqliteStatement pragma)
    {
        try
        {
            return pragma.Step() ? pragma.Long(0) : 0;
        }
        finally
        {
            pragma.Reset();
        }
    }
}
