using AtSync.Bench.Devices;
using AtSync.Bench.Measuring;

namespace AtSync.Bench.Works;

/// <summary>W5: of N records in step on both, A edits 0–999 and B 900–1899 offline; both reconnect until they are equal again.</summary>
internal static class OfflineEdits
{
    private const int EditsPerDevice = 1000;
    private const int SecondFrom = 900;

    public static async Task<Measurement> RunAsync(WorkOptions options, CancellationToken cancellationToken)
    {
        await using var world = await World.StartAsync(options.Temp, cancellationToken);
        await Push.RunAsync(world, options with { N = Math.Max(options.N, SecondFrom + EditsPerDevice) }, cancellationToken);
        await world.OnceAsync("b", "sync", cancellationToken);
        await world.OnceAsync("a", $"write 0 {EditsPerDevice} a", cancellationToken, isOffline: true);
        await world.OnceAsync("b", $"write {SecondFrom} {SecondFrom + EditsPerDevice} b", cancellationToken, isOffline: true);

        var server = new ServerUse(world);
        DeviceAnswer[] answers =
        [
            await world.OnceAsync("a", "sync", cancellationToken),
            await world.OnceAsync("b", "sync", cancellationToken),
            await world.OnceAsync("a", "sync", cancellationToken),
        ];
        return Measurement.Of(
                answers.Sum(answer => answer.Seconds), 2 * EditsPerDevice, answers.Sum(answer => answer.Bytes), answers.Sum(answer => answer.CpuSeconds),
                server.CpuSeconds, answers.Max(answer => answer.PeakMb), server.PeakMb)
            .With("conflicts", answers.Sum(answer => answer.Conflicts));
    }
}
