using AtSync.Protocol;
using AtSync.Storage.Server;
using Microsoft.Extensions.Logging.Abstractions;

namespace AtSync.Server.Tests;

public sealed class AtServerHostTests
{
    private static readonly AtSign Bob = AtSign.Parse("@bob");
    private static readonly AtSign Unicorn = AtSign.Parse("@🦄🦄");

    [Fact]
    public async Task A_new_atSign_starts_at_commit_one_with_its_signing_keys_and_secret()
    {
        await using var bench = await ServerBench.StartAsync();

        var state = await bench.Host.DescribeAsync(ServerBench.Alice, TestContext.Current.CancellationToken);
        await using var client = await bench.ConnectOwnerAsync();

        Assert.Equal(ServerBench.Secret, state!.Secret);
        Assert.False(state.IsActivated);
        Assert.Equal(1, state.Summary.LastCommitId);
        Assert.Equal($"data:{TestKeys.Device.PublicSpkiBase64}", await client.AnswerAsync("llookup:public:signing_publickey@alice"));
        Assert.Equal($"data:{TestKeys.Device.Pkcs8Base64}", await client.AnswerAsync("llookup:@alice:signing_privatekey@alice"));
        Assert.Null(await bench.Host.DescribeAsync(Bob, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Adding_twice_changes_nothing()
    {
        await using var bench = await ServerBench.StartAsync();

        Assert.False(await bench.Host.AddAsync(ServerBench.Alice, "another", TestContext.Current.CancellationToken));
        Assert.Equal(ServerBench.Secret, (await bench.Host.DescribeAsync(ServerBench.Alice, TestContext.Current.CancellationToken))!.Secret);
    }

    [Fact]
    public async Task An_atSign_that_a_crash_left_without_its_keys_is_completed()
    {
        await using var bench = await ServerBench.StartAsync();
        await bench.Storage.AddAsync(Bob, TestContext.Current.CancellationToken);

        Assert.True(await bench.Host.AddAsync(Bob, "s", TestContext.Current.CancellationToken));
        Assert.Equal("s", (await bench.Host.DescribeAsync(Bob, TestContext.Current.CancellationToken))!.Secret);
    }

    [Fact]
    public async Task The_host_name_chooses_the_atSign()
    {
        await using var bench = await ServerBench.StartAsync();
        await bench.Host.AddAsync(Unicorn, "s", TestContext.Current.CancellationToken);
        var name = new System.Globalization.IdnMapping { AllowUnassigned = true }.GetAscii("🦄🦄") + ".test";
        using var listening = bench.Network.Listen(new(name, 1), bench.Host.HandleAsync);
        await using var client = await bench.ConnectAsync(name);

        Assert.Equal("data:_<uuid>@🦄🦄:<uuid>", RawClient.Mask(await client.AnswerAsync("from:🦄🦄")));
    }

    [Fact]
    public async Task The_port_chooses_the_atSign_while_it_is_mapped()
    {
        await using var bench = await ServerBench.StartAsync();
        bench.Host.MapPort(2, ServerBench.Alice);
        await using (var client = await bench.ConnectAsync("localhost", 2))
        {
            Assert.StartsWith("data:_", await client.AnswerAsync("from:alice"), StringComparison.Ordinal);
        }

        bench.Host.UnmapPort(2);
        await using var other = await bench.ConnectAsync("localhost", 2);
        Assert.StartsWith("error:AT0007-", await other.AnswerAsync("from:alice"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task To_chooses_the_atSign_where_nothing_else_does_and_says_its_keys()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectAsync("localhost", 2);

        Assert.StartsWith("error:AT0007-", await client.AnswerAsync("lookup:a@alice"), StringComparison.Ordinal);
        Assert.Equal("data:ok", await client.AnswerAsync("noop:0"));
        Assert.StartsWith("error:AT0007-", await client.AnswerAsync("to:@bob"), StringComparison.Ordinal);
        Assert.Equal(
            $"data:{{\"publickey\":null,\"signing_publickey\":\"{TestKeys.Device.PublicSpkiBase64}\"}}", await client.AnswerAsync("to:@alice"));
        await client.CramAsync("alice", ServerBench.Secret);
        Assert.Equal("data:2", await client.AnswerAsync("update:a.x@alice 1"));
        Assert.StartsWith("error:AT0007-", await client.AnswerAsync("to:@bob"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Removing_an_atSign_cuts_its_connections_and_forgets_everything()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();

        Assert.True(await bench.Host.RemoveAsync(ServerBench.Alice, TestContext.Current.CancellationToken));

        Assert.Equal("", await client.ReadToEndAsync());
        Assert.Null(await bench.Host.DescribeAsync(ServerBench.Alice, TestContext.Current.CancellationToken));
        Assert.False(await bench.Host.RemoveAsync(ServerBench.Alice, TestContext.Current.CancellationToken));
        Assert.True(await bench.Host.AddAsync(ServerBench.Alice, "new", TestContext.Current.CancellationToken));
        await using var again = await bench.ConnectAsync();
        await again.CramAsync("alice", "new");
    }

    [Fact]
    public async Task A_quiet_atSign_has_no_object_after_a_while_and_comes_back_when_needed()
    {
        await using var bench = await ServerBench.StartAsync();
        await using (var client = await bench.ConnectOwnerAsync())
        {
            await client.AskAsync("update:a.x@alice 1");
        }

        await bench.Network.WhenHandlersEndedAsync();
        Assert.Single(bench.Host.ActiveServers);
        for (var minute = 0; minute < 6; minute++)
        {
            bench.Clock.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Empty(bench.Host.ActiveServers);
        await using var back = await bench.ConnectOwnerAsync();
        Assert.Equal("data:1", await back.AnswerAsync("llookup:a.x@alice"));
    }

    [Fact]
    public async Task Secret_and_activation_survive_a_restart_on_the_same_files()
    {
        var folder = System.IO.Directory.CreateTempSubdirectory("atsync-server-").FullName;
        try
        {
            await using (var engine = SqliteEngine.Open(new SqliteEngineOptions { Folder = folder }, new TestRandom(1)))
            await using (var host = Compose(engine))
            {
                Assert.True(await host.AddAsync(ServerBench.Alice, "s", TestContext.Current.CancellationToken));
            }

            await using (var engine = SqliteEngine.Open(new SqliteEngineOptions { Folder = folder }, new TestRandom(2)))
            await using (var host = Compose(engine))
            {
                Assert.False(await host.AddAsync(ServerBench.Alice, "other", TestContext.Current.CancellationToken));
                Assert.Equal("s", (await host.DescribeAsync(ServerBench.Alice, TestContext.Current.CancellationToken))!.Secret);
            }
        }
        finally
        {
            System.IO.Directory.Delete(folder, recursive: true);
        }
    }

    private static AtServerHost Compose(IStorageEngine engine) => new(new AtServerOptions
    {
        Storage = engine,
        TimeProvider = TimeProvider.System,
        Random = new TestRandom(3),
        LoggerFactory = NullLoggerFactory.Instance,
        NewSigningKey = TestKeys.NewSigningKey,
    });
}
