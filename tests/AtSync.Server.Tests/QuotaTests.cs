using System.Text;
using AtSync.Protocol;
using AtSync.Storage.Server;

namespace AtSync.Server.Tests;

public sealed class QuotaTests
{
    private static readonly AtSign Bob = AtSign.Parse("@bob");

    [Fact]
    public async Task A_write_beyond_the_quota_is_refused_by_name_and_what_shrinks_is_not()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();
        Assert.Equal("data:2", await client.AnswerAsync("update:a.app@alice 1234567890"));
        var used = (await bench.StoreAsync()).Summary;
        await bench.Host.SetQuotaAsync(ServerBench.Alice, new StoreQuota { Records = used.Records, Bytes = used.Bytes }, default);

        Assert.Equal(
            $"error:AT0002-DataStore exception : quota records exceeded: {used.Records} allowed, {used.Records} used, 1 more asked for. Ask the operator for more, or delete some records",
            await client.AnswerAsync("update:b.app@alice 1"));
        Assert.Contains("quota bytes exceeded", await client.AnswerAsync("update:a.app@alice 12345678901"), StringComparison.Ordinal);
        Assert.Equal("data:3", await client.AnswerAsync("update:a.app@alice 123"));
        Assert.Equal("data:4", await client.AnswerAsync("delete:a.app@alice"));
        Assert.Equal("data:5", await client.AnswerAsync("update:b.app@alice 1"));
    }

    [Fact]
    public async Task Items_of_a_batch_are_refused_one_by_one()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();
        var records = (await bench.StoreAsync()).RecordCount;
        await bench.Host.SetQuotaAsync(ServerBench.Alice, new StoreQuota { Records = records + 1 }, default);

        var answer = await client.AnswerAsync(
            """batch:[{"id":1,"command":"update:a.app@alice 1"},{"id":2,"command":"update:b.app@alice 1"},{"id":3,"command":"update:a.app@alice 2"}]""");

        Assert.Matches("""^data:\[\{"id":1,"response":\{"data":"2"\}\},\{"id":2,"response":\{"error_code":"AT0002","error_message":"[^"]*quota records[^"]*"\}\},\{"id":3,"response":\{"data":"3"\}\}\]$""", answer);
    }

    [Fact]
    public async Task The_default_may_be_changed_while_connections_are_open()
    {
        await using var bench = await ServerBench.StartAsync(limits => limits with { Quota = new StoreQuota { Records = 0 } });
        await using var client = await bench.ConnectOwnerAsync();
        Assert.StartsWith("error:AT0002-", await client.AnswerAsync("update:a.app@alice 1"), StringComparison.Ordinal);

        bench.Host.Limits = bench.Host.Limits with { Quota = StoreQuota.Unset };

        Assert.Equal("data:2", await client.AnswerAsync("update:a.app@alice 1"));
    }

    [Fact]
    public async Task A_full_atSign_can_still_be_activated_enrolled_and_revoked_but_stores_no_keys_or_passcodes()
    {
        await using var bench = await ServerBench.StartAsync(limits => limits with { Quota = new StoreQuota { Records = 0, Bytes = 0 } });
        var (client, _) = await bench.EnrollAsync();
        await using var ended = client;
        Assert.Equal("data:-1", await client.AnswerAsync("delete:privatekey:at_secret"));
        Assert.StartsWith("error:AT0002-", await client.AnswerAsync("keys:put:self:namespace:__global:appName:app:deviceName:dev:keyName:k v"), StringComparison.Ordinal);
        Assert.StartsWith("error:AT0002-", await client.AnswerAsync("otp:get"), StringComparison.Ordinal);
        Assert.StartsWith("error:AT0002-", await client.AnswerAsync("otp:put:abc123"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Notifications_have_a_quota_of_their_own()
    {
        await using var bench = await ServerBench.StartAsync(limits => limits with { Quota = new StoreQuota { Notifications = 2 } });
        await using var client = await bench.ConnectOwnerAsync();
        Assert.StartsWith("data:", await client.AnswerAsync("notify:ttln:1000:@bob:one.app@alice:1"), StringComparison.Ordinal);
        Assert.StartsWith("data:", await client.AnswerAsync("notify:@alice:two.app@alice:2"), StringComparison.Ordinal);
        Assert.Contains("AT0002-DataStore exception : quota notifications exceeded: 2 allowed, 2 used", await client.AnswerAsync("notify:@bob:three.app@alice:3"), StringComparison.Ordinal);
        Assert.Contains("quota notifications", await client.AnswerAsync("update:@bob:k.app@alice 1"), StringComparison.Ordinal);
        Assert.Equal("data:2", await client.AnswerAsync("delete:@bob:k.app@alice"));

        // The expired one makes room.
        bench.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.StartsWith("data:", await client.AnswerAsync("notify:@bob:three.app@alice:3"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_strategy_latest_only_the_newest_waits()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();
        foreach (var value in new[] { "1", "2", "3" })
        {
            Assert.Equal($"data:n{value}", await client.AnswerAsync($"notify:id:n{value}:strategy:latest:notifier:app:@bob:k.app@alice:{value}"));
        }

        var waiting = await (await bench.StoreAsync()).Notifications.ReadQueuedAsync("@bob", 0, 9, default);
        Assert.Equal(["n3"], waiting.Select(item => item.Id));
    }

    [Fact]
    public async Task What_is_expired_goes_from_atSigns_that_nobody_uses()
    {
        await using var bench = await ServerBench.StartAsync();
        await bench.Host.AddAsync(Bob, "s", default);
        var store = (await bench.Storage.FindAsync(Bob, default))!;
        await store.ApplyAsync([new Expiring("k.app@bob", ServerBench.Start.ToUnixTimeMilliseconds() + 1000)], default);
        await using var client = await bench.ConnectAsync();

        bench.Clock.Advance(bench.Host.Limits.ExpiryInterval);

        // The sweep runs on the tick; a command of another connection comes after it.
        await client.AnswerAsync("noop:0");
        Assert.Null(await store.GetAsync("k.app@bob", default));
    }

    private sealed class Expiring(string key, long expiresAtMs) : StoreChange(key)
    {
        public override ChangeDecision Decide(StoredRecord? current, long currentCommitId) => ChangeDecision.Put(
            new StoredRecord
            {
                Key = Key,
                Value = Encoding.UTF8.GetBytes("1"),
                Metadata = default,
                Times = new RecordTimes(0, 1, 1, null, expiresAtMs, null),
                OpTimeMs = 1,
            },
            logged: true);
    }
}
