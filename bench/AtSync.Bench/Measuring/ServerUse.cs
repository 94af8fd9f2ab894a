using AtSync.Bench.Devices;

namespace AtSync.Bench.Measuring;

/// <summary>What the server process used since this was made.</summary>
internal sealed class ServerUse(World world)
{
    private readonly double _cpuBefore = ProcessUse.CpuSeconds(world.Server.Process);

    public double CpuSeconds => ProcessUse.CpuSeconds(world.Server.Process) - _cpuBefore;

    public double PeakMb => ProcessUse.PeakMb(world.Server.Process.Id);
}
