using SQLitePCL;

namespace AtSync.Storage.Sqlite;

/// <summary>Turns SQLite's result codes into <see cref="StoreException"/>. Whatever a file holds, no other exception comes out of it.</summary>
internal static class SqliteErrors
{
    private const int PrimaryCodeMask = 0xFF;
    private const long RoomBytesMin = 1024 * 1024;

    /// <summary>Throws unless <paramref name="code"/> is OK, ROW or DONE.</summary>
    /// <param name="code">What a call returned.</param>
    /// <param name="database">Where to ask for the message; null when there is no connection.</param>
    /// <param name="path">The file, named in the message.</param>
    public static void Check(int code, sqlite3? database, string path)
    {
        if (code is raw.SQLITE_OK or raw.SQLITE_ROW or raw.SQLITE_DONE)
        {
            return;
        }

        throw ToException(code, database, path);
    }

    /// <summary>The exception for a failed call.</summary>
    public static Exception ToException(int code, sqlite3? database, string path)
    {
        // The connection's own code is the extended one; it belongs to the latest call only, which is the failed one.
        var extended = database is null ? code : raw.sqlite3_extended_errcode(database);
        if ((extended & PrimaryCodeMask) != (code & PrimaryCodeMask))
        {
            extended = code;
        }

        var detail = database is null ? raw.sqlite3_errstr(code).utf8_to_string() : raw.sqlite3_errmsg(database).utf8_to_string();
        detail = $"{detail}, SQLite code {extended}";
        return (code & PrimaryCodeMask) switch
        {
            raw.SQLITE_FULL => Full(path, detail),
            raw.SQLITE_IOERR when HasNoRoom(path) => Full(path, detail),
            raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB => new StoreException(StoreFault.Corrupt,
                $"The store '{path}' is damaged or not a store of this program ({detail}). Restore it from a copy."),
            raw.SQLITE_BUSY or raw.SQLITE_LOCKED or raw.SQLITE_PROTOCOL => new StoreException(StoreFault.Locked,
                $"Another process keeps the store '{path}' locked ({detail}). Try again when it is done."),
            raw.SQLITE_IOERR or raw.SQLITE_CANTOPEN or raw.SQLITE_READONLY or raw.SQLITE_PERM or raw.SQLITE_AUTH or raw.SQLITE_NOLFS
                or raw.SQLITE_NOMEM => new StoreException(StoreFault.Unreadable,
                $"The store '{path}' can't be read or written ({detail}). Check its permissions and the disk."),
            raw.SQLITE_INTERRUPT => new OperationCanceledException($"Reading '{path}' was interrupted."),

            // Our statements are constant and tested, so a missing table or a broken constraint says something about the file.
            raw.SQLITE_ERROR or raw.SQLITE_CONSTRAINT or raw.SQLITE_MISMATCH or raw.SQLITE_SCHEMA => new StoreException(StoreFault.Corrupt,
                $"The store '{path}' does not hold what this program wrote ({detail}). Restore it from a copy."),
            _ => new InvalidOperationException($"SQLite refused a call on '{path}' ({detail})."),
        };
    }

    private static StoreException Full(string path, string detail) => new(StoreFault.Full,
        $"No space left for the store '{path}' ({detail}). The change was not made; try again after making room.");

    // A shared-memory or write error of a full disk is often reported as a plain I/O error.
    private static bool HasNoRoom(string path)
    {
        try
        {
            return Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder && new DriveInfo(folder).AvailableFreeSpace < RoomBytesMin;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return false;
        }
    }
}
