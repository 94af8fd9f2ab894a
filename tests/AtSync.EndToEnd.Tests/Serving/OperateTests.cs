using System.Net;
using System.Net.Sockets;
using System.Text;
using AtSync.Bench.Processes;

namespace AtSync.EndToEnd.Tests.Serving;

/// <summary>What an operator does, with real processes, TLS and files: two servers find each other, are reloaded, watched and stopped.</summary>
public sealed class OperateTests : IAsyncDisposable
{
    private const string ByName = "\"mode\": \"sni\", \"domain\": \"at.localhost\", \"port\": 0";
    private const string ByPort = "\"mode\": \"port-per-atSign\", \"host\": \"localhost\", \"firstPort\": 0";
    private readonly Installation _installation = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _installation.DisposeAsync();

    [Fact]
    public async Task Two_servers_one_by_names_one_by_ports_register_find_and_prove_themselves_to_each_other()
    {
        var secrets = await _installation.ProvisionAsync("names", "@alice", "@carol", "@\U0001F984");
        var bobs = await _installation.ProvisionAsync("ports", "@bob");
        var directory = await _installation.StartDirectoryAsync();
        var names = await _installation.StartServerAsync("names", directory, ByName);
        var ports = await _installation.StartServerAsync("ports", directory, ByPort);
        await names.HasLoggedAsync("The atDirectory knows");
        await ports.HasLoggedAsync("The atDirectory knows");

        var tool = TestWorld.ToolFor(_installation.Folder, $"localhost:{directory.Port}", _installation.AuthorityFile);
        var listed = await DoAsync(tool, "directory", "list", "--data", _installation.PathOf("directory"));
        var addresses = listed.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')).ToDictionary(words => words[0], words => words[1]);
        Assert.Equal(["@alice", "@bob", "@carol", "@\U0001F984"], addresses.Keys);
        Assert.Equal(
            [$"alice.at.localhost:{names.Port}", $"carol.at.localhost:{names.Port}", $"xn--3s9h.at.localhost:{names.Port}"],
            new[] { "@alice", "@carol", "@\U0001F984" }.Select(name => addresses[name]));

        // From the one server to the other and back, each with its own certificate as a proof besides the signature.
        await using (var alice = await OwnerConnection.ConnectAsync("alice", addresses["@alice"], secrets[0], _installation.AuthorityFile))
        await using (var bob = await OwnerConnection.ConnectAsync("bob", addresses["@bob"], bobs[0], _installation.AuthorityFile))
        await using (var unicorn = await OwnerConnection.ConnectAsync("\U0001F984", addresses["@\U0001F984"], secrets[2], _installation.AuthorityFile))
        {
            await bob.SendAsync("monitor\n");
            await alice.AskAsync("update:ttr:-1:isEncrypted:true:@bob:phone.app@alice one");
            await bob.ReadUntilAsync("\"value\":\"one\",\"operation\":\"update\"");
            await using var other = await OwnerConnection.ConnectAsync("bob", addresses["@bob"], bobs[0], _installation.AuthorityFile);
            await other.AskAsync("update:isEncrypted:true:@\U0001F984:horn.app@bob two");
            Assert.StartsWith("data:two\n", await unicorn.AskAsync("lookup:horn.app@bob"), StringComparison.Ordinal);
        }

        // The client's own road, found by name.
        var activated = await tool.RunAsync(Token, "activate", "@carol", "--secret", secrets[1]);
        Assert.True(activated.Exit == 0, activated.Errors);
        await DoAsync(tool, "put", "@carol", "milk.shopping", "two litres");
        Assert.Contains("\"inSync\":true", await DoAsync(tool, "sync", "@carol", "--json"), StringComparison.Ordinal);

        // Added and removed while everything runs, the atDirectory follows.
        Assert.Contains($"\"address\":\"dave.at.localhost:{names.Port}\"", await DoAsync(tool, "atsign", "add", "@dave", "--data", _installation.PathOf("names"), "--json"), StringComparison.Ordinal);
        Assert.Equal($"@dave dave.at.localhost:{names.Port}\n", await DoAsync(tool, "directory", "find", "@dave", "--data", _installation.PathOf("directory")));
        await DoAsync(tool, "atsign", "remove", "@dave", "--yes", "--data", _installation.PathOf("names"));
        Assert.Equal(listed, await DoAsync(tool, "directory", "list", "--data", _installation.PathOf("directory")));

        foreach (var process in new[] { names, ports, directory })
        {
            await process.SignalAsync(process == ports ? "INT" : "TERM");
            Assert.Equal(0, await process.ExitAsync());
        }

        // Stopped, it is administered on its file.
        Assert.Equal(listed, await DoAsync(tool, "directory", "list", "--data", _installation.PathOf("directory")));
    }

