namespace AtSync.Storage.Sqlite;

/// <summary>
/// An exclusive lock between processes (and between holders in one process), held through an open file: the system frees it when the
/// process dies. The file stays behind, empty.
/// </summary>
internal sealed class FileLock : IDisposable
{
    private readonly FileStream _file;

    private FileLock(FileStream file) => _file = file;

    /// <summary>Takes the lock, or returns null while someone else holds it.</summary>
    public static FileLock? TryTake(string path)
    {
        try
        {
            return new FileLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1));
        }
        catch (Exception failure) when (failure is UnauthorizedAccessException or DirectoryNotFoundException or PathTooLongException)
        {
            throw new StoreException(StoreFault.Unreadable, $"The lock file '{path}' can't be opened: {failure.Message}", failure);
        }
        catch (IOException failure)
        {
            if (IsHeld(failure))
            {
                return null;
            }

            throw new StoreException(StoreFault.Unreadable, $"The lock file '{path}' can't be opened: {failure.Message}", failure);
        }
    }

    /// <summary>Frees the lock.</summary>
    public void Dispose() => _file.Dispose();

    // ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION; EWOULDBLOCK of Linux and of macOS and BSD.
    private static bool IsHeld(IOException failure) =>
        OperatingSystem.IsWindows() ? (failure.HResult & 0xFFFF) is 32 or 33 : failure.HResult is 11 or 35;
}
