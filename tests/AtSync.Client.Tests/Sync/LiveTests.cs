using AtSync.Simulation;
using AtSync.Storage.Local;
using Microsoft.Extensions.Time.Testing;

namespace AtSync.Client.Tests.Sync;

public sealed class LiveTests
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly MemoryNetwork _network = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_write_here_is_pushed_and_a_commit_there_is_pulled_without_a_timer(bool isOld)
    {
        var server = isOld ? ScriptedServer.Of2024(_network, _clock) : new ScriptedServer(_network, _clock);
        await using var a = new Device(_network, _clock);
        await using var b = new Device(_network, _clock);
        a.Engine.Start();
        b.Engine.Start();
        await a.SyncAsync();
        await b.SyncAsync();
        await UntilAsync(() => server.Commands.Count(command => command.StartsWith("monitor", StringComparison.Ordinal)) == 2);

        await a.PutAsync("x.notes@alice", "hello", wake: true);

        await UntilAsync(() => b.Applied.Count == 1);
        Assert.Equal("hello", (await b.RecordsAsync())["x.notes@alice"]);
        Assert.Empty(a.Applied);
    }

    [Fact]
    public async Task A_live_device_comes_back_after_its_connection_broke()
    {
        var server = new ScriptedServer(_network, _clock);
        await using var a = new Device(_network, _clock);
        a.Engine.Start();
        await a.SyncAsync();
        await UntilAsync(() => server.Commands.Any(command => command.StartsWith("monitor", StringComparison.Ordinal)));

        _network.CutAll();
        server.Put("x.notes@alice", "meanwhile");

        await UntilAsync(() => a.Applied.Count == 1, advance: true);
    }

    [Fact]
    public async Task A_process_without_the_sync_lock_gets_its_round_from_the_one_that_has_it()
    {
        var server = new ScriptedServer(_network, _clock);
        var file = new MemoryLocalFile(TestKeys.Alice, new SeededRandom(5));
        await using var owner = new Device(_network, _clock, file);
        await using var other = new Device(_network, _clock, file);
        owner.Engine.Start();
        await UntilAsync(() => server.Commands.Any(command => command.StartsWith("monitor", StringComparison.Ordinal)));
        await other.PutAsync("x.notes@alice", "1");

        var result = await other.SyncAsync();

        Assert.True(result.InSync);
        Assert.Equal("1", server.Live()["x.notes@alice"]);
        Assert.Single(server.Commands, command => command.StartsWith("pkam", StringComparison.Ordinal));
    }

    [Fact]
    public async Task When_the_process_with_the_lock_goes_another_takes_over()
    {
        var server = new ScriptedServer(_network, _clock);
        var file = new MemoryLocalFile(TestKeys.Alice, new SeededRandom(5));
        var owner = new Device(_network, _clock, file);
        await using var other = new Device(_network, _clock, file);
        owner.Engine.Start();
        await UntilAsync(() => server.Commands.Any(command => command.StartsWith("monitor", StringComparison.Ordinal)));
        await owner.DisposeAsync();
        await other.PutAsync("x.notes@alice", "1");

        Assert.True((await other.SyncAsync()).InSync);
    }

    [Fact]
    public async Task Waiting_until_caught_up_outlasts_a_network_that_is_down()
    {
        var server = new ScriptedServer(_network, _clock);
        await using var a = new Device(_network, _clock);
        await a.PutAsync("x.notes@alice", "1");
        _network.IsDown = true;
        var waiting = a.Engine.WaitUntilCaughtUpAsync(CancellationToken.None);
        for (var i = 0; i < 20; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.False(waiting.IsCompleted);
        _network.IsDown = false;
        await UntilAsync(() => waiting.IsCompleted, advance: true);

        Assert.True((await waiting).InSync);
        Assert.Single(server.Live());
    }

    [Fact]
    public async Task A_server_that_went_back_is_heard_again_at_its_next_commit()
    {
        var server = new ScriptedServer(_network, _clock);
        for (var i = 0; i < 50; i++)
        {
            server.Put($"x{i}.notes@alice", "1");
        }

        await using var a = new Device(_network, _clock);
        a.Engine.Start();
        await a.SyncAsync();
        server.Put("x50.notes@alice", "1");
        await UntilAsync(() => a.Applied.Count == 51);
        server.Epoch = "epoch-2";
        server.Restore(() => server.Put("x1.notes@alice", "1"));
        _network.CutAll();
        await UntilAsync(() => server.Commands.Count(command => command.StartsWith("monitor", StringComparison.Ordinal)) == 2, advance: true);
        await a.SyncAsync();

        server.Put("new.notes@alice", "1");

        await UntilAsync(() => a.Applied.Any(change => change.Key == "new.notes@alice"));
    }

    [Fact]
    public async Task A_server_that_drops_every_connection_is_not_called_without_a_pause()
    {
        var server = new ScriptedServer(_network, _clock);
        server.Intercept = line =>
        {
            if (line == "noop:0")
            {
                _network.CutAll();
            }

            return null;
        };
        await using var a = new Device(_network, _clock);
        a.Engine.Start();
        for (var i = 0; i < 20_000; i++)
        {
            await Task.Yield();
        }

        Assert.InRange(server.Commands.Count(command => command.StartsWith("pkam", StringComparison.Ordinal)), 0, 5);
    }

    [Fact]
    public async Task A_clock_that_is_put_back_by_years_stalls_nothing()
    {
        var server = new ScriptedServer(_network, _clock) { Refuse = _ => ("AT0011", "Internal server exception") };
        var clock = new SettableClock(_clock);
        await using var a = new Device(_network, clock);
        a.Engine.Start();
        await a.SyncAsync();
        await a.PutAsync("x.notes@alice", "1", wake: true);
        await UntilAsync(() => a.Store.ListRefusedAsync(1, CancellationToken.None).AsTask().Result.Count == 1);
        _network.IsDown = true;
        _network.CutAll();
        await UntilAsync(() => a.Engine.LastError is not null, advance: true);

        clock.Ahead = TimeSpan.FromDays(-1000);
        server.Refuse = null;
        _network.IsDown = false;

        await UntilAsync(() => server.Live().Count == 1, advance: true);
    }

    /// <summary>Lets the loops run until something is so. The limit is real time, only to end a test that has failed.</summary>
    private async Task UntilAsync(Func<bool> condition, bool advance = false)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(20), "It did not happen.");
            if (advance)
            {
                _clock.Advance(TimeSpan.FromMilliseconds(100));
            }

            await Task.Yield();
        }
    }
}
