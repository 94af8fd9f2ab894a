namespace AtSync.Server.Tests.Verbs;

/// <summary>update, update:meta, update:json, delete, llookup, lookup, plookup on raw bytes.</summary>
public sealed class RecordVerbTests
{
    private const string Times = $"\"createdBy\":\"@alice\",\"updatedBy\":\"@alice\",\"createdAt\":\"{ServerBench.StartText}\",\"updatedAt\":\"{ServerBench.StartText}\"";

    [Theory]
    [InlineData("update:phone.app@alice +1 234", "llookup:phone.app@alice", "+1 234")]
    [InlineData("update:@bob:phone.app@alice x:y@z", "llookup:@bob:phone.app@alice", "x:y@z")]
    [InlineData("update:public:Phone.App@alice 1", "llookup:public:phone.app@alice", "1")]
    [InlineData("update:@BOB:phone.app@Alice 1", "llookup:@bob:PHONE.app@alice", "1")]
    [InlineData("update:ttr:1000:ccd:True:isBinary:false:isEncrypted:true:@bob:k1.ns@alice abc", "llookup:@bob:k1.ns@alice", "abc")]
    [InlineData("update:phone.app@alice 🦄 ünï", "llookup:phone.app@alice", "🦄 ünï")]
    [InlineData("update:shared_key.bob@alice sealed", "llookup:shared_key.bob@alice", "sealed")]
    public async Task What_is_written_is_read_back(string update, string llookup, string value)
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();

