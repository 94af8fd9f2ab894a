namespace AtSync.Transport;

/// <summary>
/// How many files and sockets the process may have open. The JIT runtime raises the soft limit to the hard one at its start, a native
/// program keeps the shell's (often 1,024), which a server reaches soon.
/// </summary>
public static class FileDescriptorLimit
{
    // RLIMIT_NOFILE, and macOS's OPEN_MAX, above which its setrlimit refuses although the hard limit says "infinite".
    private const int LinuxResource = 7;
    private const int MacResource = 8;
    private const ulong MacMax = 10_240;

    /// <summary>Raises the soft limit to the hard one. Call once, at the start of a program that listens. Never throws.</summary>
    /// <returns>The limit that holds now; null where there is none (Windows) or it cannot be read.</returns>
    public static long? Raise()
    {
        if (!(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS()) || !Environment.Is64BitProcess)
        {
            return null;
        }

        var resource = OperatingSystem.IsMacOS() ? MacResource : LinuxResource;
        if (NativeMethods.GetResourceLimit(resource, out var limit) != 0)
        {
            return null;
        }

        var wanted = OperatingSystem.IsMacOS() ? Math.Min(limit.Hard, MacMax) : limit.Hard;
        if (limit.Soft < wanted && NativeMethods.SetResourceLimit(resource, limit with { Soft = wanted }) == 0)
        {
            limit.Soft = wanted;
        }

        return (long)Math.Min(limit.Soft, long.MaxValue);
    }
}
