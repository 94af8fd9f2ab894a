using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using AtSync.Bench.Processes;
using AtSync.Transport;

namespace AtSync.EndToEnd.Tests;

/// <summary>The exit codes that scripts rely on, each with a message that names the thing at fault.</summary>
public sealed class ExitCodeTests(ExitCodeTests.Fixture fixture) : IClassFixture<ExitCodeTests.Fixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private TestWorld World => fixture.World;

    [Fact]
    public async Task An_unreachable_directory_is_3_for_sync_and_0_for_put()
    {
        var sync = await World.RunAsync("sync", "@alice", "--root", "localhost:1", "--store", Fresh(), "--json");
        var put = await World.RunAsync("put", "@alice", "x.notes", "kept", "--root", "localhost:1", "--store", Fresh(), "--json");

        AssertProblem(sync, 3, "localhost:1");
        Assert.Equal((0, "{\"stored\":true,\"pushed\":false}\n"), (put.Exit, put.Output));
    }

    [Fact]
    public async Task A_wrong_authority_is_3()
    {
        var other = LocalAuthority.Open(Fresh(), TimeProvider.System);

        AssertProblem(await World.RunAsync("sync", "@alice", "--ca", other.AuthorityFile, "--store", Fresh(), "--json"), 3, "certificate");
    }

    [Fact]
    public async Task An_authority_of_the_system_counts_besides_the_one_that_is_named()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only OpenSSL takes the system's authorities from a variable.");
        var other = LocalAuthority.Open(Fresh(), TimeProvider.System);
        var tool = TestWorld.ToolFor(World.Folder, World.Server.Ready.Directory, other.AuthorityFile, KeyValuePair.Create("SSL_CERT_FILE", (string?)World.Server.Ready.AuthorityFile));

        var result = await tool.RunAsync(Token, "sync", "@alice", "--store", Fresh(), "--json");

        Assert.Equal((0, ""), (result.Exit, result.Exit == 0 ? "" : result.Errors));
    }

    [Fact]
    public async Task A_wrong_host_name_is_3()
    {
        // The certificate names localhost, 127.0.0.1 and ::1, not this name, which leads to the same place.
        var root = World.Server.Ready.Directory.Replace("localhost", "other.localhost", StringComparison.Ordinal);

        AssertProblem(await World.RunAsync("sync", "@alice", "--root", root, "--store", Fresh(), "--json"), 3, "other.localhost");
    }

    [Fact]
    public async Task A_peer_that_does_not_speak_TLS_is_3()
    {
        using var plain = new TcpListener(IPAddress.Loopback, 0);
        plain.Start();
        var serving = AnswerAsync(plain);

        var result = await World.RunAsync("sync", "@alice", "--root", $"localhost:{((IPEndPoint)plain.LocalEndpoint).Port}", "--store", Fresh(), "--json");

        AssertProblem(result, 3, "localhost");
        plain.Stop();
        await serving;
    }

    [Fact]
    public async Task Keys_that_the_server_does_not_know_are_1()
    {
        await using var other = await TestWorld.StartAsync();

        var result = await World.RunAsync("sync", "@alice", "--keys", other.KeyFile, "--store", Fresh(), "--json");

        Assert.Equal(1, result.Exit);
        using var error = JsonDocument.Parse(result.Errors);
        Assert.StartsWith("AT", error.RootElement.GetProperty("code").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_file_of_another_atSign_a_damaged_one_and_a_missing_one_are_5()
    {
        var damaged = World.PathOf("damaged.atKeys");
        await File.WriteAllTextAsync(damaged, (await File.ReadAllTextAsync(World.KeyFile, Token))[..200], Token);

        AssertProblem(await World.RunAsync("get", "@alice", "x.notes", "--keys", damaged, "--store", Fresh(), "--json"), 5, "damaged.atKeys");
        AssertProblem(await World.RunAsync("get", "@alice", "x.notes", "--keys", "/nowhere/x.atKeys", "--store", Fresh(), "--json"), 5, "/nowhere/x.atKeys");
        AssertProblem(await World.RunAsync("get", "@bob", "x.notes", "--keys", World.KeyFile, "--store", Fresh(), "--json"), 5, "@alice");
    }

    [Fact]
    public async Task A_damaged_store_and_the_store_of_another_atSign_are_5()
    {
        var store = Fresh();
        await World.DoAsync("put", "@alice", "x.notes", "kept", "--store", store, "--offline");
        AssertProblem(await World.RunAsync("status", "@bob", "--store", store, "--json"), 5, "@alice");

        foreach (var file in System.IO.Directory.EnumerateFiles(store, "*.db*"))
        {
            await File.WriteAllBytesAsync(file, [.. Enumerable.Repeat((byte)0x5A, 8192)], Token);
        }

        AssertProblem(await World.RunAsync("get", "@alice", "x.notes", "--store", store, "--offline", "--json"), 5, store);
    }

    [Fact]
    public async Task A_key_that_is_not_there_is_4()
    {
        AssertProblem(await World.RunAsync("get", "@alice", "nothing.notes", "--store", Fresh(), "--offline", "--json"), 4, "nothing.notes");
        AssertProblem(await World.RunAsync("get", "@alice", "nothing.notes", "--remote", "--json"), 4, "nothing.notes");
        AssertProblem(await World.RunAsync("delete", "@alice", "nothing.notes", "--store", Fresh(), "--offline", "--json"), 4, "nothing.notes");
        AssertProblem(await World.RunAsync("conflicts", "@alice", "show", "77", "--store", Fresh(), "--offline", "--json"), 4, "77");
        AssertProblem(await World.RunAsync("activate", "@nobody", "--secret", "x", "--keys", World.PathOf("nobody.atKeys"), "--json"), 4, "@nobody");
    }

    [Theory]
    [InlineData("no-such-command")]
    [InlineData("put", "@alice", "x.notes")]
    [InlineData("put", "@alice", "x.notes", "value", "--no-such-option")]
    [InlineData("put", "not an atSign!", "x.notes", "value")]
    [InlineData("put", "@alice", "x.notes", "--file", "/nowhere/at/all")]
    [InlineData("import", "@alice", "/nowhere/at/all", "--offline")]
    [InlineData("put", "@alice", "public:x.notes", "", "--offline")]
    [InlineData("get", "@alice", "x.notes", "--offline", "--remote")]
    [InlineData("sync", "@alice", "--root", "nonsense")]
    [InlineData("sync", "@alice", "--ca", "/nowhere/ca.pem")]
    [InlineData("activate", "@alice")]
    [InlineData("conflicts", "@alice", "show", "first")]
    [InlineData("put", "@alice", "x.notes", "value", "--ttl", "soon")]
    [InlineData("up", "--data", "/nowhere", "--first-port", "70000")]
    public async Task What_makes_no_sense_is_2(params string[] arguments)
    {
        var result = await World.RunAsync([.. arguments, "--json"]);

        AssertProblem(result, 2, "");
        Assert.DoesNotContain("System.", result.Errors, StringComparison.Ordinal);
        Assert.Equal("", result.Output);
    }

    [Fact]
    public async Task A_bad_line_in_an_import_is_2_and_named()
    {
        var file = World.PathOf("bad.jsonl");
        await File.WriteAllLinesAsync(file, ["{\"key\":\"a.b\",\"value\":\"1\"}", "", "{\"key\":\"c.d\"}"], Token);

        AssertProblem(await World.RunAsync("import", "@alice", file, "--store", Fresh(), "--offline", "--json"), 2, "Line 3");
    }

    [Theory]
    [InlineData("{\"key\":\"a.b\",\"value\":", "valid JSON")]
    [InlineData("[1]", "not a JSON object")]
    [InlineData("{\"key\":\"a.b\",\"value\":5}", "value is not a string")]
    [InlineData("{\"key\":\"a.b\",\"value\":\"x\",\"encoding\":\"base64\"}", "base64")]
    [InlineData("{\"key\":\"a.b\",\"value\":\"x\",\"metadata\":{\"ttl\":-1}}", "ttl")]
    [InlineData("{\"key\":\"a.b\",\"value\":\"x\",\"metadata\":{\"expiresAt\":\"soon\"}}", "soon")]
    [InlineData("{\"key\":\"a b\",\"value\":\"x\"}", "a b")]
    [InlineData("{\"key\":\"a@bob\",\"value\":\"x\"}", "@bob")]
    [InlineData("{\"key\":\"public:a.b\",\"value\":\"\"}", "empty")]
    public async Task Every_mistake_in_an_import_is_told_with_its_line_and_what_is_before_it_is_stored(string line, string named)
    {
        var (file, store) = (World.PathOf(Path.GetRandomFileName()), Fresh());
        await File.WriteAllLinesAsync(file, [.. Enumerable.Range(1, 30).Select(i => $"{{\"key\":\"k{i}.b\",\"value\":\"{i}\"}}"), line, "{\"key\":\"last.b\",\"value\":\"1\"}"], Token);

        var result = await World.RunAsync("import", "@alice", file, "--store", store, "--offline", "--json");

        AssertProblem(result, 2, "Line 31:");
        Assert.Contains(named, result.Errors, StringComparison.Ordinal);
        Assert.Contains("30 records before it are stored", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_export_holds_records_that_are_not_yet_born_and_an_import_brings_them_back()
    {
        var (first, second) = (Fresh(), Fresh());
        var file = World.PathOf("unborn.jsonl");
        await World.DoAsync("put", "@alice", "later.notes", "in an hour", "--ttb", "3600", "--ttl", "7200", "--store", first, "--offline");

        await World.DoAsync("export", "@alice", file, "--store", first, "--offline");
        await World.DoAsync("import", "@alice", file, "--store", second, "--offline");

        Assert.Contains("availableAt", await File.ReadAllTextAsync(file, Token), StringComparison.Ordinal);
        Assert.Equal(await File.ReadAllTextAsync(file, Token), await World.DoAsync("export", "@alice", "-", "--store", second, "--offline"));
        Assert.Equal(4, (await World.RunAsync("get", "@alice", "later.notes", "--store", second, "--offline", "--json")).Exit);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(60)]
    [InlineData(9000)]
    public async Task A_store_cut_short_is_5_and_left_as_it_is(int bytes)
    {
        var store = Fresh();
        await World.DoAsync("put", "@alice", "x.notes", "kept", "--store", store, "--offline");
        var file = Path.Combine(store, "local.db");
        await using (var stream = File.OpenWrite(file))
        {
            stream.SetLength(bytes);
        }

        AssertProblem(await World.RunAsync("get", "@alice", "x.notes", "--store", store, "--offline", "--json"), 5, "local.db");
        Assert.Equal(bytes, new FileInfo(file).Length);
    }

    [Fact]
    public async Task A_wrong_secret_and_a_second_activation_are_1()
    {
        var again = await World.RunAsync("activate", "@alice", "--secret", "wrong", "--keys", World.PathOf("again.atKeys"), "--json");

        Assert.Equal(1, again.Exit);
        Assert.False(File.Exists(World.PathOf("again.atKeys")));
    }

    private string Fresh() => World.PathOf(Path.GetRandomFileName());

    private static void AssertProblem(ToolResult result, int exit, string named)
    {
        Assert.True(result.Exit == exit, $"exit {result.Exit} instead of {exit}: {result.Output}{result.Errors}");
        using var error = JsonDocument.Parse(result.Errors.Split('\n')[^2]);
        Assert.Equal(["error", "code", "exit"], error.RootElement.EnumerateObject().Select(member => member.Name));
        Assert.Equal(exit, error.RootElement.GetProperty("exit").GetInt32());
        Assert.Contains(named, error.RootElement.GetProperty("error").GetString(), StringComparison.OrdinalIgnoreCase);
    }

    private static async Task AnswerAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                using var client = await listener.AcceptTcpClientAsync(Token);
                await client.GetStream().WriteAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray(), Token);
            }
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The test is over.
        }
    }

    public sealed class Fixture : IAsyncLifetime
    {
        internal TestWorld World { get; private set; } = null!;

        public async ValueTask InitializeAsync() => World = await TestWorld.StartAsync();

        public ValueTask DisposeAsync() => World.DisposeAsync();
    }
}