        Assert.Equal("data:2\n@alice@", await client.AskAsync(update));
        Assert.Equal($"data:{value}\n@alice@", await client.AskAsync(llookup));
    }

    [Fact]
    public async Task All_and_meta_answer_with_typed_metadata_without_nulls()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();
        await client.AskAsync("update:@bob:phone@alice 123");

        Assert.Equal(
            $"data:{{\"key\":\"@bob:phone@alice\",\"data\":\"123\",\"metaData\":{{{Times},\"status\":\"active\",\"version\":0,\"isBinary\":false,\"isEncrypted\":false}}}}",
            await client.AnswerAsync("llookup:all:@bob:phone@alice"));
        Assert.Equal(
            $"data:{{{Times},\"status\":\"active\",\"version\":0,\"isBinary\":false,\"isEncrypted\":false}}",
            await client.AnswerAsync("llookup:meta:@bob:phone@alice"));
    }

    [Fact]
    public async Task A_missing_key_is_an_error_with_two_colons_that_Python_can_read()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();

        Assert.Equal(
            "error:AT0015-key not found : shared_key.bob@alice does not exist in keystore\n@alice@",
            await client.AskAsync("llookup:shared_key.bob@alice"));
    }

    [Theory]
    [InlineData("update:phone.app@bob 1", "AT0016")]
    [InlineData("update:phone 1", "AT0016")]
    [InlineData("update:public:a,b@alice 1", "AT0016")]
    [InlineData("update:ttl:-1:a.b@alice 1", "AT0003")]
    [InlineData("update:ttr:-2:a.b@alice 1", "AT0003")]
    [InlineData("update:appMetadata:e30=:a.b@alice 1", "AT0003")]
    [InlineData("update:a.b@alice", "AT0003")]
    [InlineData("delete:public:publickey@alice", "AT0009")]
    [InlineData("delete:public:signing_publickey@alice", "AT0009")]
    [InlineData("delete:phone.app@bob", "AT0016")]
    public async Task What_must_not_be_written_is_refused_and_the_connection_stays(string command, string code)
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();

        Assert.StartsWith($"error:{code}-", await client.AnswerAsync(command), StringComparison.Ordinal);
        Assert.Equal("data:ok", await client.AnswerAsync("noop:0"));
        Assert.Equal(1, (await bench.StoreAsync()).LastCommitId);
    }

    [Fact]
    public async Task Keys_may_have_248_characters_and_not_one_more()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();
        var longest = new string('k', 248 - "@alice".Length);

        Assert.Equal("data:2", await client.AnswerAsync($"update:{longest}@alice 1"));
        Assert.Equal(
            "error:AT0016-Invalid key : key length 249 is greater than max allowed 248 chars",
            await client.AnswerAsync($"update:{longest}k@alice 1"));
    }

    [Fact]
    public async Task A_value_beyond_the_limit_is_refused_with_the_limit_named()
    {
        await using var bench = await ServerBench.StartAsync(limits => limits with { ValueBytesMax = 10 });
        await using var client = await bench.ConnectOwnerAsync();

        Assert.Equal("data:2", await client.AnswerAsync("update:a.x@alice 0123456789"));
        Assert.Equal(
            "error:AT0022-Illegal arguments : value of 11 bytes is greater than the 10 allowed: split it over several records",
            await client.AnswerAsync("update:a.x@alice 0123456789A"));
    }

    [Fact]
    public async Task Metadata_is_kept_over_writes_that_do_not_mention_it()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();
        await client.AskAsync("update:dataSignature:sig:isEncrypted:true:ivNonce:iv:a.x@alice 1");
        await client.AskAsync("update:ivNonce:null:a.x@alice 2");

        Assert.Equal(
            $"data:{{{Times},\"status\":\"active\",\"version\":1,\"isBinary\":false,\"isEncrypted\":false,\"dataSignature\":\"sig\"}}",
            await client.AnswerAsync("llookup:meta:a.x@alice"));
    }

    [Fact]
    public async Task Update_meta_leaves_the_value_and_makes_a_key_without_one()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();
        await client.AskAsync("update:a.x@alice 1");

        Assert.Equal("data:3", await client.AnswerAsync("update:meta:a.x@alice:ttl:1000"));
        Assert.Equal("data:1", await client.AnswerAsync("llookup:a.x@alice"));
        Assert.Equal("data:4", await client.AnswerAsync("update:meta:b.x@alice:ttl:1000"));
        Assert.Equal("data:null", await client.AnswerAsync("llookup:b.x@alice"));
        Assert.EndsWith("\"operation\":\"#\"}]", await client.AnswerAsync("sync:from:3"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Expired_and_unborn_records_answer_null()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();
        await client.AskAsync("update:ttl:1000:a.x@alice 1");
        await client.AskAsync("update:ttb:1000:b.x@alice 1");
        Assert.Equal("data:1", await client.AnswerAsync("llookup:a.x@alice"));
        Assert.Equal("data:null", await client.AnswerAsync("llookup:b.x@alice"));

        bench.Clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal("data:null", await client.AnswerAsync("llookup:a.x@alice"));
        Assert.Equal("data:1", await client.AnswerAsync("llookup:b.x@alice"));
        Assert.Equal("data:[\"@alice:signing_privatekey@alice\",\"b.x@alice\",\"public:signing_publickey@alice\"]", await client.AnswerAsync("scan"));
    }

    [Fact]
    public async Task The_sweep_frees_expired_records_without_a_commit()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();
        await client.AskAsync("update:ttl:1000:a.x@alice 1");
        var store = await bench.StoreAsync();
        var before = store.RecordCount;

        bench.Clock.Advance(TimeSpan.FromMinutes(1));

        Assert.StartsWith("error:AT0015-", await client.AnswerAsync("llookup:a.x@alice"), StringComparison.Ordinal);
        Assert.Equal(before - 1, store.RecordCount);
        Assert.Equal(2, store.LastCommitId);
    }

    [Fact]
    public async Task An_update_that_meets_an_expired_record_is_a_creation()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();
        await client.AskAsync("update:ttl:1000:dataSignature:old:immutable:true:a.x@alice 1");
        bench.Clock.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal("data:3", await client.AnswerAsync("update:a.x@alice 2"));
        var meta = await client.AnswerAsync("llookup:meta:a.x@alice");
        Assert.Contains("\"version\":0,", meta, StringComparison.Ordinal);
        Assert.DoesNotContain("dataSignature", meta, StringComparison.Ordinal);
        Assert.Contains("\"createdAt\":\"2026-01-02 03:04:10.678Z\"", meta, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_immutable_record_is_not_updated_and_deleted_only_with_force()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();
        await client.AskAsync("update:immutable:true:a.x@alice 1");

        Assert.Equal("error:AT0032-Illegal state exception : Immutable records may not be updated", await client.AnswerAsync("update:a.x@alice 2"));
        Assert.StartsWith("error:AT0032-", await client.AnswerAsync("update:meta:a.x@alice:ttl:1"), StringComparison.Ordinal);
        Assert.StartsWith("error:AT0032-", await client.AnswerAsync("delete:a.x@alice"), StringComparison.Ordinal);
        Assert.Equal("data:1", await client.AnswerAsync("llookup:a.x@alice"));
        Assert.Equal("data:3", await client.AnswerAsync("delete:force:a.x@alice"));
        Assert.StartsWith("error:AT0015-", await client.AnswerAsync("llookup:a.x@alice"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_write_without_commit_leaves_the_log_and_takes_the_old_entry_out()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();
        await client.AskAsync("update:a.x@alice 1");

        Assert.Equal("data:-1", await client.AnswerAsync("update:nc:a.x@alice 2"));
        Assert.Equal("data:2", await client.AnswerAsync("llookup:a.x@alice"));
        Assert.Equal("data:[]", await client.AnswerAsync("sync:from:1"));
    }

    [Theory]
    [InlineData("update:public:_hidden@alice 1")]
    [InlineData("update:privatekey:at_pkam_publickey k")]
    public async Task Keys_that_are_not_logged_answer_minus_one(string command)
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();

        Assert.Equal("data:-1", await client.AnswerAsync(command));
    }

    [Fact]
    public async Task Deleting_what_is_not_there_succeeds_with_a_commit_of_its_own()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();

        Assert.Equal("data:2", await client.AnswerAsync("delete:a.x@alice"));
        Assert.Equal(
            "data:[{\"atKey\":\"a.x@alice\",\"value\":null,\"metadata\":null,\"commitId\":2,\"operation\":\"-\"}]", await client.AnswerAsync("sync:from:1"));
    }

    [Fact]
    public async Task Asserted_times_are_kept()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();
        await client.AskAsync("update:cAt:2025-01-01T00:00:00.000Z:uAt:2025-06-01T12:00:00.123456Z:a.x@alice 1");
        await client.AskAsync("delete:dAt:2025-07-01T00:00:00.000Z:b.x@alice");

        var meta = await client.AnswerAsync("llookup:meta:a.x@alice");
        Assert.Contains("\"createdAt\":\"2025-01-01 00:00:00.000Z\",\"updatedAt\":\"2025-06-01 12:00:00.123Z\"", meta, StringComparison.Ordinal);
        Assert.Equal(
            "data:[{\"atKey\":\"a.x@alice\",\"operation\":\"*\",\"commitId\":2,\"opTime\":\"2025-06-01T12:00:00.123Z\"},"
            + "{\"atKey\":\"b.x@alice\",\"operation\":\"-\",\"commitId\":3,\"opTime\":\"2025-07-01T00:00:00.000Z\"}]",
            await client.AnswerAsync("scan:cl .x@"));
    }

    [Theory]
    [InlineData("{\"atKey\":\"public:a.x@alice\",\"value\":\"1\",\"metadata\":{\"isBinary\":false,\"isEncrypted\":false,\"isPublic\":true}}", "llookup:public:a.x@alice")]
    [InlineData("{\"atKey\":\"a.x\",\"value\":\"1\",\"sharedBy\":\"@alice\",\"sharedWith\":\"@bob\",\"metadata\":{\"isBinary\":false,\"isEncrypted\":true,\"isPublic\":false}}", "llookup:@bob:a.x@alice")]
    public async Task Update_json_takes_whole_keys_and_keys_in_pieces(string json, string llookup)
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();

        Assert.Equal("data:2", await client.AnswerAsync($"update:json:{json}"));
        Assert.Equal("data:1", await client.AnswerAsync(llookup));
    }

    [Fact]
    public async Task Lookup_gives_strangers_what_is_public_and_the_owner_what_is_shared_with_itself()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var owner = await bench.ConnectOwnerAsync();
        await using var stranger = await bench.ConnectAsync();
        await owner.AskAsync("update:public:a.x@alice public");
        await owner.AskAsync("update:@alice:a.x@alice own");
        await owner.AskAsync("update:b.x@alice self");

        Assert.Equal("data:public", await stranger.AnswerAsync("lookup:a.x@alice"));
        Assert.Equal("data:own", await owner.AnswerAsync("lookup:a.x@alice"));
        Assert.Equal("data:public", await owner.AnswerAsync("plookup:a.x@alice"));
        Assert.StartsWith(
            "data:{\"key\":\"public:a.x@alice\",\"data\":\"public\",\"metaData\":{", await owner.AnswerAsync("plookup:all:a.x@alice"), StringComparison.Ordinal);
        Assert.Equal("error:AT0015-Exception: public:b.x@alice does not exist in keystore", await stranger.AnswerAsync("lookup:b.x@alice"));
        Assert.StartsWith("error:AT0007-", await owner.AnswerAsync("lookup:a.x@bob"), StringComparison.Ordinal);
        Assert.StartsWith("error:AT0007-", await owner.AnswerAsync("plookup:a.x@bob"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task References_are_followed_three_steps_and_circles_end()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var owner = await bench.ConnectOwnerAsync();
        await owner.AskAsync("update:public:a.x@alice atsign://b.x@alice");
        await owner.AskAsync("update:public:b.x@alice atsign://c.x@alice");
        await owner.AskAsync("update:public:c.x@alice 1");
        await owner.AskAsync("update:public:circle.x@alice atsign://circle.x@alice");
        await owner.AskAsync("update:public:nowhere.x@alice atsign://missing.x@alice");

        Assert.Equal("data:1", await owner.AnswerAsync("plookup:a.x@alice"));
        Assert.Equal("data:null", await owner.AnswerAsync("plookup:circle.x@alice"));
        Assert.StartsWith("error:AT0015-", await owner.AnswerAsync("plookup:nowhere.x@alice"), StringComparison.Ordinal);
        Assert.Equal("data:atsign://b.x@alice", await owner.AnswerAsync("llookup:public:a.x@alice"));
    }
}
