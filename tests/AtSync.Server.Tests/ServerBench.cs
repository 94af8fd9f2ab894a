using AtSync.Protocol;
using AtSync.Simulation;
using AtSync.Storage.Server;
using AtSync.Transport;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace AtSync.Server.Tests;

/// <summary>A server in memory with @alice hosted, a clock that stands still, and clients that see bytes.</summary>
internal sealed class ServerBench : IAsyncDisposable
{
    public const string Secret = "a-one-time-secret";
    public static readonly AtSign Alice = AtSign.Parse("@alice");
    public static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);
    public const string StartText = "2026-01-02 03:04:05.678Z";

    private ServerBench(AtServerLimits limits, IStorageEngine? storage)
    {
        Storage = storage ?? new MemoryEngine(new TestRandom(1));
        Host = new AtServerHost(new AtServerOptions
        {
            Storage = Storage,
            TimeProvider = Clock,
            Random = new TestRandom(2),
            LoggerFactory = NullLoggerFactory.Instance,
            Limits = limits,
            NewSigningKey = TestKeys.NewSigningKey,
        });
        Network.Listen(new HostPort("alice.test", 1), Host.HandleAsync);
        Network.Listen(new HostPort("localhost", 2), Host.HandleAsync);
    }

    public FakeTimeProvider Clock { get; } = new(Start);

    public IStorageEngine Storage { get; }

    public AtServerHost Host { get; }

    public MemoryNetwork Network { get; } = new();

    public static async Task<ServerBench> StartAsync(Func<AtServerLimits, AtServerLimits>? limits = null, IStorageEngine? storage = null)
    {
        var bench = new ServerBench((limits ?? (same => same))(new AtServerLimits()), storage);
        await bench.Host.AddAsync(Alice, Secret, TestContext.Current.CancellationToken);
        return bench;
    }

    /// <summary>A connection to @alice by host name; the greeting is taken.</summary>
    public async Task<RawClient> ConnectAsync(string host = "alice.test", int port = 1)
    {
        var client = new RawClient(await Network.DialAsync(new HostPort(host, port), TestContext.Current.CancellationToken));
        Assert.Equal("@", await client.ReadAsync("@"));
        return client;
    }

    /// <summary>A connection of the owner, authenticated by the secret.</summary>
    public async Task<RawClient> ConnectOwnerAsync()
    {
        var client = await ConnectAsync();
        await client.CramAsync("alice", Secret);
        return client;
    }

    /// <summary>Enrolls the first device; the connection belongs to it.</summary>
    public async Task<(RawClient Client, string EnrollmentId)> EnrollAsync(string namespaces = "")
    {
        var client = await ConnectOwnerAsync();
        var answer = await client.AnswerAsync(
            $"enroll:request:{{\"appName\":\"app\",\"deviceName\":\"dev\"{namespaces},\"apkamPublicKey\":\"{TestKeys.Device.PublicSpkiBase64}\"}}");
        var id = answer["data:{\"enrollmentId\":\"".Length..][..36];
        Assert.Equal($"data:{{\"enrollmentId\":\"{id}\",\"status\":\"approved\"}}", answer);
        return (client, id);
    }

    public async ValueTask<IKeyStore> StoreAsync() => (await Storage.FindAsync(Alice, TestContext.Current.CancellationToken))!;

    public async ValueTask DisposeAsync()
    {
        Network.CutAll();
        await Network.WhenHandlersEndedAsync();
        await Host.DisposeAsync();
        Assert.Empty(Network.HandlerFailures);
        await Storage.DisposeAsync();
    }
}
