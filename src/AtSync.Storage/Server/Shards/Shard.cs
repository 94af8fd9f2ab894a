using AtSync.Storage.Sqlite;
using Microsoft.Extensions.Logging;

namespace AtSync.Storage.Server.Shards;

/// <summary>One shard file: its writer and its readers.</summary>
internal sealed class Shard : IAsyncDisposable
{
    // A large WAL makes bulk writing cheaper; it is overwritten, not extended, once it has its size.
    private const int WalAutoCheckpointPages = 10_000;

    // What a backup or a long read made it grow beyond that is given back.
    private const long WalBytesKept = 64 * 1024 * 1024;

    private readonly SqliteDatabase _database;
    private readonly SqliteOptions _readerOptions;

    private Shard(SqliteDatabase database, SqliteEngineOptions options, QuotaDefault quota, ILogger logger)
    {
        _database = database;
        Path = database.Path;
        _readerOptions = new SqliteOptions { Path = Path, IsReader = true, CacheKib = options.ReaderCacheKib };
        Writer = new ShardWriter(database, quota, logger);
        Readers = new ReaderPool(OpenReader, options.ReadersPerShard);
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The one writer.</summary>
    public ShardWriter Writer { get; }

    /// <summary>The readers.</summary>
    public ReaderPool Readers { get; }

    /// <summary>Opens or makes the file of shard <paramref name="position"/> of <paramref name="count"/>.</summary>
    /// <param name="path">The file.</param>
    /// <param name="position">From 0.</param>
    /// <param name="count">Of the whole folder.</param>
    /// <param name="isNewFolder">Whether the folder was never finished, so that the file may hold nothing yet.</param>
    /// <param name="options">Of the engine.</param>
    /// <param name="quota">Of the engine.</param>
    /// <param name="logger">Where failures go.</param>
    public static Shard Open(
        string path, int position, int count, bool isNewFolder, SqliteEngineOptions options, QuotaDefault quota, ILogger logger)
    {
        if (isNewFolder && !File.Exists(path))
        {
            Make(path, position, count);
        }

        var database = SqliteDatabase.Open(
            new SqliteOptions
            {
                Path = path,
                CacheKib = options.WriterCacheKib,
                WalAutoCheckpointPages = WalAutoCheckpointPages,
                WalBytesKept = WalBytesKept,
                MaxPages = options.PagesPerShardMax,
            },
            ShardSchema.Schema);
        try
        {
            if (isNewFolder)
            {
                Claim(database, position, count);
            }

            TenantTable.ForgetImports(database);
            if (database.ReadLong("SELECT position FROM shard") != position || database.ReadLong("SELECT count FROM shard") != count)
            {
                throw new StoreException(StoreFault.Corrupt,
                    $"The key store '{path}' is not part {position + 1} of {count} of this folder: files were renamed or mixed. Restore the folder from one copy.");
            }

            return new Shard(database, options, quota, logger);
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>How many files the folder of an existing first file has.</summary>
    public static int ReadCount(string path)
    {
        using var database = SqliteDatabase.Open(new SqliteOptions { Path = path }, ShardSchema.Schema);
        var count = database.ReadLong("SELECT count FROM shard");

        return count is >= 1 and <= SqliteEngineOptions.ShardsMax ? (int)count : throw new StoreException(StoreFault.Corrupt,
            $"The key store '{path}' is damaged: it says that it is one of {count} files. Restore the folder from one copy.");
    }

    /// <summary>A connection for what takes long (verifying, copying, exporting), outside the pool so that nobody waits for it.</summary>
    public SqliteDatabase OpenAside() => SqliteDatabase.Open(_readerOptions, ShardSchema.Schema);

    /// <summary>A reader for what takes long, see <see cref="OpenAside"/>; its caller disposes it.</summary>
    public ShardReader OpenReader()
    {
        var database = OpenAside();
        try
        {
            return new ShardReader(database);
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>Closes the file of a shard whose writer was never started.</summary>
    public void Abandon() => _database.Dispose();

    /// <summary>Finishes what is queued and closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        await Readers.DisposeAsync();
        await Writer.DisposeAsync();
    }

    /// <summary>Makes the file under another name, so that one with its own name is never without its content.</summary>
    private static void Make(string path, int position, int count)
    {
        var unfinished = path + ".new";
        try
        {
            foreach (var leftOver in new[] { unfinished, unfinished + "-wal", unfinished + "-shm" })
            {
                File.Delete(leftOver);
            }

            using (var database = SqliteDatabase.Open(new SqliteOptions { Path = unfinished, GivesSpaceBack = true }, ShardSchema.Schema))
            {
                Claim(database, position, count);
            }

            File.Move(unfinished, path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new StoreException(StoreFault.Unreadable, $"The key store '{path}' can't be made: {failure.Message}", failure);
        }
    }

    private static void Claim(SqliteDatabase database, int position, int count)
    {
        if (database.ReadLong("SELECT count(*) FROM tenant") > 0)
        {
            throw new StoreException(StoreFault.Corrupt,
                $"'{database.Path}' holds atSigns, but the first file of its folder is missing. Restore the folder from one copy.");
        }

        database.Execute(FormattableString.Invariant($"INSERT OR REPLACE INTO shard(id, position, count) VALUES(0, {position}, {count})"));
    }
}
