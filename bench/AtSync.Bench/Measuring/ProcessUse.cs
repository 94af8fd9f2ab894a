using System.Diagnostics;
using System.Globalization;

namespace AtSync.Bench.Measuring;

/// <summary>CPU time and peak memory of a process, read from the system.</summary>
internal static class ProcessUse
{
    public static double CpuSeconds(Process process)
    {
        process.Refresh();
        return process.TotalProcessorTime.TotalSeconds;
    }

    /// <summary>Highest resident memory so far, MB (10^6 bytes).</summary>
    public static double PeakMb(int processId) => OperatingSystem.IsLinux() ? OfStatus(processId, "VmHWM:") : Of(processId, process => process.PeakWorkingSet64);

    /// <summary>Resident memory now, MB (10^6 bytes).</summary>
    public static double ResidentMb(int processId) => OperatingSystem.IsLinux() ? OfStatus(processId, "VmRSS:") : Of(processId, process => process.WorkingSet64);

    private static double Of(int processId, Func<Process, long> bytes)
    {
        using var process = Process.GetProcessById(processId);
        return bytes(process) / 1e6;
    }

    private static double OfStatus(int processId, string member)
    {
        foreach (var line in File.ReadLines($"/proc/{processId}/status"))
        {
            if (line.StartsWith(member, StringComparison.Ordinal))
            {
                var kibibytes = long.Parse(line.AsSpan(member.Length).Trim().ToString().Split(' ')[0], CultureInfo.InvariantCulture);
                return kibibytes * 1024 / 1e6;
            }
        }

        return 0;
    }
}
