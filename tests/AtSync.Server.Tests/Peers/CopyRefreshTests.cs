using System.Text;
using AtSync.Storage.Server;

namespace AtSync.Server.Tests.Peers;

/// <summary>Cached copies whose time has passed, and peers with an older grammar than they say.</summary>
public sealed class CopyRefreshTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Copies_are_brought_up_to_date_when_their_time_has_passed_also_after_a_restart()
    {
        await using var bench = await PeerBench.StartAsync();
        await using var alice = await bench.OwnerAsync("alice");
        await alice.AskAsync("update:ttr:60:public:city.app@alice Berlin");
        await alice.AskAsync("update:ttr:60:public:same.app@alice same");
        await alice.AskAsync("update:ttr:60:public:gone.app@alice gone");
        await alice.AskAsync("update:ttr:60:@bob:phone.app@alice one");
        await using (var bob = await bench.OwnerAsync("bob"))
        {
            foreach (var key in new[] { "city.app", "same.app", "gone.app" })
            {
                Assert.StartsWith("data:", await bob.AnswerAsync($"plookup:{key}@alice"), StringComparison.Ordinal);
            }

            Assert.Equal("data:one", await bob.AnswerAsync("lookup:phone.app@alice"));
        }

        await bench.StopHostAsync("bob");
        await alice.AskAsync("update:ttr:60:public:city.app@alice Paris");
        await alice.AskAsync("delete:public:gone.app@alice");
        var store = await bench.StoreAsync("bob");
        var sameBefore = await store.GetAsync("cached:public:same.app@alice", Token);
        bench.Clock.Advance(TimeSpan.FromSeconds(61));
        await bench.StartHostAsync("bob");

        await bench.RunUntilAsync(async () => await ValueAsync(store, "cached:public:city.app@alice") == "Paris", TimeSpan.FromSeconds(1));
        await bench.RunUntilAsync(async () => await store.GetAsync("cached:public:gone.app@alice", Token) is null, TimeSpan.FromSeconds(1));
        await bench.RunUntilAsync(async () => (await store.GetAsync("cached:public:same.app@alice", Token))!.Times.RefreshAtMs > sameBefore!.Times.RefreshAtMs, TimeSpan.FromSeconds(1));
        var same = await store.GetAsync("cached:public:same.app@alice", Token);
        Assert.Equal(sameBefore!.CommitId, same!.CommitId);
        Assert.Empty(await bench.CheckAsync("bob"));
    }

    [Fact]
    public async Task A_silent_peer_holds_up_nobody_and_a_round_is_bounded()
    {
        await using var bench = await PeerBench.StartAsync();
        var host = bench.HostOf("bob");
        await using var alice = await bench.OwnerAsync("alice");
        await using var bob = await bench.OwnerAsync("bob");
        var store = await bench.StoreAsync("bob");
        for (var i = 0; i < 5; i++)
        {
            await alice.AskAsync($"update:ttr:30:public:k{i}.app@alice {i}");
            await bob.AnswerAsync($"plookup:k{i}.app@alice");
        }

        // A peer that the atDirectory does not know comes first, with many copies.
        await store.ApplyAsync([.. Enumerable.Range(0, 5).Select(i => Copy($"cached:public:n{i}.app@nobody"))], Token);
        bench.Clock.Advance(TimeSpan.FromSeconds(31));
        host.Limits = host.Limits with { RefreshesPerRound = 3 };

        Assert.Equal(3, await host.Peers!.Copies.RunRoundAsync(Token));
        Assert.Equal(3, await host.Peers.Copies.RunRoundAsync(Token));

        // The end was reached; what was just refreshed is not due.
        host.Limits = host.Limits with { RefreshesPerRound = 100 };
        await host.Peers.Copies.RunRoundAsync(Token);
        Assert.DoesNotContain(
            await bench.EngineOf("bob").StaleCopiesAsync(bench.Clock.GetUtcNow().ToUnixTimeMilliseconds(), default, 100, Token), copy => copy.Key.Contains("@alice", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_copy_that_its_origin_no_longer_lends_is_dropped()
    {
        await using var bench = await PeerBench.StartAsync();
        await using var alice = await bench.OwnerAsync("alice");
        await using var bob = await bench.OwnerAsync("bob");
        await alice.AskAsync("update:ttr:30:public:city.app@alice Berlin");
        await bob.AnswerAsync("plookup:city.app@alice");
        await alice.AskAsync("delete:public:city.app@alice");
        await alice.AskAsync("update:public:city.app@alice Rome");
        bench.Clock.Advance(TimeSpan.FromSeconds(31));
        await bench.HostOf("bob").Peers!.Copies.RunRoundAsync(Token);
        Assert.Null(await (await bench.StoreAsync("bob")).GetAsync("cached:public:city.app@alice", Token));
    }

    [Fact]
    public async Task A_peer_that_does_not_take_the_newer_form_is_sent_the_old_one()
    {
        await using var bench = await PeerBench.StartAsync();
        var lines = new List<string>();
        bench.StartScripted("carol", line =>
        {
            lock (lines)
            {
                lines.Add(line);
            }

            return line switch
            {
                "from:@alice" => "data:proof:_11111111-2222-3333-4444-555555555555@alice:11111111-2222-3333-4444-555555555555\n@",
                "pol" => "@alice@",
                "info:brief" => "data:{\"version\":\"3.17.0\",\"uptimeAsMillis\":1}\n@alice@",
                _ when line.StartsWith("notify:", StringComparison.Ordinal) && line.Contains(":uAt:", StringComparison.Ordinal) => "error:AT0003-Exception: Invalid syntax\n@alice@",
                _ when line.StartsWith("notify:", StringComparison.Ordinal) => "data:success\n@alice@",
                _ => "error:AT0015-Exception: does not exist\n@",
            };
        });
        await using var alice = await bench.OwnerAsync("alice");
        await alice.AskAsync("update:@carol:one.app@alice 1");
        await alice.AskAsync("update:@carol:two.app@alice 2");
        var store = await bench.StoreAsync("alice");
        await bench.RunUntilAsync(async () => (await store.Notifications.QueuedPeersAsync(Token)).Count == 0);

        var statuses = new List<NotificationStatus>();
        await store.Notifications.VisitAsync((in NotificationView item) => statuses.Add(item.Status), Token);
        Assert.Equal([NotificationStatus.Delivered, NotificationStatus.Delivered], statuses);
        List<string> sent;
        lock (lines)
        {
            sent = lines.Where(line => line.StartsWith("notify:", StringComparison.Ordinal)).ToList();
        }

        // Refused at most once per connection, then known.
        Assert.InRange(sent.Count(line => line.Contains(":uAt:", StringComparison.Ordinal)), 1, 2);
        Assert.Equal(2, sent.Count(line => !line.Contains(":uAt:", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Statistics_tell_of_peers_and_notifications()
    {
        await using var bench = await PeerBench.StartAsync();
        await using var alice = await bench.OwnerAsync("alice");
        await using var bob = await bench.OwnerAsync("bob");
        await alice.AskAsync("update:@bob:k.app@alice 1");
        await alice.AskAsync("notify:delete:@bob:k.app@alice");
        await alice.AskAsync("notify:messageType:text:@alice:hello");
        var store = await bench.StoreAsync("alice");
        await bench.RunUntilAsync(async () => (await store.Notifications.QueuedPeersAsync(Token)).Count == 0);
        Assert.Equal("data:1", await bob.AnswerAsync("lookup:k.app@alice"));

        // One by which it looked, one by which it checked who notified it.
        Assert.Equal("data: [{\"id\":\"2\",\"name\":\"activeOutboundConnections\",\"value\":\"2\"}]", await bob.AnswerAsync("stats:2"));
        Assert.Contains("\\\"@bob\\\":", await alice.AnswerAsync("stats:5"), StringComparison.Ordinal);
        Assert.Contains(
            "{\\\"total\\\":3,\\\"type\\\":{\\\"sent\\\":2,\\\"received\\\":1},\\\"status\\\":{\\\"delivered\\\":3,\\\"failed\\\":0,\\\"queued\\\":0},"
            + "\\\"operations\\\":{\\\"update\\\":2,\\\"delete\\\":1},\\\"messageType\\\":{\\\"key\\\":2,\\\"text\\\":1},\\\"createdOn\\\":",
            await alice.AnswerAsync("stats:11"), StringComparison.Ordinal);
        var all = await alice.AnswerAsync("stats:1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17");
        for (var id = 1; id <= 17; id++)
        {
            Assert.Contains($"{{\"id\":\"{id}\",\"name\":\"", all, StringComparison.Ordinal);
        }

        Assert.Contains("\\\"other\\\":", await alice.AnswerAsync("stats:16"), StringComparison.Ordinal);
        Assert.StartsWith("error:null:", await alice.AnswerAsync("stats:18"), StringComparison.Ordinal);
        Assert.StartsWith("error:AT0003-", await alice.AnswerAsync("stats:0"), StringComparison.Ordinal);
    }

    private static async Task<string?> ValueAsync(IKeyStore store, string key) =>
        await store.GetAsync(key, Token) is { } record ? Encoding.UTF8.GetString(record.Value.Span) : null;

    private static PutCopy Copy(string key) => new(key);

    private sealed class PutCopy(string key) : StoreChange(key)
    {
        public override ChangeDecision Decide(StoredRecord? current, long currentCommitId) => ChangeDecision.Put(
            new StoredRecord { Key = Key, Value = "1"u8.ToArray(), Metadata = default, Times = new RecordTimes(0, 1, 1, null, null, 1), OpTimeMs = 1 }, logged: true);
    }
}
