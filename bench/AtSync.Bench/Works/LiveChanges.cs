using System.Diagnostics;
using AtSync.Bench.Devices;
using AtSync.Bench.Measuring;

namespace AtSync.Bench.Works;

/// <summary>W3: single changes A → B, both live: from the call of PutAsync on A to the app's event on B, with short pauses between them.</summary>
internal static class LiveChanges
{
    private const int Changes = 200;

    public static async Task<Measurement> RunAsync(WorkOptions options, CancellationToken cancellationToken)
    {
        await using var world = await World.StartAsync(options.Temp, cancellationToken);
        await using var a = await DeviceProcess.StartAsync(world, "a", cancellationToken, isLive: true);
        await using var b = await DeviceProcess.StartAsync(world, "b", cancellationToken, isLive: true);
        await a.DoAsync("sync", cancellationToken);
        await b.DoAsync("watch", cancellationToken);

        // One change to warm up: what is compiled and connected then is not part of a change's way.
        await ChangeAsync(a, b, Changes, cancellationToken);
        var server = new ServerUse(world);
        var pauses = new Random(1);
        var travels = new double[Changes];
        var writes = new double[Changes];
        DeviceAnswer answer = null!;
        var (cpu, bytes) = (0.0, 0L);
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < Changes; i++)
        {
            (answer, travels[i]) = await ChangeAsync(a, b, i, cancellationToken);
            writes[i] = answer.Seconds * 1000;
            cpu += answer.CpuSeconds;
            bytes += answer.Bytes;
            await Task.Delay(pauses.Next(5, 16), cancellationToken);
        }

        return Measurement.Of(Stopwatch.GetElapsedTime(start).TotalSeconds, Changes, bytes, cpu, server.CpuSeconds, answer.PeakMb, server.PeakMb)
            .With("p50Ms", Measurement.Percentile(travels, 0.5))
            .With("p99Ms", Measurement.Percentile(travels, 0.99))
            .With("localWriteP50Ms", Measurement.Percentile(writes, 0.5));
    }

    private static async Task<(DeviceAnswer Answer, double TravelMs)> ChangeAsync(
        DeviceProcess a, DeviceProcess b, int i, CancellationToken cancellationToken)
    {
        await a.SendAsync($"put {i} live");
        var answer = await a.ReadAnswerAsync(cancellationToken);
        var seen = await b.ReadEventAsync(Records.Key(i) + World.Owner, cancellationToken);
        return (answer, Stopwatch.GetElapsedTime(answer.StartTicks, seen).TotalMilliseconds);
    }
}
