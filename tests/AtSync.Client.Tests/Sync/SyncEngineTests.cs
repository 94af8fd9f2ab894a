using AtSync.Client.Sync;
using AtSync.Protocol;
using AtSync.Simulation;
using AtSync.Storage.Local;
using Microsoft.Extensions.Time.Testing;

namespace AtSync.Client.Tests.Sync;

public sealed class SyncEngineTests
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly MemoryNetwork _network = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Two_devices_converge(bool isOld)
    {
        var server = isOld ? ScriptedServer.Of2024(_network, _clock) : new ScriptedServer(_network, _clock);
        await using var a = new Device(_network, _clock);
        await using var b = new Device(_network, _clock);
        for (var i = 0; i < 60; i++)
        {
            await a.PutAsync($"a{i}.notes@alice", $"a{i}");
            await b.PutAsync($"public:b{i}.notes@alice", $"b{i}");
        }

        var first = await a.SyncAsync();
        await b.SyncAsync();
        await b.DeleteAsync("a3.notes@alice");
        await b.SyncAsync();
        var last = await a.SyncAsync();

        Assert.True(first.InSync);
        Assert.Equal((60, 0), (first.Pushed, first.Pulled));
        Assert.True(last.InSync);
        Assert.Equal(61, last.Pulled);
        Assert.Equal(server.LastId, last.CommitId);
        Assert.Equal(119, server.Live().Count);
        Assert.Equal(server.Live(), await a.RecordsAsync());
        Assert.Equal(server.Live(), await b.RecordsAsync());

        // Where nothing protects against overwriting, what another device replaced is kept.
        Assert.Equal(isOld ? [ConflictKind.Replaced] : [], (await a.ConflictsAsync()).Select(conflict => conflict.Kind));
    }

    [Fact]
    public async Task Own_pushes_that_follow_the_cursor_are_not_pulled_again()
    {
        var server = new ScriptedServer(_network, _clock);
        await using var a = new Device(_network, _clock);
        await a.PutAsync("x.notes@alice", "1");
        await a.SyncAsync();
        server.Commands.Clear();

        var result = await a.SyncAsync();

        Assert.Equal((true, 0L, 1L), (result.InSync, result.Pulled, result.CommitId));
        Assert.All(server.Commands, command => Assert.True(command.StartsWith("stats:3", StringComparison.Ordinal) || command.StartsWith("sync:from:1:", StringComparison.Ordinal)));
        Assert.Empty(a.Applied);
    }

    [Theory]
    [InlineData(false, "local")]
    [InlineData(true, "remote")]
    public async Task The_later_edit_wins_and_the_other_is_in_the_inbox(bool isRemoteLater, string winner)
    {
        var server = new ScriptedServer(_network, _clock);
        await using var a = new Device(_network, _clock);
        await using var b = new Device(_network, _clock);
        await a.PutAsync("x.notes@alice", "base");
        await a.SyncAsync();
        await b.SyncAsync();
        await (isRemoteLater ? b : a).PutAsync("x.notes@alice", isRemoteLater ? "local" : "remote");
        _clock.Advance(TimeSpan.FromSeconds(5));
        await (isRemoteLater ? a : b).PutAsync("x.notes@alice", isRemoteLater ? "remote" : "local");
        await a.SyncAsync();

        var result = await b.SyncAsync();
        await a.SyncAsync();

        Assert.Equal((true, 1L), (result.InSync, result.Conflicts));
        Assert.Equal(winner, server.Live()["x.notes@alice"]);
        Assert.Equal(server.Live(), await a.RecordsAsync());
        Assert.Equal(server.Live(), await b.RecordsAsync());
        var conflict = Assert.Single(await b.ConflictsAsync());
        Assert.Equal(isRemoteLater ? ConflictKind.LocalLost : ConflictKind.RemoteLost, conflict.Kind);
        Assert.Empty(await a.ConflictsAsync());
    }

    [Fact]
    public async Task An_edit_that_another_device_overtook_between_pull_and_push_is_not_overwritten()
    {
        var server = new ScriptedServer(_network, _clock);
        await using var a = new Device(_network, _clock);
        await a.PutAsync("x.notes@alice", "base");
        await a.SyncAsync();
        await a.PutAsync("x.notes@alice", "mine");
        server.Intercept = line =>
        {
            if (line.StartsWith("batch:", StringComparison.Ordinal) && server.LastId == 1)
            {
                server.Put("x.notes@alice", "theirs", "\"updatedAt\":\"2026-11-01 13:00:00.000Z\"");
            }

            return null;
        };

        var result = await a.SyncAsync();

        Assert.Equal((true, 1L, 0L), (result.InSync, result.Conflicts, result.Pushed));
        Assert.Equal("theirs", server.Live()["x.notes@alice"]);
        Assert.Equal(server.Live(), await a.RecordsAsync());
    }

    [Fact]
    public async Task A_remote_deletion_of_unknown_time_loses_against_an_edit_and_is_in_the_inbox()
    {
        var server = new ScriptedServer(_network, _clock);
        await using var a = new Device(_network, _clock);
        await a.PutAsync("x.notes@alice", "base");
        await a.SyncAsync();
        server.Delete("x.notes@alice");
        await a.PutAsync("x.notes@alice", "edited");

        var result = await a.SyncAsync();

        Assert.True(result.InSync);
        Assert.Equal("edited", server.Live()["x.notes@alice"]);
        Assert.Equal(CommitOp.Delete, Assert.Single(await a.ConflictsAsync()).Remote.Op);
    }

    [Fact]
    public async Task A_connection_cut_at_any_byte_loses_and_doubles_nothing()
    {
        for (var bytes = 400L; ; bytes += 97)
        {
            var network = new MemoryNetwork();
            var server = new ScriptedServer(network, _clock);
            for (var i = 0; i < 5; i++)
            {
                server.Put($"s{i}.notes@alice", $"s{i}");
            }

            await using var a = new Device(network, _clock);
            for (var i = 0; i < 5; i++)
            {
                await a.PutAsync($"a{i}.notes@alice", $"a{i}");
            }

            var isCut = false;
            var isArmed = true;
            network.Connecting = (address, connection) =>
            {
                if (address == ScriptedServer.Address && isArmed)
                {
                    isArmed = false;
                    connection.CutAfterReceived(bytes);
                    connection.Closed.Register(() => isCut = true);
                }
            };
            try
            {
                await a.SyncAsync();
            }
            catch (AtException failure)
            {
                Assert.Equal(AtFault.Network, failure.Fault);
                await a.SyncAsync();
            }

            var wasCut = isCut;
            var result = await a.SyncAsync();
            Assert.True(result.InSync);
            Assert.Equal(10, server.LastId);
            Assert.Equal(server.Live(), await a.RecordsAsync());
            Assert.Empty(await a.ConflictsAsync());
            if (!wasCut)
            {
                return;
            }
        }
    }

    [Fact]
    public async Task An_edit_on_top_of_one_whose_acknowledgement_was_lost_is_no_conflict()
    {
        var server = new ScriptedServer(_network, _clock);
        await using var a = new Device(_network, _clock);
        await a.SyncAsync();
        await a.PutAsync("x.notes@alice", "first");
        var isPaused = false;
        server.Intercept = line =>
        {
            if (line.StartsWith("batch:", StringComparison.Ordinal) && server.LastId == 0)
            {
                server.Put("x.notes@alice", "first", "\"isEncrypted\":\"false\",\"updatedAt\":\"2026-11-01 12:00:00.000Z\"");
                isPaused = true;
                _network.CutAll();
                return "";
            }

            return isPaused && line.StartsWith("from:", StringComparison.Ordinal) ? "error:AT0024-Server is paused" : null;
        };
        Assert.Equal("AT0024", (await Assert.ThrowsAsync<AtException>(a.SyncAsync)).Code);
        isPaused = false;
        _clock.Advance(TimeSpan.FromSeconds(1));
        await a.PutAsync("x.notes@alice", "second");

        var result = await a.SyncAsync();

        Assert.Equal((true, 0L), (result.InSync, result.Conflicts));
        Assert.Equal("second", server.Live()["x.notes@alice"]);
        Assert.Empty(await a.ConflictsAsync());
    }

    [Fact]
    public async Task An_entry_that_makes_no_sense_is_set_aside_and_the_cursor_goes_on()
    {
        var server = new ScriptedServer(_network, _clock);
        server.Put("x1.notes@alice", "1");
        server.Put("no key at all", "2");
        server.Put("y.notes@bob", "3");
        server.Put("x4.notes@alice", "4");
        await using var a = new Device(_network, _clock);

        var result = await a.SyncAsync();

        Assert.Equal((false, 2L, 2L, 4L), (result.InSync, result.Pulled, result.Quarantined, result.CommitId));
        Assert.Equal(["x1.notes@alice", "x4.notes@alice"], (await a.RecordsAsync()).Keys);
        Assert.Equal(2, (await a.Store.ListQuarantineAsync(10, CancellationToken.None)).Count);
    }

    [Theory]
    [InlineData("data:[{\"atKey\":\"a.n@alice\",\"value\":\"1\",\"metadata\":null,\"commitId\":5,\"operation\":\"*\"},{\"atKey\":\"b.n@alice\",\"value\":\"1\",\"metadata\":null,\"commitId\":5,\"operation\":\"*\"}]")]
    [InlineData("data:[{\"atKey\":\"a.n@alice\",\"value\":\"1\",\"metadata\":null,\"commitId\":-7,\"operation\":\"*\"}]")]
    [InlineData("data:[{\"atKey\":\"a.n@alice\",\"value\":\"1\"}]")]
    [InlineData("data:{\"commitId\":99}")]
    [InlineData("data:[{\"atKey\":\"a.n@alice\",\"commitId\":9")]
    [InlineData("data:[1,2,{\"commitId\":9}]")]
    [InlineData("data:hello")]
    public async Task A_page_that_lies_is_refused_whole(string page)
    {
        var server = new ScriptedServer(_network, _clock) { Intercept = line => line.StartsWith("sync:from", StringComparison.Ordinal) ? page : null };
        server.Put("x.notes@alice", "1");
        await using var a = new Device(_network, _clock);

        var failure = await Assert.ThrowsAsync<AtException>(a.SyncAsync);

        Assert.Equal(AtFault.Network, failure.Fault);
        Assert.Equal(failure.Message, a.Engine.LastError?.Message);
        Assert.Empty(await a.RecordsAsync());
        Assert.Null(await a.Store.GetCursorAsync(CursorNames.Main, CancellationToken.None));
    }

    [Fact]
    public async Task A_log_without_an_end_does_not_make_a_round_without_an_end()
    {
        var id = 0;
        _ = new ScriptedServer(_network, _clock)
        {
            Intercept = line => line.StartsWith("stats", StringComparison.Ordinal) ? "data: [{\"id\":\"3\",\"name\":\"lastCommitID\",\"value\":\"9000000000000000000\"}]"
                : line.StartsWith("sync:from", StringComparison.Ordinal)
                    ? $"data:[{{\"atKey\":\"k{++id}.n@alice\",\"value\":\"1\",\"metadata\":{{}},\"commitId\":{id},\"operation\":\"*\"}}]"
                    : null,
        };
        await using var a = new Device(_network, _clock, limits: new SyncLimits { EntriesPerRoundMax = 50 });

        var failure = await Assert.ThrowsAsync<AtException>(a.SyncAsync);

        Assert.Equal(AtFault.Network, failure.Fault);
        Assert.Contains("50", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_changed_epoch_pulls_everything_again_and_keeps_pending_edits()
    {
        var server = new ScriptedServer(_network, _clock);
        server.Put("x1.notes@alice", "1");
        server.Put("x2.notes@alice", "2");
        await using var a = new Device(_network, _clock);
        await a.SyncAsync();
        await a.PutAsync("mine.notes@alice", "pending");
        server.Epoch = "epoch-2";
        server.Restore(() => server.Put("x1.notes@alice", "older"));
        _network.CutAll();

        var result = await a.SyncAsync();

        Assert.True(result.InSync);
        Assert.Equal("older", server.Live()["x1.notes@alice"]);
        Assert.Equal("pending", server.Live()["mine.notes@alice"]);
        Assert.Equal(server.Live(), await a.RecordsAsync());
    }

    [Fact]
    public async Task A_server_whose_last_commit_is_below_the_cursor_was_restored_and_gets_back_what_it_lost()
    {
        var server = ScriptedServer.Of2024(_network, _clock);
        for (var i = 0; i < 30; i++)
        {
            server.Put($"x{i}.notes@alice", "1");
        }

        await using var a = new Device(_network, _clock);
        await a.SyncAsync();
        server.Restore(() => server.Put("x1.notes@alice", "old"));
        _network.CutAll();

        var result = await a.SyncAsync();

        // What came after its last commit it can't know; what it had before that and has no more was deleted there.
        Assert.Equal((true, 29L), (result.InSync, result.CommitId));
        Assert.Equal(server.Live(), await a.RecordsAsync());
        Assert.Equal(29, server.Live().Count);
        Assert.DoesNotContain("x0.notes@alice", server.Live().Keys);
    }

    [Fact]
    public async Task Another_identity_stops_everything_and_changes_nothing()
    {
        var server = new ScriptedServer(_network, _clock);
        server.Put("x.notes@alice", "1");
        await using var a = new Device(_network, _clock);
        await a.SyncAsync();
        await a.PutAsync("y.notes@alice", "2");
        server.PublicKey = "ANOTHER";
        server.Put("x.notes@alice", "foreign");
        _network.CutAll();

        var failure = await Assert.ThrowsAsync<AtException>(a.SyncAsync);

        Assert.Equal(AtFault.IdentityChanged, failure.Fault);
        Assert.Equal("1", (await a.RecordsAsync())["x.notes@alice"]);
        Assert.DoesNotContain("y.notes@alice", server.Live().Keys);
    }

    [Fact]
    public async Task A_wider_scope_pulls_only_what_was_added()
    {
        var server = new ScriptedServer(_network, _clock);
        server.Put("a.notes@alice", "1");
        server.Put("b.work@alice", "2");
        server.Put("c.sub.notes@alice", "3");
        server.Put("plain@alice", "4");
        var file = new MemoryLocalFile(TestKeys.Alice, new SeededRandom(5));
        await using (var narrow = new Device(_network, _clock, file, scope: ["notes"]))
        {
            await narrow.SyncAsync();
            Assert.Equal(["a.notes@alice", "c.sub.notes@alice", "plain@alice"], (await narrow.RecordsAsync()).Keys);
        }

        server.Commands.Clear();
        await using var wide = new Device(_network, _clock, file, scope: ["notes", "work"]);
        var result = await wide.SyncAsync();

        Assert.Equal(1, result.Pulled);
        Assert.Equal(server.Live(), await wide.RecordsAsync());
        Assert.Contains(server.Commands, command => command.StartsWith("sync:from:-1:", StringComparison.Ordinal) && command.Contains("(work)", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Windows_that_were_filtered_empty_do_not_stop_a_pull_from_a_server_of_2024()
    {
        var server = ScriptedServer.Of2024(_network, _clock);
        server.MaySee = key => key.EndsWith(".mine@alice", StringComparison.Ordinal);
        for (var i = 0; i < 130; i++)
        {
            server.Put($"x{i}.theirs@alice", "1");
        }

        server.Put("last.mine@alice", "found");
        server.Put("y.theirs@alice", "1");
        await using var a = new Device(_network, _clock);

        var result = await a.SyncAsync();

        Assert.Equal((true, 1L, server.LastId), (result.InSync, result.Pulled, result.CommitId));
    }

    [Fact]
    public async Task A_server_of_2024_gets_one_command_at_a_time_and_none_of_our_extensions()
    {
        var server = ScriptedServer.Of2024(_network, _clock);
        await using var a = new Device(_network, _clock);
        await a.PutAsync("x.notes@alice", "1");
        await a.DeleteAsync("gone.notes@alice");
        await a.SyncAsync();

        var batch = Assert.Single(server.Commands, command => command.StartsWith("batch:", StringComparison.Ordinal));
        Assert.DoesNotContain("ifCommit", batch, StringComparison.Ordinal);
        Assert.DoesNotContain(":uAt:", batch, StringComparison.Ordinal);
        Assert.DoesNotContain(":dAt:", batch, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_version_that_was_replaced_on_an_unprotected_server_is_in_the_inbox()
    {
        var server = ScriptedServer.Of2024(_network, _clock);
        await using var a = new Device(_network, _clock);
        await a.PutAsync("x.notes@alice", "mine");
        await a.SyncAsync();
        server.Put("x.notes@alice", "theirs", "\"updatedAt\":\"2026-11-01 12:00:09.000Z\"");

        await a.SyncAsync();

        Assert.Equal(ConflictKind.Replaced, Assert.Single(await a.ConflictsAsync()).Kind);
        Assert.Equal("theirs", (await a.RecordsAsync())["x.notes@alice"]);
    }

    [Fact]
    public async Task An_expired_edit_is_dropped_and_a_late_one_gets_the_life_it_has_left()
    {
        var server = new ScriptedServer(_network, _clock);
        var now = _clock.GetUtcNow().ToUnixTimeMilliseconds();
        await using var a = new Device(_network, _clock);
        await a.PutAsync("short.notes@alice", "1", "{\"ttl\":\"1000\",\"isEncrypted\":\"false\"}", now + 1000);
        await a.PutAsync("long.notes@alice", "2", "{\"ttl\":\"60000\",\"isEncrypted\":\"false\"}", now + 60000);
        _clock.Advance(TimeSpan.FromSeconds(20));

        var result = await a.SyncAsync();

        Assert.True(result.InSync);
        Assert.Equal(["long.notes@alice"], server.Live().Keys);
        Assert.Contains("\"ttl\":\"40000\"", server.MetadataOf("long.notes@alice"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_expired_edit_of_a_record_that_the_remote_has_replaces_it_there_too()
    {
        var server = new ScriptedServer(_network, _clock);
        server.Put("x.notes@alice", "for ever");
        await using var a = new Device(_network, _clock);
        await a.SyncAsync();
        await a.PutAsync("x.notes@alice", "for a second", "{\"ttl\":\"1000\",\"isEncrypted\":\"false\"}", _clock.GetUtcNow().ToUnixTimeMilliseconds() + 1000);
        _clock.Advance(TimeSpan.FromSeconds(20));

        var result = await a.SyncAsync();

        Assert.Equal((true, 1L), (result.InSync, result.Pushed));
        Assert.Equal("for a second", server.Live()["x.notes@alice"]);
        Assert.Contains("\"ttl\":\"1\"", server.MetadataOf("x.notes@alice"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_writes_its_members_in_another_order_is_understood()
    {
        var server = new ScriptedServer(_network, _clock);
        server.Put("x.notes@alice", "1");
        var filler = new string('f', 10_000);
        server.Intercept = line => line.StartsWith("sync:from:-1:", StringComparison.Ordinal)
            ? $"data:[{{\"commitId\":1,\"operation\":\"*\",\"atKey\":\"x.notes@alice\",\"metadata\":{{\"encoding\":\"{filler}\"}},\"value\":\"1\"}}]" : null;
        await using var a = new Device(_network, _clock);

        var result = await a.SyncAsync();

        Assert.Equal((true, 1L, 1L), (result.InSync, result.Pulled, result.CommitId));
    }

    [Fact]
    public async Task A_stopped_process_that_holds_the_lock_is_told_and_not_waited_for_without_an_end()
    {
        _ = new ScriptedServer(_network, _clock);
        var file = new MemoryLocalFile(TestKeys.Alice, new SeededRandom(5));
        await using var stopped = new Device(_network, _clock, file);
        await using var held = stopped.Store.TryTakeSyncLock();
        await using var other = new Device(_network, _clock, file);

        var syncing = Assert.ThrowsAsync<AtException>(other.SyncAsync);
        while (!syncing.IsCompleted)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        var failure = await syncing;
        Assert.Equal(AtFault.Store, failure.Fault);
        Assert.Contains("Another process", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Callers_share_rounds()
    {
        var server = new ScriptedServer(_network, _clock);
        await using var a = new Device(_network, _clock);

        var gate = new TaskCompletionSource();
        server.Gate = gate.Task;

        var calls = Enumerable.Range(0, 20).Select(_ => a.SyncAsync()).ToArray();
        gate.SetResult();
        var results = await Task.WhenAll(calls);

        Assert.All(results, result => Assert.True(result.InSync));
        Assert.Single(server.Commands, command => command.StartsWith("stats", StringComparison.Ordinal));
        Assert.Single(server.Commands, command => command.StartsWith("pkam", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_a_network_a_round_ends_with_the_cause_and_the_edit_stays()
    {
        _network.IsDown = true;
        await using var a = new Device(_network, _clock);
        await a.PutAsync("x.notes@alice", "1");

        var syncing = Assert.ThrowsAsync<AtException>(a.SyncAsync);
        while (!syncing.IsCompleted)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }

        Assert.Equal(AtFault.Network, (await syncing).Fault);
        Assert.Equal(1, (await a.Store.CountAsync(CancellationToken.None)).Pending);
    }
}
