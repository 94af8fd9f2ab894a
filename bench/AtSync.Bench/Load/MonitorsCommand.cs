using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using AtSync.Bench.Measuring;
using AtSync.Crypto.Algorithms;

namespace AtSync.Bench.Load;

/// <summary>
/// <c>monitors --connections N --atsigns M</c>: N connections that have logged in and listen, spread over M atSigns of one server. Reports the memory of each, then
/// how soon a commit is heard of while a thousand writes a second run.
/// </summary>
internal static class MonitorsCommand
{
    private const int Writers = 10;
    private const int WritesPerSecond = 1000;
    private const int ConnectingAtATime = 16;
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(3);

    public static async Task<int> RunAsync(int connections, int atSigns, TimeSpan duration, string temp, Results results, CancellationToken cancellationToken)
    {
        var folder = System.IO.Directory.CreateDirectory(Path.Combine(temp, "atsync-monitors-" + Path.GetRandomFileName())).FullName;
        try
        {
            using var login = await TenantData.WriteAsync(HostedServer.StorageFolder(folder), atSigns, cancellationToken);
            await using var server = await HostedServer.StartAsync(folder, cancellationToken);
            results.Median("monitors", connections, await MeasureAsync(server, login, connections, atSigns, duration, cancellationToken));
            return 0;
        }
        finally
        {
            System.IO.Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<Measurement> MeasureAsync(
        HostedServer server, RsaPrivateKey login, int connections, int atSigns, TimeSpan duration, CancellationToken cancellationToken)
    {
        var target = new LoadTarget(login, server.AddressOf);
        // One of each kind first, so that compiled code is not counted as a connection's memory.
        await using var first = await IdleMonitor.ConnectAsync(target, TenantData.Name(0).ToString(), remembers: false, cancellationToken);
        var before = ProcessUse.ResidentMb(server.ProcessId);
        var monitors = new ConcurrentBag<IdleMonitor>();
        var heard = new ConcurrentDictionary<string, IdleMonitor>();
        var connecting = Stopwatch.GetTimestamp();
        try
        {
            await Parallel.ForEachAsync(
                Enumerable.Range(0, connections),
                new ParallelOptions { MaxDegreeOfParallelism = ConnectingAtATime, CancellationToken = cancellationToken },
                async (i, token) =>
                {
                    var atSign = TenantData.Name(i % atSigns).ToString();
                    var monitor = await IdleMonitor.ConnectAsync(target, atSign, remembers: i < Writers, token);
                    monitors.Add(monitor);
                    if (i < Writers)
                    {
                        heard[atSign] = monitor;
                    }
                });
            var connected = Stopwatch.GetElapsedTime(connecting).TotalSeconds;
            await Task.Delay(Settling, cancellationToken);
            var after = ProcessUse.ResidentMb(server.ProcessId);
            var cpu = server.CpuSeconds;
            var travels = await WriteAsync(target, heard, duration, cancellationToken);
            return new Measurement()
                .With("connectSeconds", connected)
                .With("addedMb", after - before)
                .With("perConnectionBytes", (after - before) * 1e6 / connections)
                .With("writes", travels.Length)
                .With("writesPerSecond", travels.Length / duration.TotalSeconds)
                .With("heardP50Ms", Measurement.Percentile(travels, 0.5))
                .With("heardP99Ms", Measurement.Percentile(travels, 0.99))
                .With("heardMaxMs", travels.Max())
                .With("serverCpuSeconds", server.CpuSeconds - cpu)
                .With("serverPeakMb", ProcessUse.PeakMb(server.ProcessId));
        }
        finally
        {
            foreach (var monitor in monitors)
            {
                await monitor.DisposeAsync();
            }
        }
    }

    /// <summary>Writes at an even pace on a few atSigns; milliseconds from sending a write until a monitor heard of it.</summary>
    private static async Task<double[]> WriteAsync(
        LoadTarget target, ConcurrentDictionary<string, IdleMonitor> heard, TimeSpan duration, CancellationToken cancellationToken)
    {
        var travels = await Task.WhenAll(heard.Select(async item =>
        {
            var (atSign, monitor) = item;
            var (port, host) = target.Address(atSign);
            await using var writer = await WireClient.ConnectAsync(port, host, cancellationToken);
            await writer.LoginAsync(atSign, target.Login, cancellationToken);
            var sent = new List<(long CommitId, long Ticks)>();
            using var pace = new PeriodicTimer(TimeSpan.FromSeconds((double)heard.Count / WritesPerSecond));
            var start = Stopwatch.GetTimestamp();
            for (var i = 0; Stopwatch.GetElapsedTime(start) < duration; i++)
            {
                await pace.WaitForNextTickAsync(cancellationToken);
                var ticks = Stopwatch.GetTimestamp();
                var answer = await writer.AskAsync(
                    string.Create(CultureInfo.InvariantCulture, $"update:note.{i % TenantData.RecordsOfEach}.app{atSign} {Devices.Records.Value(i, "heard")}"), cancellationToken);
                sent.Add((long.Parse(answer.AsSpan("data:".Length), CultureInfo.InvariantCulture), ticks));
            }

            await Task.Delay(Settling, cancellationToken);
            return sent.Select(write => monitor.HeardAt(write.CommitId) is { } ticks
                ? Stopwatch.GetElapsedTime(write.Ticks, ticks).TotalMilliseconds
                : throw new InvalidOperationException($"A monitor of {atSign} never heard of commit {write.CommitId}."));
        }));
        return [.. travels.SelectMany(times => times)];
    }
}
