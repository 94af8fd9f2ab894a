using System.Diagnostics;
using AtSync.Bench.Measuring;
using AtSync.Bench.Works;

namespace AtSync.Bench.Load;

/// <summary>
/// W7: one server with N atSigns of ten records each, beside one with a single atSign: what do the others add to its memory, how long does it take to start, and
/// how long does a connection to an atSign that nobody has used yet take to its first answer? Then a thousand connections that log in and listen.
/// </summary>
internal static class Tenants
{
    private const int Connections = 1000;
    private const int ConnectingAtATime = 16;
    private const int ColdAtSigns = 200;

    public static async Task<Measurement> RunAsync(WorkOptions options, CancellationToken cancellationToken)
    {
        var (alone, _) = await ServeAsync(1, options.Temp, withConnections: false, cancellationToken);
        var (many, measurement) = await ServeAsync(options.N, options.Temp, withConnections: true, cancellationToken);
        return new Measurement()
            .With("addedMb", many - alone)
            .With("perAtSignBytes", (many - alone) * 1e6 / options.N)
            .With(measurement);
    }

    private static async Task<(double ResidentMb, Measurement Measurement)> ServeAsync(
        int atSigns, string temp, bool withConnections, CancellationToken cancellationToken)
    {
        var folder = System.IO.Directory.CreateDirectory(Path.Combine(temp, "atsync-tenants-" + Path.GetRandomFileName())).FullName;
        try
        {
            using var login = await TenantData.WriteAsync(HostedServer.StorageFolder(folder), atSigns, cancellationToken);
            var start = Stopwatch.GetTimestamp();
            await using var server = await HostedServer.StartAsync(folder, cancellationToken);
            var startSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            var target = new LoadTarget(login, server.AddressOf);

            // Everything that is compiled once is compiled before memory is read.
            await FirstAnswerAsync(target, 0, cancellationToken);
            var cold = await ColdAsync(target, atSigns, cancellationToken);
            var resident = ProcessUse.ResidentMb(server.ProcessId);
            var measurement = new Measurement()
                .With("startSeconds", startSeconds)
                .With("coldFirstAnswerP50Ms", Measurement.Percentile(cold, 0.5))
                .With("coldFirstAnswerP99Ms", Measurement.Percentile(cold, 0.99))
                .With("residentMb", resident);
            if (withConnections)
            {
                measurement.With("perConnectionBytes", await ConnectAsync(target, server, atSigns, cancellationToken));
            }

            return (resident, measurement.With("serverPeakMb", ProcessUse.PeakMb(server.ProcessId)));
        }
        finally
        {
            System.IO.Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The first answers of atSigns that nobody has asked yet, spread over all of them.</summary>
    private static async Task<double[]> ColdAsync(LoadTarget target, int atSigns, CancellationToken cancellationToken)
    {
        var count = Math.Max(1, Math.Min(ColdAtSigns, atSigns - 1));
        var times = new double[count];
        for (var i = 0; i < count; i++)
        {
            times[i] = await FirstAnswerAsync(target, Math.Min(atSigns - 1, 1 + (int)((long)i * atSigns / count)), cancellationToken);
        }

        return times;
    }

    /// <summary>Milliseconds from sending the first command on a new connection to its answer.</summary>
    private static async Task<double> FirstAnswerAsync(LoadTarget target, int number, CancellationToken cancellationToken)
    {
        var atSign = TenantData.Name(number).ToString();
        var (port, host) = target.Address(atSign);
        await using var client = await WireClient.ConnectAsync(port, host, cancellationToken);
        var start = Stopwatch.GetTimestamp();
        var answer = await client.AskAsync($"lookup:publickey{atSign}", cancellationToken);
        return answer.StartsWith("data:", StringComparison.Ordinal)
            ? Stopwatch.GetElapsedTime(start).TotalMilliseconds
            : throw new InvalidOperationException($"The public key of {atSign} was answered '{answer}'.");
    }

    /// <summary>Bytes of the server for each connection that has logged in and listens.</summary>
    private static async Task<double> ConnectAsync(LoadTarget target, HostedServer server, int atSigns, CancellationToken cancellationToken)
    {
        await using var first = await IdleMonitor.ConnectAsync(target, TenantData.Name(0).ToString(), remembers: false, cancellationToken);
        var before = ProcessUse.ResidentMb(server.ProcessId);
        var monitors = new System.Collections.Concurrent.ConcurrentBag<IdleMonitor>();
        try
        {
            await Parallel.ForEachAsync(
                Enumerable.Range(0, Connections),
                new ParallelOptions { MaxDegreeOfParallelism = ConnectingAtATime, CancellationToken = cancellationToken },
                async (i, token) => monitors.Add(await IdleMonitor.ConnectAsync(target, TenantData.Name(i % atSigns).ToString(), remembers: false, token)));
            return (ProcessUse.ResidentMb(server.ProcessId) - before) * 1e6 / Connections;
        }
        finally
        {
            foreach (var monitor in monitors)
            {
                await monitor.DisposeAsync();
            }
        }
    }
}
