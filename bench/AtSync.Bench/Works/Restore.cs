using AtSync.Bench.Devices;
using AtSync.Bench.Measuring;

namespace AtSync.Bench.Works;

/// <summary>W6: a new device has only the key file: it pulls N records and opens every one of them.</summary>
internal static class Restore
{
    public static async Task<Measurement> RunAsync(WorkOptions options, CancellationToken cancellationToken)
    {
        await using var world = await World.StartAsync(options.Temp, cancellationToken);
        await Push.RunAsync(world, options, cancellationToken);
        await world.RestartServerAsync(cancellationToken);
        var server = new ServerUse(world);
        await using var device = await DeviceProcess.StartAsync(world, "c", cancellationToken);
        var pulled = await device.DoAsync("sync", cancellationToken);
        var read = await device.DoAsync("read", cancellationToken);
        if (read.Items < options.N)
        {
            throw new InvalidOperationException($"Only {read.Items} of {options.N} records came back.");
        }

        return Measurement.Of(
                pulled.Seconds + read.Seconds, read.Items, pulled.Bytes, pulled.CpuSeconds + read.CpuSeconds, server.CpuSeconds, read.PeakMb, server.PeakMb)
            .With("pullSeconds", pulled.Seconds)
            .With("openSeconds", read.Seconds);
    }
}
