using SQLitePCL;

namespace AtSync.Storage.Sqlite;

/// <summary>Copies a database page by page through SQLite's own backup, and checks copies.</summary>
internal static class SqliteCopy
{
    /// <summary>Pages of one step: 4 MiB, a few milliseconds.</summary>
    public const int PagesPerStep = 1024;

    /// <summary>See <see cref="SqliteDatabase.CopyTo"/>. The source has a read transaction open: without one, every write would begin the copy anew.</summary>
    public static void Run(sqlite3 source, string sourcePath, string path, Action<int, int>? progress, CancellationToken cancellationToken)
    {
        MakeFile(path);
        var code = raw.sqlite3_open_v2(path, out var target, raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_NOMUTEX, null);
        try
        {
            SqliteErrors.Check(code, target, path);

            // A copy that is not finished is thrown away, so it needs no journal; it is flushed once, below.
            SqliteErrors.Check(raw.sqlite3_exec(target, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF"), target, path);
            using var copy = raw.sqlite3_backup_init(target, "main", source, "main");
            if (copy.IsInvalid)
            {
                throw SqliteErrors.ToException(raw.sqlite3_errcode(target), target, path);
            }

            do
            {
                cancellationToken.ThrowIfCancellationRequested();
                code = raw.sqlite3_backup_step(copy, PagesPerStep);

                // What can't be read is the source's, what can't be written the copy's; a damaged page shows in both.
                SqliteErrors.Check(code, null, (code & 0xFF) is raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB ? sourcePath : path);
                progress?.Invoke(raw.sqlite3_backup_pagecount(copy) - raw.sqlite3_backup_remaining(copy), raw.sqlite3_backup_pagecount(copy));
            }
            while (code != raw.SQLITE_DONE);
        }
        finally
        {
            raw.sqlite3_close_v2(target);
        }

        Flush(path);
    }

    /// <summary>What is wrong with the structure of a file that nobody has open, one line per finding. Nothing is written beside it.</summary>
    public static IReadOnlyList<string> FindDamage(string path)
    {
        SqliteLibrary.Load();
        var uri = SqliteSchema.ImmutableUri(path);
        var code = raw.sqlite3_open_v2(uri, out var handle, raw.SQLITE_OPEN_READONLY | raw.SQLITE_OPEN_URI | raw.SQLITE_OPEN_NOMUTEX, null);
        try
        {
            SqliteErrors.Check(code, handle, path);
            SqliteErrors.Check(raw.sqlite3_prepare_v2(handle, "PRAGMA quick_check(20)", out var statement), handle, path);
            using (statement)
            {
                var findings = new List<string>();
                while ((code = raw.sqlite3_step(statement)) == raw.SQLITE_ROW)
                {
                    findings.Add(raw.sqlite3_column_text(statement, 0).utf8_to_string());
                }

                SqliteErrors.Check(code, handle, path);
                findings.RemoveAll(line => line == "ok");
                return findings;
            }
        }
        finally
        {
            raw.sqlite3_close_v2(handle);
        }
    }

    /// <summary>Brings a file to the disk.</summary>
    public static void Flush(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
            file.Flush(flushToDisk: true);
        }
        catch (IOException failure)
        {
            throw new StoreException(StoreFault.Unreadable, $"The copy '{path}' can't be written to the disk: {failure.Message}", failure);
        }
    }

    private static void MakeFile(string path)
    {
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            new FileStream(path, options).Dispose();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new StoreException(StoreFault.Unreadable, $"The copy '{path}' can't be made: {failure.Message}", failure);
        }
    }
}
