using AtSync.Bench.Devices;
using AtSync.Bench.Measuring;

namespace AtSync.Bench.Works;

/// <summary>W4: a device that is in step connects again: what does it cost to learn that there is nothing to do?</summary>
internal static class Reconnect
{
    public static async Task<Measurement> RunAsync(WorkOptions options, CancellationToken cancellationToken)
    {
        await using var world = await World.StartAsync(options.Temp, cancellationToken);
        await Push.RunAsync(world, options, cancellationToken);
        await world.OnceAsync("a", "sync", cancellationToken);
        var server = new ServerUse(world);
        var answer = await world.OnceAsync("a", "sync", cancellationToken);
        return Measurement.Of(answer.Seconds, 0, answer.Bytes, answer.CpuSeconds, server.CpuSeconds, answer.PeakMb, server.PeakMb)
            .With("milliseconds", answer.Seconds * 1000)
            .With("roundTrips", answer.RoundTrips);
    }
}
