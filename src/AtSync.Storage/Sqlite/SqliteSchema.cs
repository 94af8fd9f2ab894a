using System.Globalization;
using SQLitePCL;

namespace AtSync.Storage.Sqlite;

/// <summary>
/// A kind of store: who it is and how its tables came to be. Migration n brings a file from <c>user_version</c> n to n + 1; only
/// forwards, all in one transaction. A newer file is refused and not one byte of it is changed.
/// </summary>
/// <param name="Name">For messages: "key store", "local store".</param>
/// <param name="ApplicationId">Kept in the file's header, so that another program's database is not taken for ours.</param>
/// <param name="Migrations">SQL scripts, oldest first; published ones never change.</param>
internal sealed record SqliteSchema(string Name, int ApplicationId, IReadOnlyList<string> Migrations)
{
    private const int HeaderBytes = 100;

    /// <summary>The version this program writes.</summary>
    public int Version => Migrations.Count;

    /// <summary>
    /// Refuses a file that is not ours or newer by its header, before it is opened for use: opening alone may already write (a
    /// checkpoint of the WAL, the header).
    /// </summary>
    /// <remarks>
    /// Through SQLite and never through a file handle of our own: closing any handle of the file would drop the POSIX locks of every
    /// connection this process has to it, and another process would then take itself for the last one and delete the WAL in use.
    /// <c>immutable</c> reads the bare file without a lock and without the WAL. While a checkpoint is under way, or was when its process
    /// died, the bare file may be shorter than its header says; it is whole only together with the WAL, so then <see cref="Read"/> decides.
    /// </remarks>
    public void Inspect(string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists || file.Length == 0)
        {
            return;
        }

        // SQLite takes a file that is too short for a header for an empty one and would write over it.
        if (file.Length < HeaderBytes)
        {
            throw new StoreException(StoreFault.Corrupt, $"'{path}' is damaged or not a {Name}: it has no database header.");
        }

        SqliteLibrary.Load();
        var flags = raw.SQLITE_OPEN_READONLY | raw.SQLITE_OPEN_URI | raw.SQLITE_OPEN_NOMUTEX;
        var code = raw.sqlite3_open_v2(ImmutableUri(path), out var handle, flags, null);
        try
        {
            SqliteErrors.Check(code, handle.IsInvalid ? null : handle, path);
            Refuse(path, ReadHeader(handle, "PRAGMA application_id", path), ReadHeader(handle, "PRAGMA user_version", path));
        }
        catch (StoreException) when (raw.sqlite3_errcode(handle) == raw.SQLITE_CORRUPT && new FileInfo(path + "-wal") is { Exists: true, Length: > 0 })
        {
        }
        finally
        {
            raw.sqlite3_close_v2(handle);
        }
    }

    /// <summary>How to open the bare file: without a lock, without its WAL, and without leaving anything beside it.</summary>
    public static string ImmutableUri(string path)
    {
        var name = Path.GetFullPath(path).Replace('\\', '/').Replace("%", "%25", StringComparison.Ordinal)
            .Replace("?", "%3f", StringComparison.Ordinal).Replace("#", "%23", StringComparison.Ordinal);
        return $"file://{(name.StartsWith('/') ? "" : "/")}{name}?immutable=1";
    }

    private static int ReadHeader(sqlite3 handle, string pragma, string path)
    {
        SqliteErrors.Check(raw.sqlite3_prepare_v2(handle, pragma, out var statement), handle, path);
        using (statement)
        {
            SqliteErrors.Check(raw.sqlite3_step(statement), handle, path);
            return raw.sqlite3_column_int(statement, 0);
        }
    }

    /// <summary>Brings an open file to <see cref="Version"/>. The version is asked for again through the WAL, which may hold a newer header.</summary>
    public void Migrate(SqliteDatabase database)
    {
        var version = Read(database);
        if (version == Version)
        {
            return;
        }

        database.BeginImmediate();
        try
        {
            // Another process may have done it while this one waited for the lock.
            for (version = Read(database); version < Version; version++)
            {
                database.Execute(Migrations[version]);
            }

            database.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA application_id={ApplicationId}; PRAGMA user_version={Version}"));
            database.Commit();
        }
        catch
        {
            database.Rollback();
            throw;
        }
    }

    /// <summary>The file's version; throws for one that is newer or not ours.</summary>
    public int Read(SqliteDatabase database)
    {
        var applicationId = (int)database.ReadLong("PRAGMA application_id");
        var version = (int)database.ReadLong("PRAGMA user_version");
        Refuse(database.Path, applicationId, version);
        if (version == 0 && database.ReadLong("SELECT count(*) FROM sqlite_schema") > 0)
        {
            throw NotOurs(database.Path);
        }

        return version;
    }

    private void Refuse(string path, int applicationId, int version)
    {
        // Both are 0 in a file whose first migration never committed.
        if (applicationId != ApplicationId && (applicationId != 0 || version != 0))
        {
            throw NotOurs(path);
        }

        if (version > Version || version < 0)
        {
            throw new StoreException(StoreFault.NewerVersion,
                $"The {Name} '{path}' was written by a newer version of this program (format {version}, this one knows {Version}). It was left untouched.");
        }
    }

    private StoreException NotOurs(string path) =>
        new(StoreFault.Corrupt, $"'{path}' is a database of another program, not a {Name}. It was left untouched.");
}
