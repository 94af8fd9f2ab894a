using System.Text.Json;
using AtSync.Bench.Devices;

namespace AtSync.Bench.Crash;

/// <summary><c>crash --rounds N</c>: prints a line per finding, and at the end <c>{"rounds":N,"failed":0,"seed":S}</c>.</summary>
internal static class CrashCommand
{
    public static async Task<int> RunAsync(int rounds, int records, int? seed, string temp, CancellationToken cancellationToken)
    {
        System.IO.Directory.CreateDirectory(temp);
        await using var world = await World.StartAsync(temp, cancellationToken);
        var chosen = seed ?? Environment.TickCount;
        var run = new CrashRun(world, chosen, records);
        var failed = 0;
        for (var round = 0; round < rounds; round++)
        {
            var findings = await run.RoundAsync(round, cancellationToken);
            failed += findings.Count > 0 ? 1 : 0;
            foreach (var finding in findings)
            {
                Console.Out.WriteLine($"{{\"round\":{round},\"killed\":\"{CrashRun.Kinds[round % CrashRun.Kinds.Count]}\",\"finding\":\"{JsonEncodedText.Encode(finding)}\"}}");
            }
        }

        Console.Out.WriteLine($"{{\"rounds\":{rounds},\"failed\":{failed},\"records\":{records},\"seed\":{chosen}}}");
        return failed == 0 ? 0 : 1;
    }
}
