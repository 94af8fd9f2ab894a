using System.Runtime.InteropServices;

namespace AtSync.Client.Files;

/// <summary>
/// Tells regular files from pipes, sockets and devices, which the BCL does not: opening one of those would wait for ever. Unix only; elsewhere, and
/// where the call is missing, a file counts as regular.
/// </summary>
internal static partial class FileKind
{
    private const int CurrentFolder = -100;
    private const int DoNotFollow = 0x100;
    private const uint TypeOnly = 1;
    private const int ModeOffset = 28;
    private const int TypeMask = 0xF000;
    private const int Regular = 0x8000;

    /// <summary>Whether it is an ordinary file (a link is none).</summary>
    public static bool IsRegular(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return true;
        }

        // struct statx has the same layout on every architecture: 256 bytes, the mode at 28.
        Span<byte> buffer = stackalloc byte[256];
        try
        {
            return StatX(CurrentFolder, path, DoNotFollow, TypeOnly, buffer) != 0
                || (BitConverter.ToUInt16(buffer[ModeOffset..]) & TypeMask) == Regular;
        }
        catch (EntryPointNotFoundException)
        {
            return true;
        }
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX(int folder, string path, int flags, uint mask, Span<byte> result);
}
