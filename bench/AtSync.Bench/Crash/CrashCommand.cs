using System.Text.Json;
using AtSync.Bench.Devices;

namespace AtSync.Bench.Crash;

/// <summary><c>crash --rounds N</c>: prints a line per finding, and at the end <c>{"rounds":N,"failed":0,"seed":S}</c>.</summary>
internal static class CrashCommand
{
    /// <summary>After as many rounds a run begins with empty stores, so that a round's cost does not grow with the run; every kind has come twice by then.</summary>
    private static readonly int RoundsOfAWorld = 2 * CrashRun.Kinds.Count;

    public static async Task<int> RunAsync(int rounds, int records, int? seed, string temp, CancellationToken cancellationToken)
    {
        System.IO.Directory.CreateDirectory(temp);
        var chosen = seed ?? Environment.TickCount;
        var failed = 0;
        for (var first = 0; first < rounds; first += RoundsOfAWorld)
        {
            failed += await RunWorldAsync(first, Math.Min(first + RoundsOfAWorld, rounds), records, chosen + first, temp, cancellationToken);
        }

        Console.Out.WriteLine($"{{\"rounds\":{rounds},\"failed\":{failed},\"records\":{records},\"seed\":{chosen}}}");
        return failed == 0 ? 0 : 1;
    }

    private static async Task<int> RunWorldAsync(int first, int end, int records, int seed, string temp, CancellationToken cancellationToken)
    {
        await using var world = await World.StartAsync(temp, cancellationToken);
        var run = new CrashRun(world, seed, records);
        var failed = 0;
        for (var round = first; round < end; round++)
        {
            var findings = await run.RoundAsync(round, cancellationToken);
            failed += findings.Count > 0 ? 1 : 0;
            await Console.Error.WriteLineAsync($"round {round + 1}: {CrashRun.Kinds[round % CrashRun.Kinds.Count]} killed, {(findings.Count > 0 ? "FAILED" : "all well")}");
            foreach (var finding in findings)
            {
                Console.Out.WriteLine($"{{\"round\":{round},\"killed\":\"{CrashRun.Kinds[round % CrashRun.Kinds.Count]}\",\"finding\":\"{JsonEncodedText.Encode(finding)}\"}}");
            }
        }

        return failed;
    }
}
