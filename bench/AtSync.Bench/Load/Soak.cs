using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using AtSync.Bench.Measuring;
using AtSync.Crypto.Algorithms;

namespace AtSync.Bench.Load;

/// <summary>What a soak found.</summary>
/// <param name="Counts">What was done.</param>
/// <param name="Kills">SIGKILLs of the server.</param>
/// <param name="Reloads">Certificates changed under the running server, each seen by a new connection.</param>
/// <param name="WarmMb">Resident memory of the server after warm-up: the highest of a window.</param>
/// <param name="EndMb">Resident memory at the end: the median of a window of the same length.</param>
/// <param name="Findings">What is wrong; empty when all is well.</param>
internal sealed record SoakResult(SoakCounts Counts, int Kills, int Reloads, double WarmMb, double EndMb, IReadOnlyList<string> Findings);

/// <summary>
/// <c>soak --minutes M</c>: random clients on one server. First the server is killed again and again, then one server process lives to the end while clients are
/// cut and certificates change under it; then every acknowledged write is read back, once more after a last kill.
/// </summary>
internal sealed class Soak : IAsyncDisposable
{
    private const int AtSigns = 16;
    private const int Clients = 24;

    /// <summary>Share of the time in which the server is killed.</summary>
    private const double KillingShare = 0.2;

    /// <summary>Share of the rest after which the process counts as warm, and length of the two windows that are compared.</summary>
    private const double WarmShare = 0.4;
    private const double WindowShare = 0.15;

    /// <summary>Changes of certificates in a long run, and the least time between two.</summary>
    private const int ReloadsAimedAt = 20;
    private static readonly TimeSpan ReloadsApart = TimeSpan.FromSeconds(4);

    /// <summary>How much the memory may have grown between the windows; asked only of runs long enough for everything to be compiled in their first half.</summary>
    private const double GrowthMax = 1.10;
    private static readonly TimeSpan GrowthAskedFrom = TimeSpan.FromMinutes(5);

    private readonly string _folder;
    private readonly Random _random;
    private readonly RsaPrivateKey _login;
    private readonly SoakCounts _counts = new();
    private readonly SoakClient[] _clients;
    private HostedServer _server;
    private int _kills;
    private int _reloads;

    private Soak(string folder, int seed, RsaPrivateKey login, HostedServer server)
    {
        (_folder, _login, _server) = (folder, login, server);
        _random = new Random(seed);
        var target = new LoadTarget(login, atSign => _server.AddressOf(atSign));
        _clients = [.. Enumerable.Range(0, Clients).Select(i => new SoakClient(target, _counts, i, TenantData.Name(i % AtSigns).ToString(), seed + i))];
    }

    public static async Task<int> CommandAsync(TimeSpan duration, int? seed, string temp, CancellationToken cancellationToken)
    {
        var chosen = seed ?? Environment.TickCount;
        await using var soak = await StartAsync(temp, chosen, cancellationToken);
        var result = await soak.RunAsync(duration, cancellationToken);
        foreach (var finding in result.Findings)
        {
            Console.Out.WriteLine($"{{\"finding\":\"{JsonEncodedText.Encode(finding)}\"}}");
        }

        Console.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{{\"minutes\":{duration.TotalMinutes:0.##},\"operations\":{result.Counts.Operations},\"connections\":{result.Counts.Connections},\"cuts\":{result.Counts.Cuts},\"kills\":{result.Kills},\"reloads\":{result.Reloads},\"lost\":{result.Counts.Lost},\"warmMb\":{result.WarmMb:0.0},\"endMb\":{result.EndMb:0.0},\"failed\":{result.Findings.Count},\"seed\":{chosen}}}"));
        return result.Findings.Count == 0 ? 0 : 1;
    }

    public static async Task<Soak> StartAsync(string temp, int seed, CancellationToken cancellationToken)
    {
        var folder = System.IO.Directory.CreateDirectory(Path.Combine(temp, "atsync-soak-" + Path.GetRandomFileName())).FullName;
        var login = await TenantData.WriteAsync(HostedServer.StorageFolder(folder), AtSigns, cancellationToken);
        return new Soak(folder, seed, login, await HostedServer.StartAsync(folder, cancellationToken));
    }

    public async Task<SoakResult> RunAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = Task.WhenAll(_clients.Select(client => client.RunAsync(stop.Token)));
        var findings = new List<string>();
        await KillAsync(duration * KillingShare, findings, cancellationToken);
        var memory = await LiveAsync(duration * (1 - KillingShare), findings, cancellationToken);
        await stop.CancelAsync();
        await running;

        await VerifyAsync(cancellationToken);
        await RestartAsync(findings, cancellationToken);
        await VerifyAsync(cancellationToken);
        CheckLog(findings);
        var (warm, end) = Windows(memory);
        if (duration >= GrowthAskedFrom && end > warm * GrowthMax)
        {
            findings.Add(string.Create(CultureInfo.InvariantCulture, $"the server's memory grew from {warm:0.0} to {end:0.0} MB"));
        }

        findings.AddRange(_clients.SelectMany(client => client.Findings));
        return new SoakResult(_counts, _kills, _reloads, warm, end, findings);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _login.Dispose();
        System.IO.Directory.Delete(_folder, recursive: true);
    }

    private async Task KillAsync(TimeSpan duration, List<string> findings, CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        do
        {
            await Task.Delay(_random.Next(500, 3000), cancellationToken);
            await RestartAsync(findings, cancellationToken);
        }
        while (Stopwatch.GetElapsedTime(start) < duration);
    }

    private async Task RestartAsync(List<string> findings, CancellationToken cancellationToken)
    {
        CheckLog(findings);
        _server = await _server.KillAndRestartAsync(cancellationToken);
        _kills++;
    }

    /// <summary>One server process; samples its memory and changes its certificate now and then.</summary>
    private async Task<List<double>> LiveAsync(TimeSpan duration, List<string> findings, CancellationToken cancellationToken)
    {
        const int Samples = 200;
        var memory = new List<double>();
        var untilReload = TimeSpan.FromTicks(Math.Max(duration.Ticks / ReloadsAimedAt, ReloadsApart.Ticks));
        var sinceReload = Stopwatch.GetTimestamp();
        for (var i = 0; i < Samples; i++)
        {
            await Task.Delay(duration / Samples, cancellationToken);
            memory.Add(ProcessUse.ResidentMb(_server.ProcessId));
            if (Stopwatch.GetElapsedTime(sinceReload) >= untilReload)
            {
                sinceReload = Stopwatch.GetTimestamp();
                if (await _server.ReplaceCertificateAsync(TenantData.Name(0).ToString(), _reloads + 1, cancellationToken))
                {
                    _reloads++;
                }
                else
                {
                    findings.Add("a changed certificate was not taken up");
                }
            }
        }

        return memory;
    }

    private Task VerifyAsync(CancellationToken cancellationToken) => Task.WhenAll(_clients.Select(client => client.VerifyAsync(cancellationToken)));

    private void CheckLog(List<string> findings)
    {
        if (_server.Messages.Contains("Exception", StringComparison.Ordinal))
        {
            findings.Add($"the server's log tells of an exception: {_server.Messages}");
        }
    }

    private static (double Warm, double End) Windows(List<double> memory)
    {
        var window = Math.Max(1, (int)(memory.Count * WindowShare));
        var warm = memory.GetRange((int)(memory.Count * WarmShare), window);
        return (warm.Max(), Measurement.Percentile([.. memory.TakeLast(window)], 0.5));
    }
}
