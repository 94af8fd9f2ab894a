using System.Globalization;
using System.Text.Json;
using AtSync.Bench.Devices;
using AtSync.Bench.Processes;

namespace AtSync.Bench.Crash;

/// <summary>
/// Two devices and a server, as processes that are killed with SIGKILL at random moments. After every kill everything is brought in step and compared
/// with what was acknowledged: nothing missing, nothing written twice, nothing deleted back again, no conflict invented.
/// </summary>
/// <param name="world">Server and folders.</param>
/// <param name="seed">Repeats the run's choices.</param>
/// <param name="records">Records written in each round, five sixths of them new.</param>
internal sealed class CrashRun(World world, int seed, int records = CrashRun.RecordsDefault)
{
    /// <summary>Enough for a push that is under way when it is killed.</summary>
    public const int RecordsDefault = 3000;

    private readonly int _newRecords = records * 5 / 6;
    private readonly Random _random = new(seed);
    private readonly Tool _tool = new();
    private readonly Dictionary<string, string> _acknowledged = [];
    private readonly HashSet<string> _deleted = [];
    private readonly List<string> _findings = [];
    private int _nextKey;
    private long? _cursor;

    /// <summary>What is killed, in turn.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["device pushing", "server during a push", "device pulling", "device writing"];

    /// <summary>One round. Returns what is wrong, empty when all is well.</summary>
    public async Task<IReadOnlyList<string>> RoundAsync(int round, CancellationToken cancellationToken)
    {
        _findings.Clear();
        var kind = round % Kinds.Count;
        _cursor ??= await StartAsync(cancellationToken);
        var changed = await EditAsync(round, isKilled: kind == 3, cancellationToken);
        switch (kind)
        {
            case 0:
                await SyncAsync("a", Moment(), cancellationToken);
                break;
            case 1:
                await KillServerDuringPushAsync(cancellationToken);
                break;
            case 2:
                await InStepAsync("a", cancellationToken);
                await SyncAsync("b", Moment(), cancellationToken);
                break;
        }

        await InStepAsync("a", cancellationToken);
        await InStepAsync("b", cancellationToken);
        await CompareAsync(cancellationToken);
        await StatusAsync("a", cancellationToken);
        var cursor = await StatusAsync("b", cancellationToken);
        var commits = cursor - _cursor;
        _cursor = cursor;
        Require(commits == changed, $"{changed} edits became {commits} commits: {(commits > changed ? "some were written twice" : "some are missing")}");
        return [.. _findings];
    }

    /// <summary>When a sync is killed: while it starts, works, or ends; later where there is more to do.</summary>
    private TimeSpan Moment() => TimeSpan.FromMilliseconds(_random.Next(150, 750 + (records / 20)));

    /// <summary>Device a writes offline: new keys, overwritten ones, two deletions. Returns how many keys changed.</summary>
    private async Task<int> EditAsync(int round, bool isKilled, CancellationToken cancellationToken)
    {
        var overwritten = isKilled ? [] : _acknowledged.Keys.Order(StringComparer.Ordinal).OrderBy(_ => _random.Next()).Take(records - _newRecords).ToArray();
        var deleted = _acknowledged.Keys.Except(overwritten).Order(StringComparer.Ordinal).OrderBy(_ => _random.Next()).Take(2).ToArray();
        var lines = new List<(string Key, string Value)>();
        lines.AddRange(overwritten.Select(key => (key, $"round {round} again")));
        lines.AddRange(Enumerable.Range(0, _newRecords).Select(_ => ($"k{_nextKey++:d7}.crash", $"round {round} \"new\" \u00e9\U0001F600")));
        var file = world.StoreOf("a") + ".jsonl";
        await File.WriteAllLinesAsync(
            file, lines.Select(line => $"{{\"key\":\"{line.Key}\",\"value\":\"{JsonEncodedText.Encode(line.Value)}\"}}"), cancellationToken);

        var import = await RunAsync("a", isKilled ? TimeSpan.FromMilliseconds(_random.Next(250, 550 + (records / 20))) : null, cancellationToken, "import", World.Owner.ToString(), file, "--offline");
        if (import.IsKilled)
        {
            lines = await StoredPrefixAsync(lines, cancellationToken);
        }
        else
        {
            Require(import.Exit == 0, $"import failed: {import.Errors}");
        }

        foreach (var (key, value) in lines)
        {
            _acknowledged[key] = value;
        }

        foreach (var key in deleted)
        {
            var result = await RunAsync("a", null, cancellationToken, "delete", World.Owner.ToString(), key, "--offline");
            Require(result.Exit == 0, $"delete failed: {result.Errors}");
            _acknowledged.Remove(key);
            _deleted.Add(key);
        }

        return lines.Count + deleted.Length;
    }

