using System.Text;
using AtSync.App.Conformance.Format;
using AtSync.App.Conformance.Replay;
using AtSync.Crypto.Algorithms;
using AtSync.Protocol;
using AtSync.Server.Peers;
using AtSync.Simulation;
using AtSync.Storage.Server;
using AtSync.Transport;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace AtSync.Server.Tests.Conformance;

/// <summary>What a transcript needs, in memory: @alice and @bob activated, @carol with her secret, an atDirectory, one clock that stands still.</summary>
internal sealed class ConformanceBench : IAsyncDisposable
{
    private const string Secret = "a-one-time-secret";
    private static readonly HostPort Directory = new("directory.test", 64);
    private static readonly string[] Names = ["alice", "bob", "carol"];

    /// <summary>Made once for all tests: each pair takes a third of a second.</summary>
    private static readonly Lock KeysGate = new();
    private static readonly List<string> Keys = [];

    private readonly FakeTimeProvider _clock = new(ServerBench.Start);
    private readonly MemoryNetwork _network = new();
    private readonly MemoryEngine _storage = new(new TestRandom(1));
    private readonly AtServerHost _host;
    private int _keysTaken;

    private ConformanceBench(Func<string, string?>? tamper)
    {
        _host = new AtServerHost(new AtServerOptions
        {
            Storage = _storage,
            TimeProvider = _clock,
            Random = new TestRandom(2),
            LoggerFactory = NullLoggerFactory.Instance,
            NewSigningKey = TestKeys.NewSigningKey,
            Peers = new PeerOptions { Network = _network, Directory = Directory },
        });
        foreach (var name in Names)
        {
            _network.Listen(new HostPort($"{name}.test", 1), tamper is null ? _host.HandleAsync : connection => TamperAsync(name, connection, tamper));
            _network.Listen(new HostPort($"{name}.test", 2), _host.HandleAsync);
        }

        _network.Listen(Directory, RunDirectoryAsync);
    }

    /// <param name="tamper">Changes the bytes that servers send, read by read, as text; null from it ends the connection.</param>
    public static async Task<ConformanceBench> StartAsync(Func<string, string?>? tamper = null)
    {
        var bench = new ConformanceBench(tamper);
        foreach (var name in Names)
        {
            await bench._host.AddAsync(AtSign.Parse(name), Secret, TestContext.Current.CancellationToken);
        }

        return bench;
    }

    /// <summary>Replays transcripts as <c>atsync conformance</c> does.</summary>
    public async Task<IReadOnlyList<Verdict>> RunAsync(IEnumerable<Transcript> transcripts, Action<string>? trace = null, TimeSpan? patience = null)
    {
        await using var run = new ConformanceRun(new ConformanceOptions
        {
            Network = _network,
            Owner = await ActivateAsync("alice"),
            Peer = await ActivateAsync("bob"),
            Secret = Party("carol"),
            MayOnboard = true,
            Pause = PauseAsync,
            NewKey = NewKey,
            Patience = patience ?? TimeSpan.FromSeconds(30),
            Trace = trace,
        });
        var verdicts = new List<Verdict>();
        await foreach (var verdict in run.RunAsync(transcripts, TestContext.Current.CancellationToken))
        {
            verdicts.Add(verdict);
        }

        return verdicts;
    }

    /// <summary>The names of everything that is stored for @alice, and its commit log.</summary>
    public async Task<string> RemainsAsync()
    {
        var store = (await _storage.FindAsync(ServerBench.Alice, TestContext.Current.CancellationToken))!;
        var text = new StringBuilder();
        await store.ScanAsync("", (in KeyView key) => Note(key.Key), TestContext.Current.CancellationToken);
        await store.ReadLogAsync(-1, -1, (in LogEntryView entry) => Note(entry.Key), TestContext.Current.CancellationToken);
        return text.ToString();

        bool Note(ReadOnlySpan<byte> key)
        {
            text.Append(Encoding.UTF8.GetString(key)).Append('\n');
            return true;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        _network.CutAll();
        await _network.WhenHandlersEndedAsync();
        Assert.Empty(_network.HandlerFailures);
        await _storage.DisposeAsync();
    }

    private Party Party(string name) => new()
    {
        AtSign = AtSign.Parse(name),
        Address = new HostPort($"{name}.test", 1),
        Key = NewKey(),
        Secret = Secret,
    };

    private async Task<Party> ActivateAsync(string name)
    {
        var party = Party(name);
        await using var client = new RawClient(await _network.DialAsync(new HostPort($"{name}.test", 2), TestContext.Current.CancellationToken));
        await client.ReadAsync("@");
        await client.CramAsync(name, Secret);
        var answer = await client.AnswerAsync(
            $"enroll:request:{{\"appName\":\"first\",\"deviceName\":\"first\",\"apkamPublicKey\":\"{party.Key.PublicSpkiBase64}\","
            + "\"encryptedDefaultEncryptionPrivateKey\":\"p\",\"encryptedDefaultSelfEncryptionKey\":\"s\"}");
        await client.AnswerAsync($"update:public:publickey@{name} publickeyof{name}");
        return party with { EnrollmentId = answer["data:{\"enrollmentId\":\"".Length..][..36] };
    }

    private RsaPrivateKey NewKey()
    {
        lock (KeysGate)
        {
            if (_keysTaken == Keys.Count)
            {
                using var key = RsaPrivateKey.Generate();
                Keys.Add(key.Pkcs8Base64);
            }

            return new RsaPrivateKey(Keys[_keysTaken++]);
        }
    }

    private async Task PauseAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        _clock.Advance(time);
        await Task.Yield();
    }

    /// <summary>A server that is wrong: the right one, seen through this.</summary>
    private async Task TamperAsync(string name, IConnection client, Func<string, string?> tamper)
    {
        await using var server = await _network.DialAsync(new HostPort($"{name}.test", 2), CancellationToken.None);
        await Task.WhenAny(CopyAsync(client, server, bytes => bytes), CopyAsync(server, client, tamper));

        static async Task CopyAsync(IConnection from, IConnection to, Func<string, string?> change)
        {
            try
            {
                while (true)
                {
                    var read = await from.Input.ReadAsync();
                    var changed = change(Encoding.UTF8.GetString(read.Buffer));
                    from.Input.AdvanceTo(read.Buffer.End);
                    if (changed is null || (await to.Output.WriteAsync(Encoding.UTF8.GetBytes(changed))).IsCompleted || read.IsCompleted)
                    {
                        return;
                    }
                }
            }
            catch (NetworkException)
            {
                // One end is gone, so this one ends, too.
            }
        }
    }

    private static async Task RunDirectoryAsync(IConnection connection)
    {
        await connection.Output.WriteAsync("@"u8.ToArray());
        while (true)
        {
            var read = await connection.Input.ReadAsync();
            var name = Encoding.UTF8.GetString(read.Buffer).Trim();
            connection.Input.AdvanceTo(read.Buffer.End);
            if (name is "" or "@exit")
            {
                return;
            }

            await connection.Output.WriteAsync(Encoding.UTF8.GetBytes(Names.Contains(name) ? $"{name}.test:1\r\n@" : "null\r\n@"));
        }
    }
}
