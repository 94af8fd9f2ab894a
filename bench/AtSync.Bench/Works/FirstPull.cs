using AtSync.Bench.Devices;
using AtSync.Bench.Measuring;

namespace AtSync.Bench.Works;

/// <summary>W2: a fresh device pulls N records from a freshly started server.</summary>
internal static class FirstPull
{
    public static async Task<Measurement> RunAsync(WorkOptions options, CancellationToken cancellationToken)
    {
        await using var world = await World.StartAsync(options.Temp, cancellationToken);
        await Push.RunAsync(world, options, cancellationToken);
        await world.RestartServerAsync(cancellationToken);
        var server = new ServerUse(world);
        var answer = await world.OnceAsync("b", "sync", cancellationToken);
        return Measurement.Of(answer.Seconds, answer.Items, answer.Bytes, answer.CpuSeconds, server.CpuSeconds, answer.PeakMb, server.PeakMb);
    }
}
