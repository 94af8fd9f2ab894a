using AtSync.Server.Tests.Enrollments;
using AtSync.Server.Tests.Peers;

namespace AtSync.Server.Tests.Sessions;

/// <summary>Places where the reference lets somebody do what he should not, one test each; docs/protocol.md lists them.</summary>
public sealed class ClosedHolesTests
{
    [Fact]
    public async Task A_challenge_is_good_for_one_attempt_and_for_its_time()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectAsync();
        var challenge = (await client.AnswerAsync("from:alice"))["data:".Length..];
        var proof = $"cram:{Crypto.CramDigest.Compute(ServerBench.Secret, challenge)}";
        await client.AnswerAsync("cram:00");
        Assert.StartsWith("error:AT0015-", await client.AnswerAsync(proof), StringComparison.Ordinal);

        challenge = (await client.AnswerAsync("from:alice"))["data:".Length..];
        bench.Clock.Advance(TimeSpan.FromSeconds(61));
        Assert.StartsWith("error:AT0015-", await client.AnswerAsync($"cram:{Crypto.CramDigest.Compute(ServerBench.Secret, challenge)}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_approved_enrollment_is_not_denied()
    {
        await using var bench = await ServerBench.StartAsync();
        var (owner, _) = await bench.EnrollAsync();
        await using var ended = owner;
        var id = await bench.ApprovedAsync(owner, "d", "{\"wavi\":\"r\"}", TestKeys.OtherDevice);
        Assert.StartsWith("error:AT0032", await owner.AnswerAsync(DeviceBench.By("deny", id)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_holds_all_namespaces_does_not_get_what_belongs_to_the_atSign_as_a_whole()
    {
        await using var bench = await ServerBench.StartAsync();
        var (owner, _) = await bench.EnrollAsync();
        await using var ended = owner;
        await owner.AnswerAsync("otp:put:secret1");
        Assert.Equal("data:-1", await owner.AnswerAsync("keys:put:private:namespace:__global:appName:app:deviceName:dev:keyName:mine v"));
        var id = await bench.ApprovedAsync(owner, "d", "{\"*\":\"rw\"}", TestKeys.OtherDevice);
        await using var device = await bench.LogInAsync(TestKeys.OtherDevice, id);
        foreach (var command in new[]
        {
            "update:privatekey:at_pkam_publickey mine", "update:public:publickey@alice mine", "llookup:@alice:signing_privatekey@alice",
            "llookup:private:spp.__otp@alice", "llookup:private:app.dev.mine.__private_keys.__global@alice",
            "keys:get:keyName:private:app.dev.mine.__private_keys.__global@alice", $"llookup:{id}.new.enrollments.__manage@alice",
            "update:public:app.dev.pkam.__pkams.__public_keys@alice {}", "otp:get", "config:block:add:@bob",
        })
        {
            Assert.StartsWith("error:AT0009-", await device.AnswerAsync(command), StringComparison.Ordinal);
        }

        Assert.DoesNotContain("signing_privatekey", await device.AnswerAsync("sync:from:-1:limit:100"), StringComparison.Ordinal);
        Assert.Contains("signing_privatekey", await owner.AnswerAsync("sync:from:-1:limit:100"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Protected_keys_are_protected_however_they_are_typed()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var owner = await bench.ConnectOwnerAsync();
        await owner.AnswerAsync("update:public:publickey@alice key");
        foreach (var key in new[] { "public:publickey@alice", "public:PublicKey@alice", "public:PUBLICKEY@ALICE", "public:Signing_PublicKey@alice" })
        {
            Assert.StartsWith("error:AT0009-", await owner.AnswerAsync($"delete:{key}"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Strangers_learn_nothing_of_notifications_and_send_none()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var owner = await bench.ConnectOwnerAsync();
        await owner.AnswerAsync("notify:id:one:@bob:k.app@alice:1");
        await using var stranger = await bench.ConnectAsync();
        Assert.Equal("data:null", await stranger.AnswerAsync("notify:status:one"));
        Assert.Equal("data:null", await stranger.AnswerAsync("notify:list"));
        Assert.StartsWith("error:AT0401", await stranger.AnswerAsync("notify:all:@bob:k.app@alice:1"), StringComparison.Ordinal);
        Assert.StartsWith("error:AT0401", await stranger.AnswerAsync("notify:@bob:k.app@alice:1"), StringComparison.Ordinal);
        Assert.Equal("data:queued", await owner.AnswerAsync("notify:status:one"));
    }

    [Fact]
    public async Task What_is_expired_is_shown_to_nobody_before_it_is_swept()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var owner = await bench.ConnectOwnerAsync();
        await owner.AnswerAsync("update:ttl:1000:@alice:k.app@alice 1");
        await owner.AnswerAsync("update:ttl:1000:public:k.app@alice 1");
        await using var stranger = await bench.ConnectAsync();
        bench.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("data:null", await owner.AnswerAsync("lookup:k.app@alice"));
        Assert.Equal("data:null", await stranger.AnswerAsync("lookup:k.app@alice"));
        Assert.Equal("data:[]", await owner.AnswerAsync("scan k.app"));
    }

    [Fact]
    public async Task A_value_with_the_word_data_in_it_comes_through_whole()
    {
        await using var bench = await PeerBench.StartAsync();
        await using var alice = await bench.OwnerAsync("alice");
        await using var bob = await bench.OwnerAsync("bob");
        await alice.AnswerAsync("update:ttr:60:@bob:k.app@alice data:x data:y");
        Assert.Equal("data:data:x data:y", "data:" + (await bob.AnswerAsync("lookup:k.app@alice"))["data:".Length..]);
        Assert.Equal("data:x data:y", System.Text.Encoding.UTF8.GetString((await (await bench.StoreAsync("bob")).GetAsync("cached:@bob:k.app@alice", default))!.Value.Span));
    }

    [Fact]
    public async Task A_peer_that_is_blocked_is_cut_where_it_is()
    {
        await using var bench = await PeerBench.StartAsync();
        await using var alice = await bench.OwnerAsync("alice");
        await alice.AnswerAsync("update:@bob:k.app@alice 1");
        await using var peer = await bench.HostOf("bob").Peers!.OpenAsync(await bench.StoreAsync("bob"), ServerBench.Alice, isProven: true, default);
        Assert.Equal("1", (await peer.AskAsync("lookup:k.app@alice", default)).Text);
        Assert.Equal("data:success", await alice.AnswerAsync("config:block:add:@bob"));
        var answer = await peer.AskAsync("lookup:k.app@alice", default);
        Assert.Equal("AT0013", answer.Error?.Code);
    }

    [Fact]
    public async Task Commands_run_one_after_the_other_in_whatever_reads_they_come()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var owner = await bench.ConnectOwnerAsync();
        await owner.SendAsync("update:k.app@alice 1\n");
        await owner.SendAsync("update:k.app@alice 2\nllookup:k.app@alice\n");
        Assert.Equal("data:2\n@alice@data:3\n@alice@data:2\n@alice@", await owner.ReadAsync("data:2\n@alice@") + await owner.ReadAsync("data:2\n@alice@"));
    }
}
