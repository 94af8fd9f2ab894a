using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using AtSync.App.CommandLine;
using AtSync.Bench.Measuring;
using AtSync.Client;
using AtSync.Crypto;
using AtSync.Protocol;
using AtSync.Transport;

namespace AtSync.Bench.Devices;

/// <summary>
/// A device in a process of its own: reads one command a line from stdin, answers each with a line, ends with stdin. <c>write FROM TO TAG</c>,
/// <c>sync</c>, <c>read N</c>, <c>put I TAG</c>, <c>watch</c> (then a line <c>event KEY TICKS</c> for every change from elsewhere).
/// </summary>
internal static class DeviceCommand
{
    private const int BatchWrites = 1000;

    public static Command Build()
    {
        var store = new Argument<string>("store");
        var keys = new Argument<string>("keys");
        var root = new Argument<string>("root");
        var ca = new Argument<string>("ca");
        var atSign = new Argument<string>("atsign");
        var live = new Option<bool>("--live");
        var offline = new Option<bool>("--offline");
        var command = new Command("device") { store, keys, root, ca, atSign, live, offline };
        command.Hidden = true;
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var network = new CountingNetwork(Dialling.Network(arguments.GetRequiredValue(ca)));
            var owner = AtSign.Parse(arguments.GetRequiredValue(atSign));
            var options = new AtClientOptions
            {
                AtSign = owner,
                StoreDirectory = arguments.GetRequiredValue(store),
                Keys = AtKeysFile.Load(arguments.GetRequiredValue(keys), owner, null),
                Directory = HostPort.TryParse(arguments.GetRequiredValue(root), out var directory) ? directory : throw new FormatException("no host:port"),
                Network = network,
                IsOffline = arguments.GetValue(offline),
                IsLive = arguments.GetValue(live),
            };
            await using var client = await AtClient.OpenAsync(options, cancellationToken);
            await ServeAsync(client, network, cancellationToken);
            return 0;
        });
        return command;
    }

    private static async Task ServeAsync(AtClient client, CountingNetwork network, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watching = Task.CompletedTask;
        await AnswerAsync(network, () => Task.FromResult((0L, 0L)));
        while (await Console.In.ReadLineAsync(cancellationToken) is { } line)
        {
            var words = line.Split(' ');
            switch (words[0])
            {
                case "write":
                    await AnswerAsync(network, async () => (await WriteAsync(client, Number(words[1]), Number(words[2]), words[3], cancellationToken), 0));
                    break;
                case "sync":
                    await AnswerAsync(network, async () =>
                    {
                        var result = await client.SyncAsync(cancellationToken);
                        return (Math.Max(result.Pulled, result.Pushed), result.Conflicts);
                    });
                    break;
                case "read":
                    await AnswerAsync(network, async () => (await ReadAsync(client, cancellationToken), 0));
                    break;
                case "put":
                    await AnswerAsync(network, async () =>
                    {
                        await client.PutAsync(Records.Key(Number(words[1])), Records.Value(Number(words[1]), words[2]), cancellationToken: cancellationToken);
                        return (1, 0);
                    });
                    break;
                case "watch":
                    var started = new TaskCompletionSource();
                    watching = WatchAsync(client, started, stop.Token);
                    await AnswerAsync(network, async () =>
                    {
                        await started.Task;
                        var result = await client.WaitUntilCaughtUpAsync(cancellationToken);
                        return (result.Pulled, 0);
                    });
                    break;
                default:
                    throw new InvalidOperationException($"No such command: {words[0]}");
            }
        }

        await stop.CancelAsync();
        await watching;
    }

    private static async Task AnswerAsync(CountingNetwork network, Func<Task<(long Items, long Conflicts)>> work)
    {
        using var process = Process.GetCurrentProcess();
        var (bytesBefore, tripsBefore) = network.Totals;
        var cpuBefore = process.TotalProcessorTime;
        var start = Stopwatch.GetTimestamp();
        string? problem = null;
        (long Items, long Conflicts) outcome = default;
        try
        {
            outcome = await work();
        }
        catch (AtException failure)
        {
            problem = failure.Message;
        }

        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        process.Refresh();
        var (bytes, trips) = network.Totals;
        var answer = new DeviceAnswer(
            start, seconds, (process.TotalProcessorTime - cpuBefore).TotalSeconds, ProcessUse.PeakMb(process.Id),
            bytes - bytesBefore, trips - tripsBefore, outcome.Items, outcome.Conflicts, problem);
        await Console.Out.WriteLineAsync(answer.ToLine());
        await Console.Out.FlushAsync(CancellationToken.None);
    }

    private static async Task<long> WriteAsync(AtClient client, int from, int to, string tag, CancellationToken cancellationToken)
    {
        var batch = new List<AtWrite>(BatchWrites);
        for (var i = from; i < to; i++)
        {
            batch.Add(new AtWrite(Records.Key(i), AtValue.OfText(Records.Value(i, tag))));
            if (batch.Count == BatchWrites || i == to - 1)
            {
                await client.WriteAsync(batch, cancellationToken);
                batch.Clear();
            }
        }

        return to - from;
    }

    private static async Task<long> ReadAsync(AtClient client, CancellationToken cancellationToken)
    {
        var count = 0L;
        await foreach (var record in client.ScanAsync(cancellationToken: cancellationToken))
        {
            _ = await client.GetAsync(record.Key.Full, cancellationToken) ?? throw new InvalidOperationException($"{record.Key} can't be read.");
            count++;
        }

        return count;
    }

    private static async Task WatchAsync(AtClient client, TaskCompletionSource started, CancellationToken cancellationToken)
    {
        try
        {
            await using var changes = client.WatchAsync(cancellationToken: cancellationToken).GetAsyncEnumerator(cancellationToken);
            var next = changes.MoveNextAsync();
            started.SetResult();
            while (await next)
            {
                var now = Stopwatch.GetTimestamp();
                if (changes.Current.IsRemote)
                {
                    await Console.Out.WriteLineAsync($"event {changes.Current.Key} {now}");
                    await Console.Out.FlushAsync(cancellationToken);
                }

                next = changes.MoveNextAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // The bench is done with this device.
        }
    }

    private static int Number(string word) => int.Parse(word, CultureInfo.InvariantCulture);
}
