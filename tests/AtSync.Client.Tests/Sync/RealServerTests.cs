using System.Globalization;
using System.Text;
using AtSync.Client.Remote;
using AtSync.Client.Sync;
using AtSync.Server;
using AtSync.Simulation;
using AtSync.Storage.Local;
using AtSync.Storage.Server;
using AtSync.Storage.Server.Portable;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace AtSync.Client.Tests.Sync;

/// <summary>The engine against our own atServer, in memory.</summary>
public sealed class RealServerTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly MemoryNetwork _network = new();
    private MemoryEngine _storage = null!;
    private AtServerHost _server = null!;

    public async ValueTask InitializeAsync()
    {
        var random = new SeededRandom(11);
        _storage = new MemoryEngine(random);
        _server = NewHost();
        await _server.AddAsync(TestKeys.Alice, "secret", CancellationToken.None);
        _network.Listen(ScriptedServer.Root, ScriptedServer.DirectoryAsync);
        _network.Listen(ScriptedServer.Address, connection => _server.HandleAsync(connection));

        await using var connection = await RemoteConnection.ConnectAsync(
            _network, ScriptedServer.Address, TestKeys.Alice, TimeSpan.FromSeconds(30), _clock, CancellationToken.None);
        await connection.CramAsync("secret", CancellationToken.None);
        await SendAsync(connection, $"update:privatekey:at_pkam_publickey {TestKeys.Keys.PkamPublicKey}");
        await SendAsync(connection, $"update:isEncrypted:false:public:publickey@alice {TestKeys.Keys.EncryptionPublicKey}");
        await SendAsync(connection, "delete:privatekey:at_secret");
    }

    public async ValueTask DisposeAsync()
    {
        _network.CutAll();
        await _server.DisposeAsync();
        await _storage.DisposeAsync();
    }

    [Fact]
    public async Task Devices_bring_back_what_a_restored_server_lost_and_revive_nothing_that_was_deleted_before_the_backup()
    {
        await using var a = new Device(_network, _clock);
        await using var b = new Device(_network, _clock);
        await using var late = new Device(_network, _clock);
        await a.PutAsync("gone.notes@alice", "1");
        await a.PutAsync("kept.notes@alice", "1");
        await a.PutAsync("edited.notes@alice", "1");
        await a.SyncAsync();
        await b.SyncAsync();
        await late.SyncAsync();
        await a.DeleteAsync("gone.notes@alice");
        await a.SyncAsync();
        using var backup = new MemoryStream();
        await StoreTransfer.ExportAsync(_storage, TestKeys.Alice, backup, null, CancellationToken.None);

        // Lost with the server: a new record and an edit, which both devices have; b has something that it never pushed.
        _clock.Advance(TimeSpan.FromMinutes(1));
        await a.PutAsync("lost.notes@alice", "of a");
        await a.PutAsync("edited.notes@alice", "2");
        await a.SyncAsync();
        await b.SyncAsync();
        await b.PutAsync("waiting.notes@alice", "of b");
        backup.Position = 0;
        await StoreTransfer.ImportAsync(_storage, TestKeys.Alice, backup, replaces: true, null, CancellationToken.None);
        _network.CutAll();
        await _server.DisposeAsync();
        _server = NewHost();

        foreach (var device in new[] { b, a, late, b, a })
        {
            Assert.True((await device.SyncAsync()).InSync);
        }

        var records = await a.RecordsAsync();
        Assert.Equal(records, await b.RecordsAsync());
        Assert.Equal(records, await late.RecordsAsync());
        Assert.Equal(("1", "2", "of a", "of b"), (
            records["kept.notes@alice"], records["edited.notes@alice"], records["lost.notes@alice"], records["waiting.notes@alice"]));
        Assert.DoesNotContain("gone.notes@alice", records.Keys);
        Assert.Empty(await a.Store.ListConflictsAsync(long.MaxValue, 9, CancellationToken.None));
        Assert.Empty(await b.Store.ListConflictsAsync(long.MaxValue, 9, CancellationToken.None));
    }

    [Fact]
    public async Task The_server_offers_what_the_engine_can_use()
    {
        await using var device = new Device(_network, _clock);
        var connection = await device.Remote.GetConnectionAsync(CancellationToken.None);
        var features = await connection.GetFeaturesAsync(CancellationToken.None);

        Assert.Superset(
            new HashSet<string> { ServerFeatures.IfCommit, ServerFeatures.Epoch, ServerFeatures.Pipelining, ServerFeatures.MultiplexedMonitor },
            new HashSet<string>(features.Names));
        Assert.NotNull(features.EpochId);
        Assert.Equal(TimeSpan.Zero, connection.ClockOffset);
        Assert.True(connection.IsPipelined);
    }

    [Fact]
    public async Task Thousands_of_edits_in_pages_and_batches_arrive_everywhere()
    {
        var limits = new SyncLimits { PageEntries = 500, BatchItems = 400 };
        await using var a = new Device(_network, _clock, limits: limits);
        await using var b = new Device(_network, _clock, limits: limits);
        for (var i = 0; i < 3000; i++)
        {
            await a.PutAsync($"note.{i}.app@alice", $"value {i} \"quoted\" é");
        }

        var pushed = await a.SyncAsync();
        var pulled = await b.SyncAsync();

        Assert.Equal((true, 3000L), (pushed.InSync, pushed.Pushed));
        Assert.True(pulled.InSync);
        Assert.Equal(await a.RecordsAsync(), await b.RecordsAsync());
        Assert.Equal(pushed.CommitId, pulled.CommitId);
    }

    [Fact]
    public async Task Live_devices_hear_of_each_other_on_their_one_connection()
    {
        await using var a = new Device(_network, _clock);
        await using var b = new Device(_network, _clock);
        a.Engine.Start();
        b.Engine.Start();
        await a.SyncAsync();
        await b.SyncAsync();
        for (var i = 0; i < 20; i++)
        {
            await a.PutAsync($"x{i}.notes@alice", "1", wake: true);
        }

        var started = TimeProvider.System.GetTimestamp();
        while ((await b.RecordsAsync()).Count < 21)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(20), "It did not happen.");
            await Task.Yield();
        }

        Assert.Equal(2, _network.Connections.Count);
    }

    [Fact]
    public async Task Devices_that_edit_the_same_keys_and_lose_connections_end_equal()
    {
        for (var seed = 1; seed <= 12; seed++)
        {
            var random = new Random(seed);
            var devices = Enumerable.Range(0, 3).Select(_ => new Device(_network, _clock)).ToArray();
            for (var step = 0; step < 120; step++)
            {
                var device = devices[random.Next(3)];
                var key = string.Create(CultureInfo.InvariantCulture, $"k{random.Next(12)}.s{seed}@alice");
                _clock.Advance(TimeSpan.FromMilliseconds(random.Next(3)));
                switch (random.Next(10))
                {
                    case < 5:
                        await device.PutAsync(key, $"{seed}.{step}");
                        break;
                    case 5:
                        await device.DeleteAsync(key);
                        break;
                    default:
                        var cut = random.Next(3) == 0 ? random.Next(4000) : -1;
                        foreach (var connection in _network.Connections.Where(_ => cut >= 0))
                        {
                            if (random.Next(2) == 0)
                            {
                                connection.CutAfterReceived(connection.Bytes.Received + cut);
                            }
                            else
                            {
                                connection.CutAfterSent(connection.Bytes.Sent + cut);
                            }
                        }

                        try
                        {
                            await device.SyncAsync();
                        }
                        catch (AtException failure)
                        {
                            Assert.Equal(AtFault.Network, failure.Fault);
                        }

                        break;
                }
            }

            _network.CutAll();
            for (var round = 0; round < 3; round++)
            {
                foreach (var device in devices)
                {
                    Assert.True((await device.SyncAsync()).InSync, $"seed {seed}");
                }
            }

            await using var fresh = new Device(_network, _clock);
            await fresh.SyncAsync();
            var expected = await fresh.RecordsAsync();
            foreach (var device in devices)
            {
                Assert.Equal(expected.Where(pair => pair.Key.EndsWith($".s{seed}@alice", StringComparison.Ordinal)),
                    (await device.RecordsAsync()).Where(pair => pair.Key.EndsWith($".s{seed}@alice", StringComparison.Ordinal)));
                Assert.Empty(await device.Store.CheckAsync(CancellationToken.None));
                await device.DisposeAsync();
            }
        }
    }

    [Fact]
    public async Task An_edit_that_lost_to_another_device_is_in_the_inbox_of_the_one_that_lost()
    {
        await using var a = new Device(_network, _clock);
        await using var b = new Device(_network, _clock);
        await a.PutAsync("x.notes@alice", "base");
        await a.SyncAsync();
        await b.SyncAsync();
        await b.PutAsync("x.notes@alice", "early");
        _clock.Advance(TimeSpan.FromSeconds(3));
        await a.PutAsync("x.notes@alice", "late");
        await a.SyncAsync();

        var result = await b.SyncAsync();

        Assert.Equal((true, 1L), (result.InSync, result.Conflicts));
        var conflict = Assert.Single(await b.ConflictsAsync());
        Assert.Equal((ConflictKind.LocalLost, "early"), (conflict.Kind, Encoding.UTF8.GetString(conflict.Local.Value.Span)));
        Assert.Equal("late", (await b.RecordsAsync())["x.notes@alice"]);
    }

    private AtServerHost NewHost()
    {
        var host = new AtServerHost(new AtServerOptions
        {
            Storage = _storage,
            TimeProvider = _clock,
            Random = new SeededRandom(12),
            LoggerFactory = NullLoggerFactory.Instance,
        });
        host.MapPort(ScriptedServer.Address.Port, TestKeys.Alice);
        return host;
    }

    private static async Task SendAsync(RemoteConnection connection, string line) =>
        await connection.SendLineAsync(Encoding.UTF8.GetBytes(line), CancellationToken.None);
}
