using System.CommandLine;
using AtSync.Bench.Crash;
using AtSync.Bench.Devices;
using AtSync.Bench.Load;
using AtSync.Bench.Measuring;
using AtSync.Bench.Works;

namespace AtSync.Bench;

/// <summary>The bench's command line: one workload a run, each in real processes over real TLS on a real disk.</summary>
internal static class BenchCommands
{
    private const int UsageExit = 2;

    public static async Task<int> RunAsync(string[] args)
    {
        var work = new Argument<string>("work") { Description = "W0 to W7, limits, or all." };
        var n = new Option<int>("--n") { Description = "Records; of W7: atSigns.", DefaultValueFactory = _ => 100_000 };
        var reps = new Option<int>("--reps") { Description = "Repeats; the last line holds their medians.", DefaultValueFactory = _ => 3 };
        var json = new Option<bool>("--json") { Description = "One JSON object per line." };
        var temp = new Option<string?>("--temp") { Description = "Where data goes; a real disk." };
        var root = new RootCommand("Workloads W0 to W7 and what the machine itself can do (limits).") { work, n, reps, json, temp };
        root.SetAction((arguments, cancellationToken) => WorkRunner.RunAsync(
            arguments.GetRequiredValue(work),
            new WorkOptions(arguments.GetValue(n), arguments.GetValue(reps), TempOf(arguments.GetValue(temp))),
            new Results(arguments.GetValue(json)),
            cancellationToken));

        var rounds = new Option<int>("--rounds") { Description = "How often something is killed.", DefaultValueFactory = _ => 20 };
        var records = new Option<int>("--n") { Description = "Records written in each round.", DefaultValueFactory = _ => CrashRun.RecordsDefault };
        var seed = new Option<int?>("--seed") { Description = "Repeats a run's choices." };
        var crash = new Command("crash", "Kills devices and the server with SIGKILL while they work, and checks that nothing is lost, doubled or back again.") { rounds, records, seed, temp };
        crash.SetAction((arguments, cancellationToken) =>
            CrashCommand.RunAsync(arguments.GetValue(rounds), arguments.GetValue(records), arguments.GetValue(seed), TempOf(arguments.GetValue(temp)), cancellationToken));
        root.Subcommands.Add(crash);

        var connections = new Option<int>("--connections") { Description = "Connections that log in and listen.", DefaultValueFactory = _ => 10_000 };
        var atSigns = new Option<int>("--atsigns") { Description = "AtSigns they are spread over.", DefaultValueFactory = _ => 1000 };
        var seconds = new Option<int>("--seconds") { Description = "How long writes run.", DefaultValueFactory = _ => 20 };
        var monitors = new Command("monitors", "Many idle monitor connections: memory of each, and how soon a commit is heard of.") { connections, atSigns, seconds, json, temp };
        monitors.SetAction((arguments, cancellationToken) => MonitorsCommand.RunAsync(
            arguments.GetValue(connections),
            arguments.GetValue(atSigns),
            TimeSpan.FromSeconds(arguments.GetValue(seconds)),
            TempOf(arguments.GetValue(temp)),
            new Results(arguments.GetValue(json)),
            cancellationToken));
        root.Subcommands.Add(monitors);

        var minutes = new Option<double>("--minutes") { Description = "How long.", DefaultValueFactory = _ => 10 };
        var soak = new Command("soak", "Random clients, kills and changes of certificates: no leak, no lost acknowledged write, no exception in the log.") { minutes, seed, temp };
        soak.SetAction((arguments, cancellationToken) =>
            Soak.CommandAsync(TimeSpan.FromMinutes(arguments.GetValue(minutes)), arguments.GetValue(seed), TempOf(arguments.GetValue(temp)), cancellationToken));
        root.Subcommands.Add(soak);
        root.Subcommands.Add(DeviceCommand.Build());

        var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count == 0)
        {
            return await parsed.InvokeAsync();
        }

        foreach (var error in parsed.Errors)
        {
            await Console.Error.WriteLineAsync(error.Message);
        }

        return UsageExit;
    }

    private static string TempOf(string? option) => Path.GetFullPath(option ?? Path.GetTempPath());
}
