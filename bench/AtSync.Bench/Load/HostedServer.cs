using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using AtSync.App.Hosting;
using AtSync.Bench.Measuring;

namespace AtSync.Bench.Load;

/// <summary>
/// An <c>atsync server</c> in a process of its own: host names per atSign on one port, so that the number of atSigns is not limited by ports. It ends when this
/// process does.
/// </summary>
internal sealed class HostedServer : IAsyncDisposable
{
    private const string Domain = "at.localhost";
    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ReloadTimeout = TimeSpan.FromSeconds(20);

    private readonly string _folder;
    private readonly Process _process;
    private readonly StringBuilder _messages;
    private readonly int _certificates;

    private HostedServer(string folder, Process process, int certificates)
    {
        (_folder, _process, _certificates) = (folder, process, certificates);
        _messages = ChildProcess.GatherErrors(process);
    }

    public int Port { get; private set; }

    public int ProcessId => _process.Id;

    public double CpuSeconds => ProcessUse.CpuSeconds(_process);

    /// <summary>Warnings and worse that it logged so far.</summary>
    public string Messages
    {
        get
        {
            lock (_messages)
            {
                return _messages.ToString();
            }
        }
    }

    /// <summary>Where a server in this folder keeps its key stores.</summary>
    public static string StorageFolder(string folder) => Path.Combine(folder, "data", "server");

    /// <summary>Starts it on a free port; returns when it is ready.</summary>
    public static Task<HostedServer> StartAsync(string folder, CancellationToken cancellationToken) => StartAsync(folder, 0, 0, cancellationToken);

    /// <summary>Port and TLS name of an atSign.</summary>
    public (int Port, string Host) AddressOf(string atSign) => (Port, $"{atSign[1..]}.{Domain}");

    /// <summary>SIGKILL, and a new process on the same data and port.</summary>
    public async Task<HostedServer> KillAndRestartAsync(CancellationToken cancellationToken)
    {
        _process.Kill();
        await _process.WaitForExitAsync(cancellationToken);
        _process.Dispose();
        return await StartAsync(_folder, Port, _certificates, cancellationToken);
    }

    /// <summary>Has it serve another certificate without a restart; false when new connections don't see it in time.</summary>
    public async Task<bool> ReplaceCertificateAsync(string atSign, int number, CancellationToken cancellationToken)
    {
        var before = await CertificateAsync(atSign, cancellationToken);
        await WriteConfigurationAsync(_folder, Port, number, cancellationToken);
        var start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < ReloadTimeout)
        {
            await Task.Delay(200, cancellationToken);
            if (await CertificateAsync(atSign, cancellationToken) != before)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Ends it politely by closing its stdin; kills it when that takes too long.</summary>
    public ValueTask DisposeAsync() => ChildProcess.EndAsync(_process, StopTimeout);

    private static async Task<HostedServer> StartAsync(string folder, int port, int certificates, CancellationToken cancellationToken)
    {
        var configuration = await WriteConfigurationAsync(folder, port, certificates, cancellationToken);
        var start = OwnProgram.Command(["server", "--config", configuration, "--parent-stdin"]);
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        var server = new HostedServer(folder, Process.Start(start)!, certificates);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(StartTimeout);
        var line = await server._process.StandardOutput.ReadLineAsync(timeout.Token);
        if (line is null)
        {
            await server._process.WaitForExitAsync(timeout.Token);
            throw new InvalidOperationException($"The server did not start (exit {server._process.ExitCode}): {server.Messages}");
        }

        using var ready = JsonDocument.Parse(line);
        server.Port = ready.RootElement.GetProperty("port"u8).GetInt32();
        return server;
    }

    private static async Task<string> WriteConfigurationAsync(string folder, int port, int certificates, CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder, "server.json");
        var text = string.Create(CultureInfo.InvariantCulture, $$"""
            {
              "data": "{{JsonEncodedText.Encode(Path.Combine(folder, "data"))}}",
              "listen": { "addresses": ["127.0.0.1"], "mode": "sni", "port": {{port}}, "domain": "{{Domain}}" },
              "tls": { "localAuthority": true, "localNames": ["certificate-{{certificates}}.localhost"] },
              "directory": { "address": "localhost:1" },
              "connections": { "max": 100000, "maxPerAddress": 100000 },
              "log": { "level": "warning" }
            }
            """);
        await File.WriteAllTextAsync(path + ".part", text, cancellationToken);
        File.Move(path + ".part", path, overwrite: true);
        return path;
    }

    private async Task<string> CertificateAsync(string atSign, CancellationToken cancellationToken)
    {
        var (port, host) = AddressOf(atSign);
        await using var client = await WireClient.ConnectAsync(port, host, cancellationToken);
        return client.Certificate;
    }
}
