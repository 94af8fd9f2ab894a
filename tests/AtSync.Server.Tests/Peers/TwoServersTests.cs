using AtSync.Storage.Server;

namespace AtSync.Server.Tests.Peers;

public sealed class TwoServersTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_shared_is_looked_up_with_proof_and_kept_as_its_origin_allows()
    {
        await using var bench = await PeerBench.StartAsync();
        await using var alice = await bench.OwnerAsync("alice");
        await using var bob = await bench.OwnerAsync("bob");
        await using var stranger = await bench.StrangerAsync("alice");
        await alice.AskAsync("update:ttr:60:isEncrypted:true:@bob:phone.app@alice sealed");
        await alice.AskAsync("update:@bob:once.app@alice plain");

        Assert.Equal("data:sealed", await bob.AnswerAsync("lookup:phone.app@alice"));
        Assert.Equal("data:plain", await bob.AnswerAsync("lookup:once.app@alice"));
        Assert.Equal("data:sealed", await bob.AnswerAsync("llookup:cached:@bob:phone.app@alice"));
        Assert.StartsWith("error:AT0015-", await bob.AnswerAsync("llookup:cached:@bob:once.app@alice"), StringComparison.Ordinal);
        Assert.Contains("\"key\":\"cached:@bob:phone.app@alice\"", await bob.AnswerAsync("lookup:all:phone.app@alice"), StringComparison.Ordinal);
        Assert.Contains("\"key\":\"@bob:phone.app@alice\"", await bob.AnswerAsync("lookup:bypassCache:true:all:phone.app@alice"), StringComparison.Ordinal);
        Assert.Equal("data:[\"once.app@alice\",\"phone.app@alice\"]", await bob.AnswerAsync("scan:@alice app"));
        Assert.StartsWith("error:AT0015-", await bob.AnswerAsync("lookup:none.app@alice"), StringComparison.Ordinal);
        Assert.StartsWith("error:AT0015-", await stranger.AnswerAsync("lookup:phone.app@alice"), StringComparison.Ordinal);
        Assert.StartsWith("error:AT0007-", await bob.AnswerAsync("lookup:phone.app@nobody"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stale_copy_is_refreshed_and_one_whose_origin_is_gone_is_dropped()
    {
        await using var bench = await PeerBench.StartAsync();
        await using var alice = await bench.OwnerAsync("alice");
        await using var bob = await bench.OwnerAsync("bob");
        await alice.AskAsync("update:ttr:60:public:city.app@alice Berlin");
        Assert.Equal("data:Berlin", await bob.AnswerAsync("plookup:city.app@alice"));
        await alice.AskAsync("update:ttr:60:public:city.app@alice Paris");
        Assert.Equal("data:Berlin", await bob.AnswerAsync("plookup:city.app@alice"));

        bench.Clock.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal("data:Paris", await bob.AnswerAsync("plookup:city.app@alice"));

        await alice.AskAsync("delete:public:city.app@alice");
        bench.Clock.Advance(TimeSpan.FromSeconds(61));
        Assert.StartsWith("error:AT0015-", await bob.AnswerAsync("plookup:city.app@alice"), StringComparison.Ordinal);
        Assert.Null(await (await bench.StoreAsync("bob")).GetAsync("cached:public:city.app@alice", Token));
    }

    [Fact]
    public async Task A_share_is_told_copied_updated_and_deleted_with_its_origin()
    {
        await using var bench = await PeerBench.StartAsync();
        await using var alice = await bench.OwnerAsync("alice");
        await using var bob = await bench.MonitorAsync("bob");

        await alice.AskAsync("update:ttr:-1:ccd:true:isEncrypted:true:@bob:phone.app@alice one");
        Assert.Contains("\"key\":\"@bob:phone.app@alice\",\"value\":\"one\",\"operation\":\"update\"", await NotificationAsync(bob), StringComparison.Ordinal);
        Assert.Equal("data:one", await AskAsync(bench, "lookup:phone.app@alice"));

        await alice.AskAsync("update:ttr:-1:ccd:true:isEncrypted:true:@bob:phone.app@alice two");
        Assert.Contains("\"value\":\"two\"", await NotificationAsync(bob), StringComparison.Ordinal);
        Assert.Equal("data:two", await AskAsync(bench, "llookup:cached:@bob:phone.app@alice"));

        await alice.AskAsync("delete:@bob:phone.app@alice");
        Assert.Contains("\"operation\":\"delete\"", await NotificationAsync(bob), StringComparison.Ordinal);
        Assert.StartsWith("error:AT0015-", await AskAsync(bench, "llookup:cached:@bob:phone.app@alice"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_queued_while_the_other_was_down_arrives_in_order_also_after_a_restart_of_the_sender()
    {
        await using var bench = await PeerBench.StartAsync();
        await bench.StopHostAsync("bob");
        var alice = await bench.OwnerAsync("alice");
        await alice.AskAsync("notify:id:a:@bob:x.app@alice:1");
        await alice.AskAsync("notify:id:brief:ttln:5:@bob:x.app@alice:1");
        await alice.AskAsync("notify:id:b:@bob:x.app@alice:2");
        await alice.DisposeAsync();
        await bench.StopHostAsync("alice");
        bench.Clock.Advance(TimeSpan.FromMilliseconds(5));
        await bench.StartHostAsync("alice");
        await bench.StartHostAsync("bob");

        var log = (await bench.StoreAsync("alice")).Notifications;
        await bench.RunUntilAsync(async () => (await log.QueuedPeersAsync(Token)).Count == 0);

        var received = await (await bench.StoreAsync("bob")).Notifications.ReadReceivedAsync(0, 10, Token);
        Assert.Equal(["a", "b"], received.Select(item => item.Id));
        Assert.Equal("data:delivered", await AskAsync(bench, "notify:status:a", "alice"));
        Assert.Equal("data:expired", await AskAsync(bench, "notify:status:brief", "alice"));
    }

    [Fact]
    public async Task What_the_peer_refuses_holds_up_nothing_behind_it()
    {
        await using var bench = await PeerBench.StartAsync();
        await using var alice = await bench.OwnerAsync("alice");
        await using var bob = await bench.MonitorAsync("bob");
        await alice.AskAsync($"notify:id:long:@bob:x.app@alice:{new string('n', 200)}");
        await alice.AskAsync("notify:id:good:@bob:x.app@alice:1");
        Assert.Contains("\"id\":\"good\"", await NotificationAsync(bob), StringComparison.Ordinal);
        await bench.RunUntilAsync(async () => await AskAsync(bench, "notify:status:good", "alice") == "data:delivered");
        Assert.Equal("data:errored", await AskAsync(bench, "notify:status:long", "alice"));
    }

    [Fact]
    public async Task A_notification_delivered_twice_counts_once()
    {
        await using var bench = await PeerBench.StartAsync();
        var bob = await bench.StoreAsync("bob");
        var alice = await bench.StoreAsync("alice");
        await using var owner = await bench.OwnerAsync("alice");
        await owner.AskAsync("notify:id:a:ttr:-1:@bob:x.app@alice:1");
        await bench.RunUntilAsync(async () => (await alice.Notifications.QueuedPeersAsync(Token)).Count == 0);
        var commit = bob.LastCommitId;

        // The sender died before it could note that it arrived.
        await alice.Notifications.SetStatusAsync("a", NotificationStatus.Queued, 0, Token);
        await owner.AskAsync("notify:id:b:@bob:x.app@alice:1");
        await bench.RunUntilAsync(async () => (await alice.Notifications.QueuedPeersAsync(Token)).Count == 0);

        Assert.Equal(["a", "b"], (await bob.Notifications.ReadReceivedAsync(0, 10, Token)).Select(item => item.Id));
        Assert.Equal(commit, bob.LastCommitId);
    }

    [Fact]
    public async Task A_changed_public_key_puts_the_shared_key_aside()
    {
        await using var bench = await PeerBench.StartAsync();
        await using var alice = await bench.OwnerAsync("alice");
        await using var bob = await bench.OwnerAsync("bob");
        await bob.AskAsync("update:public:publickey@bob first");
        await alice.AskAsync("update:shared_key.bob@alice sealed");
        await alice.AskAsync("scan:@bob");
        Assert.Equal("data:sealed", await alice.AnswerAsync("llookup:shared_key.bob@alice"));

        await bob.AskAsync("update:public:publickey@bob second");
        await bench.StopHostAsync("bob");
        await bench.StartHostAsync("bob");
        Assert.StartsWith("data:", await alice.AnswerAsync("scan:@bob"), StringComparison.Ordinal);

        Assert.StartsWith("error:AT0015-", await alice.AnswerAsync("llookup:shared_key.bob@alice"), StringComparison.Ordinal);
        var until = ServerBench.Start.ToUnixTimeMilliseconds();
        Assert.Equal("data:sealed", await alice.AnswerAsync($"llookup:shared_key.bob.until.{until}@alice"));
        Assert.Equal("data:second", await alice.AnswerAsync("llookup:cached:public:publickey@bob"));
    }

    [Fact]
    public async Task Pol_needs_a_challenge_a_signature_and_a_certificate_where_one_is_required()
    {
        await using var bench = await PeerBench.StartAsync(requireCertificate: true);
        await using var bob = await bench.OwnerAsync("bob");
        var refusal = await bob.AnswerAsync("lookup:x.app@alice");
        Assert.StartsWith("error:AT0401-", refusal, StringComparison.Ordinal);
        Assert.Contains("client certificate for bob.test", refusal, StringComparison.Ordinal);

        await using var open = await PeerBench.StartAsync();
        await using var liar = await open.StrangerAsync("alice");
        Assert.StartsWith("data:proof:_", await liar.AnswerAsync("from:@bob"), StringComparison.Ordinal);
        await liar.SendAsync("pol\n");
        Assert.StartsWith("error:AT0011-", await liar.ReadAsync("\n"), StringComparison.Ordinal);

        await using var hasty = await open.StrangerAsync("alice");
        await hasty.SendAsync("pol\n");
        Assert.Contains("from:", await hasty.ReadToEndAsync(), StringComparison.Ordinal);
    }

    private static async Task<string> NotificationAsync(RawClient monitor)
    {
        while (true)
        {
            var line = await monitor.ReadAsync("\n");
            if (!line.Contains("\"id\":\"-1\"", StringComparison.Ordinal))
            {
                return line;
            }
        }
    }

    private static async Task<string> AskAsync(PeerBench bench, string command, string name = "bob")
    {
        await using var client = await bench.OwnerAsync(name);
        return await client.AnswerAsync(command);
    }
}