    /// <summary>A killed import leaves whole batches from the start of the file, and nothing else.</summary>
    private async Task<List<(string Key, string Value)>> StoredPrefixAsync(List<(string Key, string Value)> lines, CancellationToken cancellationToken)
    {
        var stored = await ExportAsync("a", cancellationToken);
        var prefix = lines.TakeWhile(line => stored.Contains(Line(line.Key, line.Value))).ToList();
        Require(lines.Skip(prefix.Count).All(line => !stored.Contains(Line(line.Key, line.Value))), "a killed import left a gap");
        return prefix;
    }

    private async Task KillServerDuringPushAsync(CancellationToken cancellationToken)
    {
        var sync = RunAsync("a", null, cancellationToken, "sync", World.Owner.ToString());
        await Task.Delay(Moment(), cancellationToken);
        world.Server.Process.Kill();
        var result = await sync;
        Require(result.Exit is 0 or 3, $"sync against a killed server ended with {result.Exit}: {result.Errors}");
        await world.RestartServerAsync(cancellationToken);
    }

    private async Task SyncAsync(string device, TimeSpan killAfter, CancellationToken cancellationToken) =>
        await RunAsync(device, killAfter, cancellationToken, "sync", World.Owner.ToString());

    private async Task InStepAsync(string device, CancellationToken cancellationToken)
    {
        var result = await RunAsync(device, null, cancellationToken, "sync", World.Owner.ToString(), "--json");
        Require(result.Exit == 0 && result.Output.Contains("\"inSync\":true", StringComparison.Ordinal), $"{device} is not in step: {result.Output}{result.Errors}");
    }

    private async Task CompareAsync(CancellationToken cancellationToken)
    {
        var expected = _acknowledged.Select(item => Line(item.Key, item.Value)).ToHashSet();
        foreach (var device in new[] { "a", "b" })
        {
            var found = await ExportAsync(device, cancellationToken);
            Require(expected.IsSubsetOf(found), $"{device} lost {expected.Count(line => !found.Contains(line))} acknowledged records");
            Require(found.IsSubsetOf(expected), $"{device} holds {found.Count(line => !expected.Contains(line))} records that were replaced, deleted or never acknowledged");
            Require(!_deleted.Any(key => found.Any(line => line.Contains($"\"{key}\"", StringComparison.Ordinal))), $"{device} has a deleted record back");
        }
    }

    private async Task<HashSet<string>> ExportAsync(string device, CancellationToken cancellationToken)
    {
        var result = await RunAsync(device, null, cancellationToken, "export", World.Owner.ToString(), "-", "--offline");
        Require(result.Exit == 0, $"export of {device} failed: {result.Errors}");
        var lines = result.Lines.Select(Line).ToArray();
        Require(lines.Distinct().Count() == lines.Length, $"{device} has a record twice");
        return [.. lines];
    }

    private async Task<long> StartAsync(CancellationToken cancellationToken)
    {
        await InStepAsync("b", cancellationToken);
        return await StatusAsync("b", cancellationToken);
    }

    /// <summary>The commit up to which a device is in step; nothing may be left to do there.</summary>
    private async Task<long> StatusAsync(string device, CancellationToken cancellationToken)
    {
        var result = await RunAsync(device, null, cancellationToken, "status", World.Owner.ToString(), "--json", "--offline");
        using var document = JsonDocument.Parse(result.Output);
        var status = document.RootElement;
        foreach (var count in new[] { "pending", "refused", "quarantined", "conflicts" })
        {
            Require(status.GetProperty(count).GetInt64() == 0, $"{device} has {count}: {result.Output}");
        }

        return status.GetProperty("cursor"u8).GetInt64();
    }

    private Task<ToolResult> RunAsync(string device, TimeSpan? killAfter, CancellationToken cancellationToken, params IEnumerable<string> arguments) => _tool.RunAsync(
        [
            .. arguments, "--store", world.StoreOf(device), "--keys", world.KeyFile,
            "--root", world.Server.Ready.Directory, "--ca", world.Server.Ready.AuthorityFile,
        ],
        input: null,
        killAfter,
        cancellationToken);

    private void Require(bool holds, string finding)
    {
        if (!holds)
        {
            _findings.Add(string.Create(CultureInfo.InvariantCulture, $"{finding.Trim()} (seed {seed})"));
        }
    }

    /// <summary>What is compared: key and value, however a line spells them.</summary>
    private static string Line(string key, string value) => $"\"{key}\"={value}";

    private static string Line(string json)
    {
        using var document = JsonDocument.Parse(json);
        return Line(document.RootElement.GetProperty("key"u8).GetString()!, document.RootElement.GetProperty("value"u8).GetString()!);
    }
}
