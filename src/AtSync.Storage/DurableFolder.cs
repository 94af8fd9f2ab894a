using System.Runtime.InteropServices;

namespace AtSync.Storage;

/// <summary>Makes what was renamed or made in a folder durable. The BCL can't open a folder; on Windows the file system decides.</summary>
public static partial class DurableFolder
{
    private const int ReadOnly = 0;

    /// <summary>Brings the folder's entries to the disk.</summary>
    public static void Flush(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var descriptor = Open(folder, ReadOnly);
        if (descriptor >= 0)
        {
            _ = FSync(descriptor);
            _ = Close(descriptor);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int FSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
