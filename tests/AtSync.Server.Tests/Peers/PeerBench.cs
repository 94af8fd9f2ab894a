using System.Text;
using AtSync.Protocol;
using AtSync.Server.Peers;
using AtSync.Simulation;
using AtSync.Storage.Server;
using AtSync.Transport;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace AtSync.Server.Tests.Peers;

/// <summary>@alice and @bob on a server each, an atDirectory between them, one clock that stands still.</summary>
internal sealed class PeerBench : IAsyncDisposable
{
    private const string Secret = "a-one-time-secret";
    private readonly Dictionary<string, IStorageEngine> _stores = [];
    private readonly Dictionary<string, IDisposable> _listening = [];
    private readonly Dictionary<string, AtServerHost> _hosts = [];
    private readonly HashSet<string> _strangers = [];
    private int _starts;

    public MemoryNetwork Network { get; } = new();

    public FakeTimeProvider Clock { get; } = new(ServerBench.Start);

    public bool RequireCertificate { get; init; }

    public static async Task<PeerBench> StartAsync(bool requireCertificate = false)
    {
        var bench = new PeerBench { RequireCertificate = requireCertificate };
        bench.Network.Listen(new HostPort("directory.test", 64), bench.RunDirectoryAsync);
        await bench.StartHostAsync("alice");
        await bench.StartHostAsync("bob");
        return bench;
    }

    /// <summary>Starts a server, with what it stored before.</summary>
    public async Task StartHostAsync(string name)
    {
        var engine = _stores.TryGetValue(name, out var kept) ? kept : _stores[name] = new MemoryEngine(new TestRandom(name.Length));
        var host = new AtServerHost(new AtServerOptions
        {
            Storage = engine,
            TimeProvider = Clock,
            Random = new TestRandom(100 + _starts++),
            LoggerFactory = NullLoggerFactory.Instance,
            Limits = new AtServerLimits { ValueBytesMax = name == "bob" ? 100 : 1000 },
            NewSigningKey = TestKeys.NewSigningKey,
            Peers = new PeerOptions { Network = Network, Directory = new HostPort("directory.test", 64), RequireCertificate = RequireCertificate },
        });
        await host.AddAsync(AtSign.Parse(name), Secret, TestContext.Current.CancellationToken);
        _hosts[name] = host;
        _listening[name] = Network.Listen(new HostPort($"{name}.test", 1), host.HandleAsync);
        await host.ResumeAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>A server that is not ours: what it says follows from what it is asked.</summary>
    public void StartScripted(string name, Func<string, string> answer)
    {
        _strangers.Add(name);
        Network.Listen(new HostPort($"{name}.test", 1), async connection =>
        {
            await connection.Output.WriteAsync("@"u8.ToArray());
            var text = "";
            while (true)
            {
                var read = await connection.Input.ReadAsync();
                text += Encoding.UTF8.GetString(read.Buffer);
                connection.Input.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                {
                    return;
                }

                for (var end = text.IndexOf('\n', StringComparison.Ordinal); end >= 0; end = text.IndexOf('\n', StringComparison.Ordinal))
                {
                    var line = text[..end];
                    text = text[(end + 1)..];
                    await connection.Output.WriteAsync(Encoding.UTF8.GetBytes(answer(line)));
                }
            }
        });
    }

    public async Task StopHostAsync(string name)
    {
        _listening[name].Dispose();
        await _hosts[name].DisposeAsync();
        _hosts.Remove(name);
    }

    public async Task<RawClient> OwnerAsync(string name)
    {
        var client = await StrangerAsync(name);
        await client.CramAsync(name, Secret);
        return client;
    }

    public async Task<RawClient> StrangerAsync(string name)
    {
        var client = new RawClient(await Network.DialAsync(new HostPort($"{name}.test", 1), TestContext.Current.CancellationToken));
        await client.ReadAsync("@");
        return client;
    }

    /// <summary>A monitor that has begun.</summary>
    public async Task<RawClient> MonitorAsync(string name)
    {
        var client = await OwnerAsync(name);
        await client.SendAsync("monitor\nnoop:0\n");
        await client.ReadAsync($"data:ok\n@{name}@");
        return client;
    }

    public AtServerHost HostOf(string name) => _hosts[name];

    public IStorageEngine EngineOf(string name) => _stores[name];

    public ValueTask<IReadOnlyList<string>> CheckAsync(string name) => _stores[name].CheckAsync(TestContext.Current.CancellationToken);

    public async ValueTask<IKeyStore> StoreAsync(string name) =>
        (await _stores[name].FindAsync(AtSign.Parse(name), TestContext.Current.CancellationToken))!;

    /// <summary>Lets the clock run, second by second, until something holds.</summary>
    public async Task RunUntilAsync(Func<ValueTask<bool>> holds, TimeSpan? step = null)
    {
        for (var i = 0; !await holds(); i++)
        {
            Assert.True(i < 100_000, "it never came to hold");
            Clock.Advance(step ?? TimeSpan.FromMilliseconds(10));
            await Task.Yield();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts.Values)
        {
            await host.DisposeAsync();
        }

        Network.CutAll();
        await Network.WhenHandlersEndedAsync();
        Assert.Empty(Network.HandlerFailures);
    }

    private async Task RunDirectoryAsync(IConnection connection)
    {
        await connection.Output.WriteAsync("@"u8.ToArray());
        while (true)
        {
            var read = await connection.Input.ReadAsync();
            var text = Encoding.UTF8.GetString(read.Buffer);
            connection.Input.AdvanceTo(read.Buffer.End);
            if (text.Length == 0 || text.StartsWith("@exit", StringComparison.Ordinal))
            {
                return;
            }

            var name = text.Trim();
            await connection.Output.WriteAsync(Encoding.UTF8.GetBytes(_stores.ContainsKey(name) || _strangers.Contains(name) ? $"{name}.test:1\r\n@" : "null\r\n@"));
        }
    }
}