    [Fact]
    public async Task SIGHUP_takes_certificate_limits_and_log_level_over_while_a_connection_lives_and_SIGTERM_drains_it()
    {
        var secrets = await _installation.ProvisionAsync("names", "@alice");
        var directory = await _installation.StartDirectoryAsync();
        var server = await _installation.StartServerAsync("names", directory, ByName, new KeyValuePair<string, string?>("ATSYNC__LIMITS__NOOPMAX", "100ms"));
        await using var alice = await OwnerConnection.ConnectAsync("alice", $"alice.at.localhost:{server.Port}", secrets[0], _installation.AuthorityFile);
        Assert.StartsWith("error:", await alice.AskAsync("noop:200"), StringComparison.Ordinal);

        _installation.RenewCertificate();
        _installation.Configure("names", server.Members + ", \"log\": {\"level\": \"debug\"}, \"limits\": {\"pageEntriesMax\": 7000, \"noopMax\": \"1s\"}, \"storage\": {\"shards\": 9}");
        await server.SignalAsync("HUP");
        await server.HasLoggedAsync("changed: limits.pageEntriesMax, log.level.");
        await server.HasLoggedAsync("take a restart: storage.shards.");
        Assert.StartsWith("error:", await alice.AskAsync("noop:200"), StringComparison.Ordinal);
        await using var another = await OwnerConnection.ConnectAsync("alice", $"alice.at.localhost:{server.Port}", secrets[0], _installation.AuthorityFile);
        await server.HasLoggedAsync(" Debug AtSync.Server: Connection ");

        _installation.Configure("names", "\"lisen\": 1");
        await server.HasLoggedAsync("'lisen' is no key");
        using var http = new HttpClient { BaseAddress = server.Management };
        Assert.Equal("ready\n", await http.GetStringAsync(new Uri("/readyz", UriKind.Relative), Token));
        Assert.Contains("atsync_server_connections 2\n", await http.GetStringAsync(new Uri("/metrics", UriKind.Relative), Token), StringComparison.Ordinal);

        await server.SignalAsync("TERM");
        await alice.EndsAsync();
        await another.EndsAsync();
        Assert.Equal(0, await server.ExitAsync());
    }

    [Fact]
    public async Task The_directory_is_administered_while_it_runs()
    {
        var directory = await _installation.StartDirectoryAsync();
        var data = _installation.PathOf("directory");
        var tool = new Tool();

        Assert.Equal("{\"atSign\":\"@dave\",\"address\":\"dave.example:6464\"}\n", await DoAsync(tool, "directory", "set", "@dave", "dave.example:6464", "--data", data, "--json"));
        await using (var client = await TlsClient.ConnectAsync(directory.Port, _installation.AuthorityFile))
        {
            Assert.Equal("@", await client.ReadRecordAsync());
            Assert.Equal("dave.example:6464\r\n@", await client.AskAsync("dave"));
            await DoAsync(tool, "directory", "remove", "@dave", "--data", data);
            Assert.Equal("null\r\n@", await client.AskAsync("dave"));
        }

        Assert.Equal(4, (await tool.RunAsync(Token, "directory", "find", "@dave", "--data", data)).Exit);
        Assert.Equal(2, (await tool.RunAsync(Token, "directory", "set", "@dave", "nowhere", "--data", data)).Exit);
        Assert.Equal(4, (await tool.RunAsync(Token, "directory", "list", "--data", _installation.PathOf("elsewhere"))).Exit);
        using var http = new HttpClient { BaseAddress = directory.Management };
        Assert.Contains("atsync_directory_requests_total{found=\"false\"} 1\n", await http.GetStringAsync(new Uri("/metrics", UriKind.Relative), Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_manager_hears_that_it_is_ready_and_that_it_stops()
    {
        var path = _installation.PathOf("notify");
        using var notices = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        notices.Bind(new UnixDomainSocketEndPoint(path));
        var directory = await _installation.StartDirectoryAsync();
        var server = await _installation.StartServerAsync("names", directory, ByName, new KeyValuePair<string, string?>("NOTIFY_SOCKET", path));

        Assert.Equal("READY=1", await NextAsync());
        await server.SignalAsync("HUP");
        Assert.StartsWith("RELOADING=1\nMONOTONIC_USEC=", await NextAsync(), StringComparison.Ordinal);
        Assert.Equal("READY=1", await NextAsync());
        await server.SignalAsync("TERM");
        Assert.Equal("STOPPING=1", await NextAsync());
        Assert.Equal(0, await server.ExitAsync());

        async Task<string> NextAsync()
        {
            var buffer = new byte[200];
            return Encoding.UTF8.GetString(buffer, 0, await notices.ReceiveAsync(buffer, Token));
        }
    }

    [Fact]
    public async Task A_configuration_is_checked_and_printed_without_starting()
    {
        var tool = new Tool(new KeyValuePair<string, string?>("ATSYNC__LISTEN__DOMAIN", "at.example.com"));
        _installation.Configure("names", "\"autoNotify\": false");
        var file = _installation.PathOf("names.jsonc");

        Assert.Equal("{\"ok\":true}\n", await DoAsync(tool, "server", "--config", file, "--check", "--json"));
        Assert.Contains("\"domain\": \"at.example.com\"", await DoAsync(tool, "server", "--config", file, "--print-config"), StringComparison.Ordinal);
        Assert.Contains("\"autoNotify\":false", await DoAsync(tool, "server", "--config", file, "--print-config", "--json"), StringComparison.Ordinal);
        Assert.False(System.IO.Directory.Exists(_installation.PathOf("names")));

        var refused = await new Tool().RunAsync(Token, "server", "--config", file);
        Assert.Equal((2, ""), (refused.Exit, refused.Output));
        Assert.Contains("'listen.domain' is empty", refused.Errors, StringComparison.Ordinal);
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var busy = await new Tool(
            new("ATSYNC__LISTEN__DOMAIN", "at.example.com"), new("ATSYNC__LISTEN__ADDRESSES", "127.0.0.1"),
            new("ATSYNC__LISTEN__PORT", ((IPEndPoint)taken.LocalEndpoint).Port.ToString(System.Globalization.CultureInfo.InvariantCulture)))
            .RunAsync(Token, "server", "--config", file);
        Assert.Equal(3, busy.Exit);
    }

    private static async Task<string> DoAsync(Tool tool, params IEnumerable<string> arguments)
    {
        var list = arguments.ToArray();
        var result = await tool.RunAsync(Token, list);
        Assert.True(result.Exit == 0, $"atsync {string.Join(' ', list)} ended with {result.Exit}: {result.Errors}");
        return result.Output;
    }
}
