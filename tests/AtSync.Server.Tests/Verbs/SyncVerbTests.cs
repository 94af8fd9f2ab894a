using System.Text.Json;

namespace AtSync.Server.Tests.Verbs;

/// <summary>sync:from, batch, scan and stats on raw bytes.</summary>
public sealed class SyncVerbTests
{
    private const string Written = "\"createdBy\":\"@alice\",\"updatedBy\":\"@alice\",\"createdAt\":\"" + ServerBench.StartText + "\",\"updatedAt\":\"" + ServerBench.StartText + "\"";

    [Fact]
    public async Task An_entry_is_spelled_as_the_reference_spells_it()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();
        await client.AskAsync("update:ttl:5000:isEncrypted:true:ivNonce:a+/==:@bob:phone.app@alice say \"hi\"\\ 🦄");

        Assert.Equal(
            "data:[{\"atKey\":\"@bob:phone.app@alice\",\"value\":\"say \\\"hi\\\"\\\\ 🦄\",\"metadata\":{" + Written
            + ",\"expiresAt\":\"2026-01-02 03:04:10.678Z\",\"status\":\"active\",\"version\":\"0\",\"ttl\":\"5000\",\"isBinary\":\"false\",\"isEncrypted\":\"true\","
            + "\"ivNonce\":\"a+/==\"},\"commitId\":2,\"operation\":\"*\"}]\n@alice@",
            await client.AskAsync("sync:from:1"));
    }

    [Fact]
    public async Task Nothing_new_is_an_empty_list()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();

        Assert.Equal("data:[]", await client.AnswerAsync("sync:from:1:limit:10"));
        Assert.Equal("data:[]", await client.AnswerAsync("sync:from:99"));
    }

    [Fact]
    public async Task Pages_follow_each_other_to_the_end()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();
        for (var i = 0; i < 7; i++)
        {
            await client.AskAsync($"update:k{i}.x@alice {i}");
        }

        Assert.Equal(Ids(2, 3, 4), await IdsAsync(client, "sync:from:1:limit:3"));
        Assert.Equal(Ids(5, 6, 7), await IdsAsync(client, "sync:from:4:limit:3"));
        Assert.Equal(Ids(8), await IdsAsync(client, "sync:from:7:limit:3"));
        Assert.Equal(Ids(0), await IdsAsync(client, "sync:from:-1:limit:0"));
    }

    [Fact]
    public async Task A_page_ends_before_it_is_too_large_but_holds_one_entry_at_least()
    {
        await using var bench = await ServerBench.StartAsync(limits => limits with { PageBytesMax = 900 });
        await using var client = await bench.ConnectOwnerAsync();
        await client.AskAsync($"update:a.x@alice {new string('a', 2000)}");
        await client.AskAsync("update:b.x@alice 1");
        await client.AskAsync("update:c.x@alice 1");
        await client.AskAsync($"update:d.x@alice {new string('d', 2000)}");

        Assert.Equal(Ids(2), await IdsAsync(client, "sync:from:1"));
        Assert.Equal(Ids(3, 4), await IdsAsync(client, "sync:from:2"));
        Assert.Equal(Ids(5), await IdsAsync(client, "sync:from:4"));
    }

    [Fact]
    public async Task A_filter_is_applied_up_to_the_end_and_lets_shared_and_public_keys_pass()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();
        for (var i = 0; i < 30; i++)
        {
            await client.AskAsync($"update:k{i}.other@alice 1");
        }

        await client.AskAsync("update:a.app@alice 1");
        await client.AskAsync("update:shared_key.bob@alice 1");
        await client.AskAsync("update:public:publickey@alice 1");
        await client.AskAsync("update:public:name@alice 1");

        Assert.Equal(Ids(32), await IdsAsync(client, "sync:from:1:limit:1:\\.app@"));
        Assert.Equal(Ids(32, 33, 34, 35), await IdsAsync(client, "sync:from:1:\\.app@"));
        Assert.Equal("data: [{\"id\":\"3\",\"name\":\"lastCommitID\",\"value\":\"35\"}]", await client.AnswerAsync("stats:3:\\.app@"));
        await client.AskAsync("update:b.other@alice 1");
        Assert.Equal("data:[]", await client.AnswerAsync("sync:from:35:\\.app@"));
        Assert.Equal("data: [{\"id\":\"3\",\"name\":\"lastCommitID\",\"value\":\"35\"}]", await client.AnswerAsync("stats:3:\\.app@"));
        await client.AskAsync("update:b.app@alice 1");
        Assert.Equal("data: [{\"id\":\"3\",\"name\":\"lastCommitID\",\"value\":\"37\"}]", await client.AnswerAsync("stats:3:\\.app@"));
    }

    [Fact]
    public async Task Deletions_may_be_left_out_but_never_the_newest_entry()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();
        await client.AskAsync("delete:a.x@alice");
        await client.AskAsync("update:b.x@alice 1");
        await client.AskAsync("delete:c.x@alice");

        Assert.Equal(Ids(3, 4), await IdsAsync(client, "sync:from:1:skipDeletesUntil:4"));
        Assert.Equal(Ids(3, 4), await IdsAsync(client, "sync:from:1:limit:10:skipDeletesUntil:2"));
    }

    [Fact]
    public async Task Expired_records_are_passed_over()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();
        await client.AskAsync("update:ttl:1000:a.x@alice 1");
        await client.AskAsync("update:b.x@alice 1");
        bench.Clock.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(Ids(3), await IdsAsync(client, "sync:from:1"));
    }

    [Fact]
    public async Task A_pattern_that_is_none_is_refused_and_the_connection_stays()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();

        Assert.StartsWith("error:AT0011-", await client.AnswerAsync("sync:from:1:limit:1:(("), StringComparison.Ordinal);
        Assert.StartsWith("error:AT0011-", await client.AnswerAsync("scan (("), StringComparison.Ordinal);
        Assert.Equal("data:ok", await client.AnswerAsync("noop:0"));
    }

    [Fact]
    public async Task A_batch_answers_each_command_by_its_id()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();

        Assert.Equal(
            "data:[{\"id\":1,\"response\":{\"data\":\"2\"}},{\"id\":5,\"response\":{\"error_code\":\"AT0016\",\"error_message\":\"Invalid key : "
            + "Invalid update command - sharedBy atsign @bob should be same as current atsign @alice\"}},{\"id\":3,\"response\":{\"data\":\"3\"}},"
            + "{\"id\":4,\"response\":{\"data\":\"1\"}},{\"id\":9,\"response\":{\"error_code\":\"AT0003\",\"error_message\":\"Invalid syntax : invalid command\"}},"
            + "{\"id\":6,\"response\":{\"data\":\"4\"}}]\n@alice@",
            await client.AskAsync(
                "batch:[{\"id\":1,\"command\":\"update:a.x@alice 1\"},{\"id\":5,\"command\":\"update:a.x@bob 1\"},{\"id\":3,\"command\":\"delete:b.x@alice\"},"
                + "{\"id\":4,\"command\":\"llookup:a.x@alice\"},{\"id\":9,\"command\":\"nonsense\"},{\"id\":6,\"command\":\"update:a.x@alice 2\"}]"));
        Assert.Equal("data:2", await client.AnswerAsync("llookup:a.x@alice"));
    }

    [Fact]
    public async Task Neighbouring_changes_of_a_batch_share_one_call_of_the_store()
    {
        await using var engine = new CountingEngine();
        await using var bench = await ServerBench.StartAsync(limits => limits with { ChangesPerTransactionMax = 10 }, engine);
        await using var client = await bench.ConnectOwnerAsync();
        engine.Calls.Clear();

        var items = string.Join(',', Enumerable.Range(0, 25).Select(i => $"{{\"id\":{i},\"command\":\"update:k{i}.x@alice v\"}}"));
        await client.AskAsync($"batch:[{items},{{\"id\":25,\"command\":\"noop:0\"}},{{\"id\":26,\"command\":\"delete:k1.x@alice\"}}]");

        Assert.Equal([10, 10, 5, 1], engine.Calls);
    }

    [Fact]
    public async Task A_condition_keeps_a_batch_from_overwriting_what_it_has_not_seen()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();
        await client.AskAsync("update:a.x@alice 1");
        await client.AskAsync("update:b.x@alice 1");
        await client.AskAsync("delete:c.x@alice");

        Assert.Equal(
            "data:[{\"id\":1,\"response\":{\"data\":\"5\"}},"
            + "{\"id\":2,\"response\":{\"error_code\":\"AT0032\",\"error_message\":\"commit moved\",\"currentCommit\":3}},"
            + "{\"id\":3,\"response\":{\"data\":\"6\"}},"
            + "{\"id\":4,\"response\":{\"data\":\"7\"}},"
            + "{\"id\":5,\"response\":{\"error_code\":\"AT0032\",\"error_message\":\"commit moved\",\"currentCommit\":5}}]",
            await client.AnswerAsync(
                "batch:[{\"id\":1,\"ifCommit\":2,\"command\":\"update:a.x@alice 2\"},{\"id\":2,\"ifCommit\":2,\"command\":\"update:b.x@alice 2\"},"
                + "{\"id\":3,\"ifCommit\":0,\"command\":\"update:new.x@alice 1\"},{\"id\":4,\"ifCommit\":4,\"command\":\"update:c.x@alice 1\"},"
                + "{\"id\":5,\"ifCommit\":0,\"command\":\"delete:a.x@alice\"}]"));
        Assert.Equal("data:1", await client.AnswerAsync("llookup:b.x@alice"));
    }

    [Fact]
    public async Task An_immutable_record_in_a_batch_is_told_from_a_moved_one()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();
        await client.AskAsync("update:immutable:true:a.x@alice 1");

        var answer = await client.AnswerAsync("batch:[{\"id\":1,\"ifCommit\":2,\"command\":\"update:a.x@alice 2\"}]");

        Assert.Contains("AT0032", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("currentCommit", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_batch_that_is_no_JSON_is_refused_and_an_empty_one_is_not()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();

        Assert.Equal("data:[]", await client.AnswerAsync("batch:[]"));
        await client.SendAsync("batch:[{\"id\":1,\n");
        Assert.StartsWith("error:", await client.ReadAsync("\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scan_shows_the_owner_live_keys_in_order_and_strangers_the_public_ones()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();
        await using var stranger = await bench.ConnectAsync();
        await client.AskAsync("update:b.x@alice 1");
        await client.AskAsync("update:public:p.x@alice 1");
        await client.AskAsync("update:public:_h@alice 1");
        await client.AskAsync("update:public:__g.x@alice 1");
        await client.AskAsync("update:_u.x@alice 1");
        await client.AskAsync("update:@bob:s.x@alice 1");

        Assert.Equal("data:[\"@bob:s.x@alice\",\"b.x@alice\",\"public:p.x@alice\"]", await client.AnswerAsync("scan \\.x@"));
        Assert.Equal(
            "data:[\"@bob:s.x@alice\",\"_u.x@alice\",\"b.x@alice\",\"public:__g.x@alice\",\"public:p.x@alice\"]",
            await client.AnswerAsync("scan:showHidden:true \\.x@"));
        Assert.Equal("data:[\"p.x@alice\",\"signing_publickey@alice\"]", await stranger.AnswerAsync("scan"));
        Assert.StartsWith("error:AT0401-", await stranger.AnswerAsync("scan:@bob"), StringComparison.Ordinal);
        Assert.StartsWith("error:AT0401-", await stranger.AnswerAsync("scan:cl"), StringComparison.Ordinal);
        Assert.StartsWith("error:AT0007-", await client.AnswerAsync("scan:@bob"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_statistic_has_an_honest_value()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();
        await client.AskAsync("update:a.x@alice 1");

        var answer = await client.AnswerAsync("stats");
        Assert.StartsWith("data: [{\"id\":\"1\",\"name\":\"activeInboundConnections\",\"value\":\"1\"}, {\"id\":\"2\",", answer, StringComparison.Ordinal);
        using var stats = JsonDocument.Parse(answer["data: ".Length..]);
        Assert.Equal(Enumerable.Range(1, 15), stats.RootElement.EnumerateArray().Select(stat => int.Parse(stat.GetProperty("id").GetString()!)));
        Assert.Equal("2", Value(3).GetString());
        Assert.Equal((await bench.StoreAsync()).ByteCount, Value(4).GetInt64());
        Assert.Equal("3.17.0", Value(7).GetString());
        Assert.Equal(ServerBench.StartText, Value(8).GetString());
        Assert.Equal("Not Available", Value(10).GetString());
        Assert.Equal(
            "{\"public:signing_publickey@alice\":[0,\"*\"],\"@alice:signing_privatekey@alice\":[1,\"*\"],\"a.x@alice\":[2,\"*\"]}", Value(15).GetString());
        Assert.Equal("error:null:InvalidSyntaxException", await client.AnswerAsync("stats:99"));

        JsonElement Value(int id) => stats.RootElement[id - 1].GetProperty("value");
    }

    private static long[] Ids(params long[] ids) => ids;

    private static async Task<long[]> IdsAsync(RawClient client, string command)
    {
        using var page = JsonDocument.Parse((await client.AnswerAsync(command))["data:".Length..]);
        return [.. page.RootElement.EnumerateArray().Select(entry => entry.GetProperty("commitId").GetInt64())];
    }
}
