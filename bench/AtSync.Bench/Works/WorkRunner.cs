using AtSync.Bench.Load;
using AtSync.Bench.Measuring;

namespace AtSync.Bench.Works;

/// <summary>How much to do.</summary>
/// <param name="N">Records.</param>
/// <param name="Repeats">How often.</param>
/// <param name="Temp">Where data goes.</param>
internal sealed record WorkOptions(int N, int Repeats, string Temp);

/// <summary>One workload: measures one repeat, with fresh processes.</summary>
internal delegate Task<Measurement> Work(WorkOptions options, CancellationToken cancellationToken);

/// <summary>Runs workloads by name.</summary>
internal static class WorkRunner
{
    private static readonly (string Name, Work Work)[] Works =
    [
        ("W0", WriteOffline.RunAsync),
        ("W1", Push.RunAsync),
        ("W2", FirstPull.RunAsync),
        ("W3", LiveChanges.RunAsync),
        ("W4", Reconnect.RunAsync),
        ("W5", OfflineEdits.RunAsync),
        ("W6", Restore.RunAsync),
        ("W7", Tenants.RunAsync),
        ("limits", Limits.RunAsync),
    ];

    public static async Task<int> RunAsync(string name, WorkOptions options, Results results, CancellationToken cancellationToken)
    {
        var wanted = Works.Where(work => name == "all" || work.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).ToArray();
        if (wanted.Length == 0 || options.N < 1 || options.Repeats < 1)
        {
            await Console.Error.WriteLineAsync(
                wanted.Length == 0 ? $"There is no workload '{name}'; there are {string.Join(", ", Works.Select(work => work.Name))} and all." : "--n and --reps begin at 1.");
            return 2;
        }

        System.IO.Directory.CreateDirectory(options.Temp);
        foreach (var (workName, work) in wanted)
        {
            var repeats = new List<Measurement>();
            for (var i = 1; i <= options.Repeats; i++)
            {
                var measurement = await work(options, cancellationToken);
                repeats.Add(measurement);
                results.Repeat(workName, options.N, i, measurement);
            }

            results.Median(workName, options.N, Measurement.Median(repeats));
        }

        return 0;
    }
}
