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
    public static double PeakMb(int processId)
    {
        if (!OperatingSystem.IsLinux())
        {
            using var process = Process.GetProcessById(processId);
            return process.PeakWorkingSet64 / 1e6;
        }

        foreach (var line in File.ReadLines($"/proc/{processId}/status"))
        {
            if (line.StartsWith("VmHWM:", StringComparison.Ordinal))
            {
                var kibibytes = long.Parse(line.AsSpan(6).Trim().ToString().Split(' ')[0], CultureInfo.InvariantCulture);
                return kibibytes * 1024 / 1e6;
            }
        }

        return 0;
    }
}
