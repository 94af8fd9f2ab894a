namespace AtSync.Storage.Local.Sqlite;

/// <summary>The folder and file of a local store, readable by their owner only.</summary>
internal static class StoreFolder
{
    /// <summary>The signal's folder: made once the file is a store, so it says that there must be one.</summary>
    public const string SignalFolder = "signal";

    public static void Prepare(string folder, string file)
    {
        RefuseLost(folder, file);
        try
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(folder);
                return;
            }

            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            if (!File.Exists(file))
            {
                // SQLite gives the WAL the mode of the file. Never opened when it is there: see SqliteSchema.Inspect.
                new FileStream(file, new FileStreamOptions
                {
                    Mode = FileMode.CreateNew,
                    Access = FileAccess.Write,
                    UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                }).Dispose();
            }
        }
        catch (IOException) when (File.Exists(file))
        {
            // Another process made it in the same moment.
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new StoreException(StoreFault.Unreadable, $"The store's folder '{folder}' can't be used: {failure.Message}", failure);
        }
    }

    /// <summary>
    /// SQLite takes a file without content for a new one, and then deletes its write-ahead log, in which the latest edits may be. So a store that was in
    /// use and whose file is empty or missing is refused before it is opened.
    /// </summary>
    private static void RefuseLost(string folder, string file)
    {
        // The signs first and the file after them: another process may be making the store at this moment, and gives the file its content first.
        var wasUsed = Directory.Exists(Path.Combine(folder, SignalFolder)) || new FileInfo(file + "-wal") is { Exists: true, Length: > 0 };
        if (wasUsed && new FileInfo(file) is not { Exists: true, Length: > 0 })
        {
            throw new StoreException(
                StoreFault.Corrupt,
                $"The store in '{folder}' has lost its content: the folder was in use, but '{Path.GetFileName(file)}' is empty or missing. Nothing was changed. Restore it from a copy.");
        }
    }
}
