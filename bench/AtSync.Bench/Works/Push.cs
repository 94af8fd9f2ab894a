using AtSync.Bench.Devices;
using AtSync.Bench.Measuring;

namespace AtSync.Bench.Works;

/// <summary>W1: a device that wrote N records offline pushes them; fresh processes on both sides.</summary>
internal static class Push
{
    public static async Task<Measurement> RunAsync(WorkOptions options, CancellationToken cancellationToken)
    {
        await using var world = await World.StartAsync(options.Temp, cancellationToken);
        return await RunAsync(world, options, cancellationToken);
    }

    /// <summary>Fills a world: writes on device a and pushes, measured.</summary>
    public static async Task<Measurement> RunAsync(World world, WorkOptions options, CancellationToken cancellationToken)
    {
        await world.OnceAsync("a", $"write 0 {options.N} first", cancellationToken, isOffline: true);
        var server = new ServerUse(world);
        var answer = await world.OnceAsync("a", "sync", cancellationToken);
        return Measurement.Of(answer.Seconds, options.N, answer.Bytes, answer.CpuSeconds, server.CpuSeconds, answer.PeakMb, server.PeakMb);
    }
}
