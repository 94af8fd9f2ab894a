namespace AtSync.Storage.Local.Sqlite;

/// <summary>The folder and file of a local store, readable by their owner only.</summary>
internal static class StoreFolder
{
    public static void Prepare(string folder, string file)
    {
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
}
