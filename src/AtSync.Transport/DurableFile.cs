using System.Text;

namespace AtSync.Transport;

/// <summary>Writes small files whole or not at all, and on disk before the call returns.</summary>
internal static class DurableFile
{
    /// <summary>Temporary file, fsync, rename, fsync of the folder. A secret is readable by its owner only, from its first byte on.</summary>
    public static void Write(string path, string text, bool isSecret)
    {
        var temporary = path + ".new";
        // Made anew, so that a left-over with other permissions is not reused.
        File.Delete(temporary);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
        if (isSecret && !OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var stream = new FileStream(temporary, options))
        {
            stream.Write(Encoding.ASCII.GetBytes(text));
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
        FlushFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>Makes the rename itself durable. The BCL cannot open a folder; where this fails the file system decides.</summary>
    private static void FlushFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var descriptor = NativeMethods.Open(folder, NativeMethods.ReadOnly);
        if (descriptor >= 0)
        {
            _ = NativeMethods.FSync(descriptor);
            _ = NativeMethods.Close(descriptor);
        }
    }
}
