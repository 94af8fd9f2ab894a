using AtSync.Protocol;

namespace AtSync.Crypto.KeyFiles;

/// <summary>
/// Reads and writes a small file of secrets: whole or not at all, on disk before the call returns, readable by its owner only from its first byte on.
/// (The certificate files of AtSync.Transport are written alike; the two floors do not see each other, and the one below does no I/O.)
/// </summary>
internal static class SecretFile
{
    /// <summary>A file with material of a hundred namespaces has less than 1 MB.</summary>
    public const int BytesMax = 8 * 1024 * 1024;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public static byte[] Read(string path)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            if (stream.Length > BytesMax)
            {
                throw new CryptoException(CryptoFault.Malformed, $"{path} has {stream.Length} bytes; a key file has at most {BytesMax}");
            }

            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CryptoException(CryptoFault.Unreadable, $"there is no key file at {path}; activate or enroll this device, or say where the file is", error);
        }
        catch (Exception error) when (IsFileProblem(error))
        {
            throw new CryptoException(CryptoFault.Unreadable, $"the key file {path} can't be read: {error.Message}", error);
        }
    }

    /// <summary>Temporary file in the same folder, fsync, rename, fsync of the folder. An existing file is replaced only if <paramref name="overwrite"/>.</summary>
    public static void Write(string path, ReadOnlySpan<byte> bytes, bool overwrite, IRandomSource random)
    {
        try
        {
            var target = TargetOf(Path.GetFullPath(path));
            if (!overwrite && Path.Exists(target))
            {
                throw Exists(path, null);
            }

            var folder = Path.GetDirectoryName(target) ?? throw new IOException("it is not a file name");
            var made = MakeFolder(folder);
            var temporary = $"{target}.{random.NewHexId()}.new";
            try
            {
                WriteWhole(temporary, bytes);
                File.Move(temporary, target, overwrite);
            }
            catch (Exception error) when (IsFileProblem(error))
            {
                File.Delete(temporary);
                // Without overwriting the move itself refuses, so that of two writers at once one loses here.
                throw !overwrite && Path.Exists(target) ? Exists(path, error) : error;
            }

            FolderFlush.Flush(folder);
            made.ForEach(FolderFlush.Flush);
        }
        catch (Exception error) when (IsFileProblem(error))
        {
            throw new CryptoException(CryptoFault.Unreadable, $"the key file {path} can't be written: {error.Message}", error);
        }
    }

    /// <summary>A link is followed: replacing it would leave the file it points at, with the old keys, behind.</summary>
    private static string TargetOf(string path) =>
        new FileInfo(path).LinkTarget is null ? path : File.ResolveLinkTarget(path, returnFinalTarget: true)!.FullName;

    /// <summary>Makes the folder and those above it, for the owner only, and returns the folders that got a new entry.</summary>
    private static List<string> MakeFolder(string folder)
    {
        var missing = new Stack<string>();
        for (var at = folder; at is not null && !Directory.Exists(at); at = Path.GetDirectoryName(at))
        {
            missing.Push(at);
        }

        var changed = new List<string>();
        foreach (var path in missing)
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(path);
            }
            else
            {
                // One by one: the mode given to this call is that of the last folder only.
                Directory.CreateDirectory(path, OwnerOnly | UnixFileMode.UserExecute);
            }

            if (Path.GetDirectoryName(path) is { } parent)
            {
                changed.Add(parent);
            }
        }

        return changed;
    }

    private static void WriteWhole(string path, ReadOnlySpan<byte> bytes)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        using var stream = new FileStream(path, options);
        stream.Write(bytes);
        stream.Flush(flushToDisk: true);
    }

    private static bool IsFileProblem(Exception error) => error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException;

    private static CryptoException Exists(string path, Exception? inner) =>
        new(CryptoFault.Unreadable, $"there is already a key file at {path}; its keys would be lost if it were overwritten", inner);
}
