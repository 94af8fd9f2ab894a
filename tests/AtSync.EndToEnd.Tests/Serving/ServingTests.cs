using System.Collections;
using System.Net;
using System.Text;
using System.Text.Json;
using AtSync.App.Configuration;
using AtSync.App.Hosting;
using AtSync.App.Hosting.Management;
using AtSync.App.Hosting.Serving;
using AtSync.Protocol;
using AtSync.Storage;
using AtSync.Transport;

namespace AtSync.EndToEnd.Tests.Serving;

/// <summary>A server from its configuration, in this process: names, reload, management, drain.</summary>
public sealed class ServingTests : IAsyncLifetime
{
    private static readonly AtSign _alice = AtSign.Parse("@alice");
    private readonly string _folder = TestWorld.NewFolder();
    private readonly StringWriter _lines = new();
    private ConsoleLog _log = null!;
    private ServerServing _serving = null!;
    private ReloadLoop<ServerSettings> _reload = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string ConfigFile => Path.Combine(_folder, "server.json");

    private string Lines
    {
        get
        {
            lock (_lines)
            {
                return _lines.ToString();
            }
        }
    }

    private int Port => _serving.Program.Listener.EndPoints[0].Port;

    public async ValueTask InitializeAsync()
    {
        // A public authority's files, so that they can be replaced.
        var authority = LocalAuthority.Open(Path.Combine(_folder, "issuer"), TimeProvider.System);
        authority.EnsureServerCertificate("*.at.localhost");
        File.Copy(authority.Server.ChainFile, Path.Combine(_folder, "chain.pem"));
        File.Copy(authority.Server.KeyFile, Path.Combine(_folder, "key.pem"));
        var settings = Write();
        _log = new ConsoleLog(settings.Log, TimeProvider.System, TextWriter.Synchronized(_lines));
        _serving = await ServerServing.StartAsync(settings, TimeProvider.System, _log, Token);
        _reload = new ReloadLoop<ServerSettings>(ConfigFile, new Hashtable(), ServerKeys.Table, settings, read => read.Log, _serving, _log, TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        await _reload.DisposeAsync();
        await _serving.DisposeAsync();
        _log.Dispose();
        System.IO.Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Names_below_the_domain_lead_to_their_atSigns_and_others_to_none()
    {
        var bob = AtSign.Parse("@bob");
        await _serving.Program.HostAsync(_alice, Token);
        await _serving.Program.HostAsync(bob, Token);

        Assert.Equal($"alice.at.localhost:{Port}", (await _serving.Program.DescribeAsync(_alice, Token))!.Address);
        await using (var alice = await DialAsync("alice.at.localhost"))
        {
            Assert.StartsWith("data:_", await AskAsync(alice, "from:@alice"), StringComparison.Ordinal);
            Assert.Contains("@alice:", await AskAsync(alice, "from:@alice"), StringComparison.Ordinal);
        }

        Assert.True(await _serving.Program.RemoveAsync(_alice, Token));
        Assert.Null(await _serving.Program.DescribeAsync(_alice, Token));
        Assert.False(await _serving.Program.RemoveAsync(_alice, Token));
        await using var gone = await DialAsync("alice.at.localhost");
        Assert.StartsWith("error:", await AskAsync(gone, "from:@alice"), StringComparison.Ordinal);
        await using var still = await DialAsync("bob.at.localhost");
        Assert.StartsWith("data:_", await AskAsync(still, "from:@bob"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Certificate_limits_and_log_level_are_replaced_while_a_connection_lives_on()
    {
        await _serving.Program.HostAsync(_alice, Token);
        await using var before = await DialAsync("alice.at.localhost");
        var shown = before.PeerCertificate!.Thumbprint;

        var renewed = LocalAuthority.Open(Path.Combine(_folder, "issuer"), TimeProvider.System);
        Assert.True(renewed.EnsureServerCertificate("*.at.localhost", "renewed.example"));
        File.Copy(renewed.Server.ChainFile, Path.Combine(_folder, "chain.pem"), overwrite: true);
        Write(", \"limits\": {\"noopMax\": \"1ms\"}, \"log\": {\"level\": \"debug\", \"format\": \"json\"}, \"connections\": {\"maxPerAddress\": 2}");
        _reload.Step(isAsked: false);

        // The old connection goes on, and its next command already sees the new limit.
        Assert.StartsWith("error:", await AskAsync(before, "noop:2"), StringComparison.Ordinal);
        Assert.Equal("data:ok\n@", await AskAsync(before, "noop:1"));
        await using var after = await DialAsync("alice.at.localhost");
        Assert.NotEqual(shown, after.PeerCertificate!.Thumbprint);
        await using var surplus = await DialAsync("alice.at.localhost", "error:AT0012-Inbound connection limit exceeded\n");

        var line = Lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Single(text => text.Contains("\"event\":5003", StringComparison.Ordinal));
        using var json = JsonDocument.Parse(line);
        Assert.Equal("connections.maxPerAddress, limits.noopMax, log.level, log.format", json.RootElement.GetProperty("Keys").GetString());
        Assert.Equal(("information", "AtSync.Hosting"), (json.RootElement.GetProperty("level").GetString(), json.RootElement.GetProperty("category").GetString()));
    }

    [Fact]
    public async Task A_bad_file_or_certificate_is_reported_and_changes_nothing()
    {
        await _serving.Program.HostAsync(_alice, Token);
        await File.WriteAllTextAsync(ConfigFile, "{\"limits\": {\"noopMax\": 5}}", Token);
        _reload.Step(isAsked: false);
        Assert.Contains("'limits.noopMax' must be", Lines, StringComparison.Ordinal);

        var told = Lines.Length;
        _reload.Step(isAsked: false);
        Assert.Equal(told, Lines.Length);

        Write(", \"limits\": {\"noopMax\": \"1ms\"}");
        await File.WriteAllTextAsync(Path.Combine(_folder, "chain.pem"), "no certificate", Token);
        _reload.Step(isAsked: true);
        Assert.Contains("chain.pem' with the key", Lines, StringComparison.Ordinal);

        Assert.Equal(TimeSpan.FromSeconds(5), _reload.Settings.Limits.NoopMax);
        await using var after = await DialAsync("alice.at.localhost");
        Assert.Equal("data:ok\n@", await AskAsync(after, "noop:2"));
    }

    [Fact]
    public void A_key_that_takes_a_restart_is_named_and_keeps_its_value()
    {
        Write(", \"autoNotify\": false, \"drainTimeout\": \"3s\"");

        _reload.Step(isAsked: false);

        Assert.Equal((true, TimeSpan.FromSeconds(3)), (_reload.Settings.AutoNotify, _reload.Settings.DrainTimeout));
        Assert.Contains("take a restart: autoNotify.", Lines, StringComparison.Ordinal);
        Assert.Contains("changed: drainTimeout.", Lines, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Management_says_whether_it_lives_can_serve_and_what_it_did()
    {
        await _serving.Program.HostAsync(_alice, Token);
        using var telemetry = new Telemetry("server", hasMetrics: true);
        await using var management = await ManagementEndpoint.StartAsync(
            new IPEndPoint(IPAddress.Loopback, 0), _serving.WhyNotReadyAsync, telemetry.Metrics, TimeProvider.System, _log, Token);
        await using (var client = await DialAsync("alice.at.localhost"))
        {
            await AskAsync(client, "noop:0");
        }

        using var http = new HttpClient { BaseAddress = new Uri($"http://{management.Address}") };
        Assert.Equal((HttpStatusCode.OK, "ok\n"), await GetAsync(http, "/healthz"));
        Assert.Equal((HttpStatusCode.OK, "ready\n"), await GetAsync(http, "/readyz"));
        var (status, metrics) = await GetAsync(http, "/metrics");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Contains("# TYPE atsync_server_commands_total counter\n", metrics, StringComparison.Ordinal);
        Assert.Contains("atsync_server_commands_total{verb=\"noop\"} ", metrics, StringComparison.Ordinal);
        Assert.Contains("# TYPE atsync_server_connections gauge\n", metrics, StringComparison.Ordinal);
        Assert.Contains("dotnet_process_memory_working_set_bytes ", metrics, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync(http, "/")).Status);
        using var posted = await http.PostAsync(new Uri("/healthz", UriKind.Relative), null, Token);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, posted.StatusCode);
    }

    [Fact]
    public async Task While_it_drains_and_when_the_storage_fails_it_is_not_ready_and_says_why()
    {
        using var telemetry = new Telemetry("server", hasMetrics: false);
        var reason = "storage";
        await using var management = await ManagementEndpoint.StartAsync(
            new IPEndPoint(IPAddress.Loopback, 0),
            cancellationToken => reason == "storage" ? throw new StoreException(StoreFault.Full, "the disk is full") : _serving.WhyNotReadyAsync(cancellationToken),
            telemetry.Metrics, new SteppingClock(), _log, Token);
        using var http = new HttpClient { BaseAddress = new Uri($"http://{management.Address}") };

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "storage not writable: the disk is full\n"), await GetAsync(http, "/readyz"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await GetAsync(http, "/metrics")).Status);
        reason = "none";
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(http, "/readyz")).Status);
        await _serving.DrainAsync(Token);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "draining\n"), await GetAsync(http, "/readyz"));
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(http, "/healthz")).Status);
    }

    [Fact]
    public async Task A_second_server_on_the_same_data_folder_is_refused()
    {
        var failure = await Assert.ThrowsAsync<StoreException>(() => ServerServing.StartAsync(_reload.Settings, TimeProvider.System, _log, Token));

        Assert.Equal(StoreFault.Locked, failure.Fault);
    }

    [Fact]
    public void A_log_line_is_one_line_whatever_is_in_it()
    {
        var lines = new StringWriter();
        using var log = new ConsoleLog(new LogSettings(), TimeProvider.System, lines);
        var logger = log.CreateLogger("Test");

        HostingLog.ReloadRefused(logger, "one\r\ntwo\u001b[31m");
        log.Use(new LogSettings { Format = LogFormat.Json });
        HostingLog.AdministrationFailed(logger, new InvalidOperationException("first\nsecond"));

        var written = lines.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, written.Length);
        Assert.EndsWith(" Error Test: What changed can't be used; what was in force stays: one two?[31m", written[0], StringComparison.Ordinal);
        using var json = JsonDocument.Parse(written[1]);
        Assert.Contains("first\nsecond", json.RootElement.GetProperty("exception").GetString(), StringComparison.Ordinal);
    }

    private static async Task<(HttpStatusCode Status, string Text)> GetAsync(HttpClient http, string path)
    {
        using var answer = await http.GetAsync(new Uri(path, UriKind.Relative), Token);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Token));
    }

    private static async Task<string> AskAsync(IConnection connection, string command)
    {
        await connection.Output.WriteAsync(Encoding.UTF8.GetBytes(command + "\n"), Token);
        return await ReadAsync(connection);
    }

    private static async Task<string> ReadAsync(IConnection connection)
    {
        var read = await connection.Input.ReadAsync(Token);
        var text = Encoding.UTF8.GetString(read.Buffer);
        connection.Input.AdvanceTo(read.Buffer.End);
        return text;
    }

    private async Task<IConnection> DialAsync(string host, string greeting = "@")
    {
        var network = new TlsNetwork(new TlsNetworkOptions { AuthorityFiles = [Path.Combine(_folder, "issuer", "ca.pem")], TrustSystemAuthorities = false });
        var connection = await network.DialAsync(new HostPort(host, Port), Token);
        Assert.Equal(greeting, await ReadAsync(connection));
        return connection;
    }

    private ServerSettings Write(string more = "")
    {
        File.WriteAllText(ConfigFile, $$"""
            {
              "data": "{{Escape("data")}}",
              "listen": { "addresses": ["127.0.0.1"], "port": 0, "domain": "at.localhost" },
              "tls": { "certificates": [ { "chain": "{{Escape("chain.pem")}}", "key": "{{Escape("key.pem")}}" } ] }{{more}}
            }
            """);
        return ServerKeys.Table.LoadUnchecked(ConfigFile, new Hashtable());
    }

    private string Escape(string file) => JsonEncodedText.Encode(Path.Combine(_folder, file)).ToString();

    /// <summary>Each look is a minute later.</summary>
    private sealed class SteppingClock : TimeProvider
    {
        private long _minutes;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddMinutes(Interlocked.Increment(ref _minutes));
    }
}
