using AtSync.Bench.Devices;
using AtSync.Bench.Measuring;

namespace AtSync.Bench.Works;

/// <summary>W0: a device writes N records offline, in batches, each durable.</summary>
internal static class WriteOffline
{
    public static async Task<Measurement> RunAsync(WorkOptions options, CancellationToken cancellationToken)
    {
        await using var world = await World.StartAsync(options.Temp, cancellationToken);
        var server = new ServerUse(world);
        var answer = await world.OnceAsync("a", $"write 0 {options.N} first", cancellationToken, isOffline: true);
        return Measurement.Of(answer.Seconds, answer.Items, answer.Bytes, answer.CpuSeconds, server.CpuSeconds, answer.PeakMb, server.PeakMb);
    }
}
