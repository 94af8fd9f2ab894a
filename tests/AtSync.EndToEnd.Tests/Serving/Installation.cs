using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using AtSync.App.Hosting;
using AtSync.Crypto;
using AtSync.Protocol;
using AtSync.Server;
using AtSync.Storage.Server;
using AtSync.Transport;
using Microsoft.Extensions.Logging.Abstractions;

namespace AtSync.EndToEnd.Tests.Serving;

/// <summary>An atDirectory and atServers in processes of their own, as an operator runs them, with certificates of one authority.</summary>
internal sealed class Installation : IAsyncDisposable
{
    private readonly List<ServedProcess> _running = [];
    private readonly LocalAuthority _authority;

    public Installation()
    {
        _authority = LocalAuthority.Open(PathOf("issuer"), TimeProvider.System);
        _authority.EnsureServerCertificate("*.at.localhost");
        CopyCertificate();
    }

    public string Folder { get; } = TestWorld.NewFolder();

    public string AuthorityFile => _authority.AuthorityFile;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public string PathOf(string name) => Path.Combine(Folder, name);

    /// <summary>The same names and one more: another certificate of the same key.</summary>
    public void RenewCertificate()
    {
        Assert.True(_authority.EnsureServerCertificate("*.at.localhost", "renewed.example"));
        CopyCertificate();
    }

    /// <summary>Hosts atSigns on the files, while no server has them; their secrets.</summary>
    public async Task<IReadOnlyList<string>> ProvisionAsync(string data, params string[] atSigns)
    {
        using var folder = DataFolder.Open(PathOf(data));
        await using var storage = SqliteEngine.Open(new SqliteEngineOptions { Folder = folder.ServerFolder }, SystemRandomSource.Instance);
        await using var host = new AtServerHost(new AtServerOptions
        {
            Storage = storage, TimeProvider = TimeProvider.System, Random = SystemRandomSource.Instance, LoggerFactory = NullLoggerFactory.Instance,
        });
        var secrets = new List<string>();
        foreach (var atSign in atSigns)
        {
            secrets.Add(CramSecret.Make());
            await host.AddAsync(AtSign.Parse(atSign), secrets[^1], Token);
        }

        return secrets;
    }

    public Task<ServedProcess> StartDirectoryAsync() => StartAsync("directory", "directory", "\"listen\": {\"addresses\": [\"127.0.0.1\"], \"port\": 0}");

    /// <summary>An atServer that registers its atSigns in the atDirectory.</summary>
    public Task<ServedProcess> StartServerAsync(string data, ServedProcess directory, string listen, params KeyValuePair<string, string?>[] environment) => StartAsync(
        "server",
        data,
        $$"""
        "listen": {"addresses": ["127.0.0.1"], {{listen}}},
        "directory": {"address": "localhost:{{directory.Port}}", "adminSocket": {{Quote(PathOf("directory/admin.sock"))}}},
        "peers": {"mutualTls": "require"}
        """,
        environment);

    public void Configure(string name, string members) => File.WriteAllText(PathOf(name + ".jsonc"), $$"""
        {
          // Written by a test.
          "data": {{Quote(PathOf(name))}},
          "tls": {"certificates": [{"chain": {{Quote(PathOf("chain.pem"))}}, "key": {{Quote(PathOf("key.pem"))}}}] {{(members.Contains("mutualTls", StringComparison.Ordinal) ? $", \"trustedAuthorities\": [{Quote(AuthorityFile)}], \"trustSystemAuthorities\": false" : "")}}},
          "management": {"address": "127.0.0.1:0"},
          {{members}},
        }
        """);

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _running)
        {
            await process.DisposeAsync();
        }

        System.IO.Directory.Delete(Folder, recursive: true);
    }

    private async Task<ServedProcess> StartAsync(string program, string name, string members, params KeyValuePair<string, string?>[] environment)
    {
        Configure(name, members);
        var process = await ServedProcess.StartAsync(program, PathOf(name + ".jsonc"), members, environment);
        _running.Add(process);
        return process;
    }

    private void CopyCertificate()
    {
        File.Copy(_authority.Server.KeyFile, PathOf("key.pem"), overwrite: true);
        File.Copy(_authority.Server.ChainFile, PathOf("chain.pem"), overwrite: true);
    }

    private static string Quote(string text) => $"\"{JsonEncodedText.Encode(text)}\"";
}

/// <summary>A running <c>atsync server</c> or <c>atsync directory</c>.</summary>
internal sealed class ServedProcess : IAsyncDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);
    private readonly Process _process;
    private readonly JsonDocument _ready;
    private readonly StringBuilder _log = new();
    private readonly Lock _gate = new();
    private TaskCompletionSource _written = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServedProcess(Process process, JsonDocument ready, string members)
    {
        _process = process;
        _ready = ready;
        Members = members;
    }

    /// <summary>What its configuration was made of.</summary>
    public string Members { get; }

    public int Port => _ready.RootElement.GetProperty("port").GetInt32();

    public Uri Management => new($"http://{_ready.RootElement.GetProperty("management").GetString()}");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<ServedProcess> StartAsync(string program, string configuration, string members, KeyValuePair<string, string?>[] environment)
    {
        var process = Process.Start(WithDefaultSignals(OwnProgram.Command([program, "--config", configuration, "--parent-stdin"]), environment))!;
        var line = await process.StandardOutput.ReadLineAsync(Token)
            ?? throw new InvalidOperationException(await process.StandardError.ReadToEndAsync(Token));
        var served = new ServedProcess(process, JsonDocument.Parse(line), members);
        process.ErrorDataReceived += (_, written) => served.Remember(written.Data);
        process.BeginErrorReadLine();
        return served;
    }

    /// <summary>
    /// Whoever runs the tests may ignore signals (<c>nohup</c>, a shell's background), and every program inherits that: here they have to arrive.
    /// </summary>
    private static ProcessStartInfo WithDefaultSignals(ProcessStartInfo start, KeyValuePair<string, string?>[] environment)
    {
        var wrapped = OperatingSystem.IsLinux()
            ? new ProcessStartInfo("env", ["--default-signal=HUP", "--default-signal=INT", start.FileName, .. start.ArgumentList])
            : start;
        foreach (var (name, value) in environment)
        {
            wrapped.Environment[name] = value;
        }

        wrapped.RedirectStandardInput = true;
        wrapped.RedirectStandardOutput = true;
        wrapped.RedirectStandardError = true;
        return wrapped;
    }

    /// <summary>Waits until its log says so.</summary>
    public async Task HasLoggedAsync(string text)
    {
        using var patience = new CancellationTokenSource(_patience);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token, patience.Token);
        while (true)
        {
            Task written;
            lock (_gate)
            {
                if (_log.ToString().Contains(text, StringComparison.Ordinal))
                {
                    return;
                }

                written = _written.Task;
            }

            try
            {
                await written.WaitAsync(stop.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"It was not logged within {_patience.TotalSeconds} s: {text}\n{_log}");
            }
        }
    }

    public async Task SignalAsync(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(Token);
    }

    public async Task<int> ExitAsync()
    {
        using var patience = new CancellationTokenSource(_patience);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token, patience.Token);
        await _process.WaitForExitAsync(stop.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        // Shown with a test that failed.
        TestContext.Current.TestOutputHelper?.WriteLine(_log.ToString());
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        _process.Dispose();
        _ready.Dispose();
    }

    private void Remember(string? line)
    {
        lock (_gate)
        {
            _log.AppendLine(line);
            _written.TrySetResult();
            _written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }
}
