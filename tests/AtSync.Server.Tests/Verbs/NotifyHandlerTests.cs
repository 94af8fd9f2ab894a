using AtSync.Protocol;

namespace AtSync.Server.Tests.Verbs;

public sealed class NotifyHandlerTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_notification_to_oneself_is_there_at_once_and_shown_to_monitors()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var monitor = await bench.ConnectOwnerAsync();
        await using var client = await bench.ConnectOwnerAsync();
        await monitor.AnswerAsync("from:@alice:clientConfig:{\"version\":\"3.10.0\"}");
        await monitor.SendAsync("monitor .app\nnoop:0\n");
        await monitor.ReadAsync("data:ok\n@alice@");

        Assert.Equal("data:one", await client.AnswerAsync("notify:id:one:update:isEncrypted:false:@alice:phone.app@alice:12:3"));

        const string line = "{\"id\":\"one\",\"from\":\"@alice\",\"to\":\"@alice\",\"key\":\"@alice:phone.app@alice\",\"value\":\"12:3\",\"operation\":\"update\","
            + "\"epochMillis\":1767323045678,\"messageType\":\"MessageType.key\",\"isEncrypted\":false,\"metadata\":{\"ttr\":null,\"ttl\":0,\"ttb\":0,"
            + "\"sharedKeyEnc\":null,\"pubKeyCS\":null,\"dataSignature\":null,\"encKeyName\":null,\"encAlgo\":null,\"ivNonce\":null,\"skeEncKeyName\":null,"
            + "\"skeEncAlgo\":null,\"availableAt\":\"null\",\"expiresAt\":\"null\",\"pubKeyHash\":null,\"appMetadata\":null}}";
        Assert.Equal($"notification: {line}\n", await monitor.ReadAsync("\n"));
        Assert.Equal($"data:[{line}]", await monitor.AnswerAsync("notify:list"));

        // To a client that has not said who it is, members of the metadata that are null are not shown.
        var terse = System.Text.RegularExpressions.Regex.Replace(line, "\"[a-zA-Z]+\":null,?", "").Replace(",}}", "}}", StringComparison.Ordinal);
        Assert.Equal($"data:[{terse}]", await client.AnswerAsync("notify:list"));
        Assert.Equal("data:null", await client.AnswerAsync("notify:list:other"));
        Assert.Equal("data:delivered", await client.AnswerAsync("notify:status:one"));
    }

    [Fact]
    public async Task An_id_is_taken_once()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();
        await client.AskAsync("notify:id:one:@alice:phone.app@alice:1");
        Assert.Equal("data:one", await client.AnswerAsync("notify:id:one:@alice:phone.app@alice:2"));
        Assert.Contains("\"atValue\":\"1\"", await client.AnswerAsync("notify:fetch:one"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_monitor_with_a_time_gets_what_came_after_it_in_order_and_nothing_that_is_over()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();
        await client.AskAsync("notify:id:first:@alice:a.app@alice:1");
        bench.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await client.AskAsync("notify:id:brief:ttln:1000:@alice:b.app@alice:1");
        await client.AskAsync("notify:id:second:@alice:c.app@alice:1");
        await client.AskAsync("notify:id:other:@alice:d.xyz@alice:1");
        bench.Clock.Advance(TimeSpan.FromSeconds(2));
        await client.AskAsync("notify:id:third:@alice:e.app@alice:1");

        await using var monitor = await bench.ConnectOwnerAsync();
        await monitor.SendAsync($"monitor:{ServerBench.Start.ToUnixTimeMilliseconds()} .app\n");

        Assert.StartsWith("notification: {\"id\":\"second\"", await monitor.ReadAsync("\n"), StringComparison.Ordinal);
        Assert.StartsWith("notification: {\"id\":\"third\"", await monitor.ReadAsync("\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_server_tells_its_owner_is_for_monitors_that_asked_for_it()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var plain = await bench.ConnectOwnerAsync();
        await using var all = await bench.ConnectOwnerAsync();
        await plain.SendAsync("monitor\nnoop:0\n");
        await plain.ReadAsync("data:ok\n@alice@");
        await all.SendAsync("monitor:selfNotifications\nnoop:0\n");
        await all.ReadAsync("data:ok\n@alice@");

        var server = bench.Host.ActiveServers[0];
        await server.Notifications.TellOwnerAsync("n1", "e1.new.enrollments.__manage@alice", "{\"a\":1}", TimeSpan.FromHours(24));
        Assert.Contains("\"key\":\"e1.new.enrollments.__manage@alice\",\"value\":\"{\\\"a\\\":1}\"", await all.ReadAsync("\n"), StringComparison.Ordinal);

        await plain.AskAsync("notify:id:mine:@alice:a.app@alice:1");
        Assert.StartsWith("notification: {\"id\":\"mine\"", await plain.ReadAsync("\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_write_to_a_shared_record_owes_a_notification_that_is_durable_with_it()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();
        await client.AskAsync("update:ttr:-1:ccd:true:isEncrypted:true:@bob:phone.app@alice sealed");
        await client.AskAsync("batch:[{\"id\":1,\"command\":\"delete:@bob:phone.app@alice\"},{\"id\":2,\"command\":\"update:@alice:x.app@alice 1\"}]");
        await client.AskAsync("update:plain.app@alice 1");

        var queued = await (await bench.StoreAsync()).Notifications.ReadQueuedAsync("@bob", 0, 10, Token);
        var items = queued.Select(Notifications.Notification.Of).ToList();
        Assert.Equal(["update", "delete"], items.Select(item => item.Operation));
        Assert.Equal(["sealed", null], items.Select(item => item.Value));
        Assert.Equal((-1, true, true), (items[0].Metadata.Ttr!.Value, items[0].Metadata.Ccd!.Value, items[0].Metadata.IsEncrypted!.Value));
        Assert.Equal(["@bob"], await (await bench.StoreAsync()).Notifications.QueuedPeersAsync(Token));
    }

    [Theory]
    [InlineData("notify:@bob:phone.app@carol:1", AtErrorCodes.Unauthorized)]
    [InlineData("notify:strategy:latest:@bob:phone.app@alice:1", AtErrorCodes.InvalidSyntax)]
    [InlineData("notify:public:phone.app@alice:1", AtErrorCodes.InternalException)]
    [InlineData("notify:ttr:-2:@bob:phone.app@alice:1", AtErrorCodes.InvalidSyntax)]
    [InlineData("notify:list:2026-02-01:2026-01-01", AtErrorCodes.IllegalArguments)]
    public async Task What_cannot_be_is_refused(string command, string code)
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();
        Assert.StartsWith($"error:{code}-", await client.AnswerAsync(command), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Strangers_send_and_list_nothing()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectAsync();
        Assert.StartsWith("error:AT0401-", await client.AnswerAsync("notify:@alice:phone.app@bob:1"), StringComparison.Ordinal);
        Assert.StartsWith("error:AT0401-", await client.AnswerAsync("notify:all:@bob:phone.app:1"), StringComparison.Ordinal);
        Assert.Equal("data:null", await client.AnswerAsync("notify:list"));
    }

    [Fact]
    public async Task All_remove_fetch_and_status_agree()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();
        var answer = await client.AnswerAsync("notify:all:update:@bob,@alice:phone.app:1");
        Assert.Equal("data: {\"@bob\":\"<uuid>\",\"@alice\":\"<uuid>\"}", RawClient.Mask(answer));
        var id = answer["data: {\"@bob\":\"".Length..][..36];
        Assert.Equal("data:queued", await client.AnswerAsync($"notify:status:{id}"));
        Assert.Contains("\"toAtSign\":\"@bob\",\"notification\":\"@bob:phone.app@alice\",\"type\":\"NotificationType.sent\"", await client.AnswerAsync($"notify:fetch:{id}"), StringComparison.Ordinal);
        Assert.Equal("data:success", await client.AnswerAsync($"notify:remove:{id}"));
        Assert.Equal("data:null", await client.AnswerAsync($"notify:status:{id}"));
        Assert.Equal($"data:{{\"id\":\"{id}\",\"notificationStatus\":\"NotificationStatus.expired\"}}", await client.AnswerAsync($"notify:fetch:{id}"));
    }

    [Fact]
    public async Task Of_strategy_latest_only_the_newest_wait()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();
        foreach (var id in new[] { "a", "b", "c" })
        {
            await client.AskAsync($"notify:id:{id}:strategy:latest:latestN:2:notifier:app:@bob:phone.app@alice:1");
        }

        var queued = await (await bench.StoreAsync()).Notifications.ReadQueuedAsync("@bob", 0, 10, Token);
        Assert.Equal(["b", "c"], queued.Select(item => item.Id));
    }
}
