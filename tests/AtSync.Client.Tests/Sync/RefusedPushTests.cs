using AtSync.Simulation;
using Microsoft.Extensions.Time.Testing;

namespace AtSync.Client.Tests.Sync;

/// <summary>Edits that the server does not take: each delays only itself, none is lost.</summary>
public sealed class RefusedPushTests
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly MemoryNetwork _network = new();

    [Fact]
    public async Task A_refused_edit_is_a_dead_letter_and_the_others_go()
    {
        var server = new ScriptedServer(_network, _clock) { Refuse = key => key == "bad.notes@alice" ? ("AT0009", "UnAuthorized client in request") : null };
        await using var a = new Device(_network, _clock);
        await a.PutAsync("bad.notes@alice", "1");
        await a.PutAsync("good.notes@alice", "2");

        var result = await a.SyncAsync();

        Assert.Equal((false, 1L, 1L), (result.InSync, result.Refused, result.Pushed));
        Assert.Equal(["good.notes@alice"], server.Live().Keys);
        var refused = Assert.Single(await a.Store.ListRefusedAsync(10, CancellationToken.None));
        Assert.Equal((true, "AT0009"), (refused.IsDead, refused.LastError?.Code));

        server.Refuse = null;
        await a.Store.RetryRefusedAsync(null, CancellationToken.None);
        Assert.True((await a.SyncAsync()).InSync);
    }

    [Fact]
    public async Task A_refusal_of_unclear_cause_backs_off_and_is_tried_again()
    {
        var isRefused = true;
        var server = new ScriptedServer(_network, _clock) { Refuse = _ => isRefused ? ("AT0011", "Internal server exception") : null };
        await using var a = new Device(_network, _clock);
        await a.PutAsync("x.notes@alice", "1");

        var first = await a.SyncAsync();
        isRefused = false;
        _clock.Advance(TimeSpan.FromMinutes(2));
        var second = await a.SyncAsync();

        Assert.Equal((false, 0L, 0L), (first.InSync, first.Refused, first.Pushed));
        Assert.Equal((true, 1L), (second.InSync, second.Pushed));
        Assert.Single(server.Live());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_server_whose_store_is_full_ends_the_push_with_that_cause_and_everything_goes_once_there_is_room(bool refusesWholeBatches)
    {
        const string full = "AT0002-DataStore exception : no space is left on the server";
        var isFull = true;
        var server = new ScriptedServer(_network, _clock)
        {
            Intercept = line => isFull && refusesWholeBatches && line.StartsWith("batch:", StringComparison.Ordinal) ? "error:" + full : null,
            Refuse = _ => isFull ? ("AT0002", "no space is left on the server") : null,
        };
        await using var a = new Device(_network, _clock);
        for (var i = 0; i < 500; i++)
        {
            await a.PutAsync($"x{i}.notes@alice", "1");
        }

        for (var round = 0; round < 20; round++)
        {
            var failure = await Assert.ThrowsAsync<AtException>(a.SyncAsync);
            Assert.Equal((AtFault.Refused, "AT0002"), (failure.Fault, failure.Code));
            Assert.Contains("no space", failure.Message, StringComparison.Ordinal);
        }

        Assert.InRange(server.Commands.Count(command => command.StartsWith("batch:", StringComparison.Ordinal)), 0, 20 * 12);
        Assert.Empty(await a.Store.ListRefusedAsync(10, CancellationToken.None));

        isFull = false;
        var result = await a.SyncAsync();

        Assert.Equal((true, 500L), (result.InSync, result.Pushed));
        Assert.Empty(await a.ConflictsAsync());
    }

    [Fact]
    public async Task An_edit_that_a_servers_store_does_not_take_delays_only_itself_and_is_never_a_dead_letter()
    {
        var server = new ScriptedServer(_network, _clock) { Refuse = key => key == "bad.notes@alice" ? ("AT0002", "can't be stored") : null };
        await using var a = new Device(_network, _clock);
        await a.PutAsync("bad.notes@alice", "1");
        for (var round = 0; round < 12; round++)
        {
            await a.PutAsync($"good{round}.notes@alice", "2");
            var result = await a.SyncAsync();
            Assert.Equal((0L, 1L), (result.Refused, result.Pushed));
            _clock.Advance(TimeSpan.FromMinutes(2));
        }

        Assert.Equal(12, server.Live().Count);
        Assert.False(Assert.Single(await a.Store.ListRefusedAsync(10, CancellationToken.None)).IsDead);
    }

    [Fact]
    public async Task A_batch_that_is_refused_as_a_whole_goes_edit_by_edit()
    {
        var server = new ScriptedServer(_network, _clock);
        server.Intercept = line => line.StartsWith("batch:", StringComparison.Ordinal) && line.Contains("poison", StringComparison.Ordinal)
            ? "error:AT0010-Internal server error" : null;
        await using var a = new Device(_network, _clock);
        await a.PutAsync("x1.notes@alice", "1");
        await a.PutAsync("x2.notes@alice", "poison");
        await a.PutAsync("x3.notes@alice", "3");

        var result = await a.SyncAsync();

        Assert.Equal((false, 2L), (result.InSync, result.Pushed));
        Assert.Equal(["x1.notes@alice", "x3.notes@alice"], server.Live().Keys);
    }
}
