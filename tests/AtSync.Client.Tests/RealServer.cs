using AtSync.Client.Onboarding;
using AtSync.Client.Tests.Onboarding;
using AtSync.Crypto;
using AtSync.Crypto.Algorithms;
using AtSync.Server;
using AtSync.Simulation;
using AtSync.Storage.Local;
using AtSync.Storage.Server;
using AtSync.Transport;
using Microsoft.Extensions.Logging.Abstractions;

namespace AtSync.Client.Tests;

/// <summary>An atDirectory and our atServer of @alice in memory, and devices of hers.</summary>
internal sealed class RealServer : IAsyncDisposable
{
    public const string Secret = "s3cret";

    private static readonly HostPort RootAddress = new("root.test", 64);
    private static readonly HostPort ServerAddress = new("server.test", 7);
    private static readonly HostPort ProxyAddress = new("proxy.test", 7);
    private static readonly Lazy<string[]> Pairs = new(() => [Pair(), Pair()]);

    private readonly SeededRandom _random = new(11);
    private readonly MemoryNetwork _network = new();
    private readonly TestFolder _folder = new();
    private readonly MemoryEngine _engine;
    private readonly AtServerHost _host;
    private int _pairs;

    private RealServer()
    {
        _engine = new MemoryEngine(_random);
        _host = new AtServerHost(new AtServerOptions
        {
            Storage = _engine, TimeProvider = TimeProvider.System, Random = _random, LoggerFactory = NullLoggerFactory.Instance,
        });
        _host.MapPort(ServerAddress.Port, TestKeys.Alice);
        Proxy = new CuttingProxy(_network, ServerAddress);
        _network.Listen(RootAddress, AnswerDirectoryAsync);
        _network.Listen(ServerAddress, _host.HandleAsync);
        _network.Listen(ProxyAddress, Proxy.HandleAsync);
        KeyFile = _folder["@alice_key.atKeys"];
    }

    public string KeyFile { get; }

    public CuttingProxy Proxy { get; }

    /// <summary>Whether the atDirectory sends devices through <see cref="Proxy"/>, which takes one command at a time.</summary>
    public bool UsesProxy { get; set; }

    public static async Task<RealServer> StartAsync()
    {
        var world = new RealServer();
        Assert.True(await world._host.AddAsync(TestKeys.Alice, Secret, CancellationToken.None));
        return world;
    }

    public Task<AtKeysFile> ActivateAsync(string secret = Secret)
    {
        var options = new ActivationOptions
        {
            AtSign = TestKeys.Alice, Secret = secret, KeyFile = KeyFile, Directory = RootAddress, Network = _network, Random = _random,
        };
        return Edge.RunAsync(() =>
            new ActivationRun(options, () => new RsaPrivateKey(Pairs.Value[Interlocked.Increment(ref _pairs) % 2])).RunAsync(CancellationToken.None));
    }

    public async Task<HostedAtSign> DescribeAsync() => (await _host.DescribeAsync(TestKeys.Alice, CancellationToken.None))!;

    /// <summary>A device with an empty store.</summary>
    public Task<AtClient> OpenAsync(AtKeysFile keys, Func<AtClientOptions, AtClientOptions>? with = null)
    {
        var options = new AtClientOptions
        {
            AtSign = TestKeys.Alice, StoreDirectory = "none", Keys = keys, Directory = RootAddress, Network = _network, Random = _random,
        };
        return AtClient.OpenAsync(
            with is null ? options : with(options), new MemoryLocalStore(TestKeys.Alice, _random, TimeProvider.System), CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        _network.CutAll();
        await _host.DisposeAsync();
        await _engine.DisposeAsync();
        _folder.Dispose();
    }

    private static string Pair()
    {
        using var pair = RsaPrivateKey.Generate();
        return pair.Pkcs8Base64;
    }

    private async Task AnswerDirectoryAsync(IConnection connection)
    {
        var peer = new LinePeer(connection);
        await peer.WriteAsync("@");
        while (await peer.ReadAsync() is { } line && line != "@exit")
        {
            await peer.WriteAsync((line.Trim() == "alice" ? (UsesProxy ? ProxyAddress : ServerAddress).ToString() : "null") + "\r\n@");
        }
    }
}
