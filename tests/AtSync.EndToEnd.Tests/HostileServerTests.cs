using AtSync.Client;
using AtSync.Client.Sync;
using AtSync.Crypto;
using AtSync.Crypto.Algorithms;
using AtSync.Protocol;
using AtSync.Transport;

namespace AtSync.EndToEnd.Tests;

/// <summary>
/// A server that breaks the rules, over real TLS and a store on disk: each time a named cause, in time, nothing lost, and everything is well as soon as
/// the server is.
/// </summary>
public sealed class HostileServerTests : IAsyncDisposable
{
    private static readonly AtSign Alice = AtSign.Parse("@alice");
    private static readonly Lazy<AtKeysFile> Keys = new(MakeKeys);

    private readonly string _folder = TestWorld.NewFolder();
    private readonly HostileServer _server;

    public HostileServerTests() => _server = new HostileServer(Path.Combine(_folder, "ca"));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        System.IO.Directory.Delete(_folder, recursive: true);
    }

    public static TheoryData<string, string> Attacks()
    {
        var data = new TheoryData<string, string>();
        foreach (var verb in new[] { "from", "pkam", "stats", "llookup", "sync", "batch" })
        {
            data.Add(verb, HostileServer.Silence);
            data.Add(verb, "data:[{\"half\":" + HostileServer.Cut);
            data.Add(verb, "this is no answer at all");
            if (verb != "llookup")
            {
                // Whatever it holds is a public key to us: then it is that one's identity, which the next server does not have.
                data.Add(verb, "data:[{\"id\":");
                data.Add(verb, "data:{\"a\":[[[[[[1]]]]]]}");
            }
        }

        data.Add("from", "data:_0123@bob:4567");
        data.Add("stats", "data:[{\"id\":\"3\",\"value\":\"99999999999999999999999999\"}]");
        data.Add("stats", "data:[{\"id\":\"3\",\"value\":[1]}]");
        data.Add("sync", "data:[" + HostileServer.Entry("a.n@alice", 5) + "," + HostileServer.Entry("b.n@alice", 4) + "]");
        data.Add("sync", "data:[" + HostileServer.Entry("a.n@alice", 5) + "," + HostileServer.Entry("b.n@alice", 5) + "]");
        data.Add("sync", "data:[" + HostileServer.Entry("a.n@alice", "99999999999999999999999999") + "]");
        data.Add("sync", "data:[" + HostileServer.Entry("a.n@alice", "{}") + "]");
        data.Add("sync", "data:[null,[],\"x\"]");
        data.Add("batch", "data:5");
        data.Add("batch", "data:[{\"id\":1,\"response\":{\"data\":\"2");
        return data;
    }

    [Theory]
    [MemberData(nameof(Attacks))]
    public async Task A_bad_answer_is_a_named_failure_that_loses_nothing_and_is_recovered_from(string verb, string answer)
    {
        await using var client = await OpenAsync();
        await client.PutAsync("here.notes", "mine", cancellationToken: Token);
        _server.Attack = line => line.StartsWith(verb + ":", StringComparison.Ordinal) || line == verb ? answer : null;

        var failure = await Assert.ThrowsAsync<AtException>(() => client.SyncAsync(Token));

        Assert.Equal(AtFault.Network, failure.Fault);
        Assert.EndsWith(".", failure.Message, StringComparison.Ordinal);
        Assert.Equal("mine", (await client.GetAsync("here.notes", Token))!.Text);
        Assert.Equal(1, (await client.GetStatusAsync(Token)).Pending);
        await AssertRecoversAsync(client);
    }

    [Theory]
    [InlineData("data:[]")]
    [InlineData("data:[{\"id\":7,\"response\":{\"data\":\"9\"}},{\"id\":-1,\"response\":{\"data\":\"9\"}},{\"id\":\"x\",\"response\":1}]")]
    [InlineData("data:[{\"id\":1,\"response\":{\"data\":\"many\"}}]")]
    [InlineData("data:[{\"id\":1}]")]
    [InlineData("error:AT0011-Internal server exception : out of order")]
    public async Task A_batch_without_an_answer_to_an_edit_leaves_it_waiting(string answer)
    {
        await using var client = await OpenAsync();
        await client.PutAsync("here.notes", "mine", cancellationToken: Token);
        _server.Attack = line => line.StartsWith("batch:", StringComparison.Ordinal) ? answer : null;

        var result = await client.SyncAsync(Token);

        Assert.Equal((false, 0L, 0L), (result.InSync, result.Pushed, result.Refused));
        Assert.False(Assert.Single(await client.ListRefusedAsync(Token)).IsDead);
        await AssertRecoversAsync(client);
    }

    [Fact]
    public async Task A_line_without_an_end_and_pages_without_an_end_are_bounded()
    {
        await using var client = await OpenAsync(limits => limits with { EntriesPerRoundMax = 50 });
        await client.PutAsync("here.notes", "mine", cancellationToken: Token);
        var endless = "data:[" + new string('x', 20_000_000) + HostileServer.Cut;
        _server.Attack = line => line.StartsWith("sync:", StringComparison.Ordinal) ? endless : null;
        Assert.Contains("more than", (await Assert.ThrowsAsync<AtException>(() => client.SyncAsync(Token))).Message, StringComparison.Ordinal);

        var id = 0;
        _server.Attack = line => line.StartsWith("stats:", StringComparison.Ordinal) ? "data:[{\"id\":\"3\",\"value\":\"9000000000000000000\"}]"
            : line.StartsWith("sync:", StringComparison.Ordinal) ? "data:[" + HostileServer.Entry($"k{++id}.n@alice", id) + "]" : null;
        Assert.Contains("50", (await Assert.ThrowsAsync<AtException>(() => client.SyncAsync(Token))).Message, StringComparison.Ordinal);

        Assert.Equal(1, (await client.GetStatusAsync(Token)).Pending);
        await AssertRecoversAsync(client);
    }

    [Fact]
    public async Task Entries_of_another_atSign_are_set_aside_and_the_rest_is_taken()
    {
        await using var client = await OpenAsync();
        _server.Attack = line => line.StartsWith("sync:from:-1:", StringComparison.Ordinal)
            ? "data:[" + HostileServer.Entry("theirs.notes@bob", 1) + "," + HostileServer.Entry("mine.notes@alice", 2) + "]" : null;

        var result = await client.SyncAsync(Token);

        Assert.Equal((false, 1L, 1L), (result.InSync, result.Quarantined, result.Pulled));
        Assert.NotNull(await client.GetAsync("mine.notes", Token));
    }

    [Fact]
    public async Task An_info_that_says_nothing_makes_it_a_plain_server()
    {
        await using var client = await OpenAsync();
        await client.PutAsync("here.notes", "mine", cancellationToken: Token);
        _server.Attack = line => line.StartsWith("info", StringComparison.Ordinal) ? "data:{\"features\":{\"a\":1},\"version\":[],\"epochMillis\":\"x\"}" : null;

        Assert.True((await client.SyncAsync(Token)).InSync);
        Assert.Contains("here.notes@alice", _server.Pushed.Keys);
    }

    [Fact]
    public async Task The_program_says_what_is_wrong_with_exit_code_3_and_is_well_afterwards()
    {
        var keyFile = Path.Combine(_folder, "alice.atKeys");
        Keys.Value.Save(keyFile, Alice, null, SystemRandomSource.Instance);
        var tool = TestWorld.ToolFor(_folder, _server.Root, _server.AuthorityFile);
        _server.Attack = line => line.StartsWith("sync:", StringComparison.Ordinal) ? "data:[{\"atKey\":" : null;

        var broken = await tool.RunAsync(Token, "sync", "@alice", "--keys", keyFile, "--json");
        _server.Attack = null;
        var well = await tool.RunAsync(Token, "sync", "@alice", "--keys", keyFile, "--json");

        Assert.Equal(3, broken.Exit);
        Assert.Contains("does not speak the protocol", broken.Errors, StringComparison.Ordinal);
        Assert.Equal(0, well.Exit);
        Assert.Contains("\"inSync\":true,\"pulled\":1", well.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Edits_that_a_server_does_not_take_for_now_end_sync_with_1_and_put_with_0()
    {
        var keyFile = Path.Combine(_folder, "alice.atKeys");
        Keys.Value.Save(keyFile, Alice, null, SystemRandomSource.Instance);
        var tool = TestWorld.ToolFor(_folder, _server.Root, _server.AuthorityFile);
        _server.Attack = line => line.StartsWith("batch:", StringComparison.Ordinal)
            ? "data:[{\"id\":1,\"response\":{\"error_code\":\"AT0011\",\"error_message\":\"try later\"}}]" : null;

        var put = await tool.RunAsync(Token, "put", "@alice", "here.notes", "mine", "--keys", keyFile, "--json");
        var sync = await tool.RunAsync(Token, "sync", "@alice", "--keys", keyFile, "--json");
        _server.Attack = line => line.StartsWith("batch:", StringComparison.Ordinal) ? "error:AT0002-DataStore exception : no space is left on the server" : null;
        var full = await tool.RunAsync(Token, "sync", "@alice", "--retry-refused", "--keys", keyFile, "--json");
        _server.Attack = null;
        var well = await tool.RunAsync(Token, "sync", "@alice", "--retry-refused", "--keys", keyFile, "--json");

        Assert.Equal((0, "{\"stored\":true,\"pushed\":false}\n"), (put.Exit, put.Output));
        Assert.Equal(1, sync.Exit);
        Assert.Contains("\"inSync\":false", sync.Output, StringComparison.Ordinal);
        Assert.Contains("try later", sync.Errors, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"AT0011\"", sync.Errors, StringComparison.Ordinal);
        Assert.Equal(1, full.Exit);
        Assert.Contains("no space is left", full.Errors, StringComparison.Ordinal);
        Assert.Equal(0, well.Exit);
        Assert.Contains("here.notes@alice", _server.Pushed.Keys);
    }

    private async Task AssertRecoversAsync(AtClient client)
    {
        _server.Attack = null;
        var result = await client.WaitUntilCaughtUpAsync(Token).WaitAsync(TimeSpan.FromSeconds(60), Token);
        Assert.True(result.InSync);
        Assert.Contains("here.notes@alice", _server.Pushed.Keys);
        Assert.Equal("mine", (await client.GetAsync("here.notes", Token))!.Text);
        Assert.NotNull(await client.GetAsync("there.notes", Token));
    }

    private Task<AtClient> OpenAsync(Func<SyncLimits, SyncLimits>? with = null)
    {
        var limits = new SyncLimits { RequestTimeout = TimeSpan.FromSeconds(1), RetryDelayMin = TimeSpan.FromMilliseconds(20) };
        return AtClient.OpenAsync(
            new AtClientOptions
            {
                AtSign = Alice,
                Keys = Keys.Value,
                StoreDirectory = Path.Combine(_folder, "store"),
                Directory = HostPort.TryParse(_server.Root, out var root) ? root : default,
                Network = new TlsNetwork(new TlsNetworkOptions { AuthorityFiles = [_server.AuthorityFile] }),
                SyncLimits = with is null ? limits : with(limits),
            },
            Token);
    }

    private static AtKeysFile MakeKeys()
    {
        using var pair = RsaPrivateKey.Generate();
        using var self = SymmetricKey.Create(SystemRandomSource.Instance);
        return new AtKeysFile
        {
            AtSign = Alice,
            PkamPublicKey = pair.PublicSpkiBase64,
            PkamPrivateKey = pair.Pkcs8Base64,
            EncryptionPublicKey = pair.PublicSpkiBase64,
            EncryptionPrivateKey = pair.Pkcs8Base64,
            SelfEncryptionKey = self.ToBase64(),
        };
    }
}
