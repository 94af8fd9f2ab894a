using System.Buffers.Binary;
using System.Globalization;

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
    private const int UserVersionOffset = 60;
    private const int ApplicationIdOffset = 68;

    /// <summary>The version this program writes.</summary>
    public int Version => Migrations.Count;

    /// <summary>
    /// Refuses a file that is not ours or newer by reading its first bytes, before SQLite opens it: opening alone may already
    /// write (a checkpoint of the WAL, the header).
    /// </summary>
    public void Inspect(string path)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        int read;
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            read = RandomAccess.Read(file, header, 0);
        }
        catch (FileNotFoundException)
        {
            return;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new StoreException(StoreFault.Unreadable, $"The {Name} '{path}' can't be opened: {failure.Message}", failure);
        }

        if (read == 0)
        {
            return;
        }

        if (read < HeaderBytes || !header.StartsWith("SQLite format 3\0"u8))
        {
            throw new StoreException(StoreFault.Corrupt, $"'{path}' is damaged or not a {Name}: it has no database header.");
        }

        Refuse(
            path,
            BinaryPrimitives.ReadInt32BigEndian(header[ApplicationIdOffset..]),
            BinaryPrimitives.ReadInt32BigEndian(header[UserVersionOffset..]));
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
