using AtSync.Crypto;

namespace AtSync.Server.Tests.Verbs;

/// <summary>Both forms of onboarding as clients send them, on raw bytes.</summary>
public sealed class OnboardingTests
{
    [Fact]
    public async Task The_old_form_of_the_Java_and_Python_clients_works_from_end_to_end()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectAsync();

        var challenge = (await client.AnswerAsync("from:@alice"))["data:".Length..];
        Assert.Matches("^_[0-9a-f-]{36}@alice:[0-9a-f-]{36}$", challenge);
        Assert.True(challenge.Length < 250);
        client.Prompt = "@alice@";
        Assert.Equal("data:success\n@alice@", await client.AskAsync($"cram:{CramDigest.Compute(ServerBench.Secret, challenge)}"));
        Assert.Equal("data:-1", await client.AnswerAsync($"update:privatekey:at_pkam_publickey {TestKeys.Device.PublicSpkiBase64}"));

        // `from` and `pkam` again on the same, authenticated connection.
        Assert.Equal("data:success", await client.PkamAsync("alice", TestKeys.Device));
        Assert.Equal("data:2", await client.AnswerAsync("update:public:publickey@alice MIIB"));
        Assert.Equal("data:-1", await client.AnswerAsync("delete:privatekey:at_secret"));

        var state = await bench.Host.DescribeAsync(ServerBench.Alice, TestContext.Current.CancellationToken);
        Assert.True(state!.IsActivated);
        Assert.Null(state.Secret);
    }

    [Fact]
    public async Task The_new_form_enrolls_the_first_device_over_cram()
    {
        await using var bench = await ServerBench.StartAsync();
        var (client, id) = await bench.EnrollAsync(
            ",\"namespaces\":{\"wavi\":\"rw\"},\"encryptedDefaultEncryptionPrivateKey\":\"p\",\"encPrivateKeyIV\":\"i\",\"encryptedDefaultSelfEncryptionKey\":\"s\"");
        await using var first = client;
        Assert.Equal("data:2", await first.AnswerAsync("update:public:publickey@alice MIIB"));
        Assert.Equal("data:-1", await first.AnswerAsync("delete:privatekey:at_secret"));

        await using var second = await bench.ConnectAsync();
        Assert.Equal("data:success", await second.PkamAsync("alice", TestKeys.Device, id));
        Assert.Equal("data:3", await second.AnswerAsync("update:note.wavi@alice 1"));

        // A client that knows nothing of enrollments logs in with the same key.
        await using var old = await bench.ConnectAsync();
        Assert.Equal("data:success", await old.PkamAsync("alice", TestKeys.Device));

        var store = await bench.StoreAsync();
        var record = await store.GetAsync($"{id}.new.enrollments.__manage@alice", TestContext.Current.CancellationToken);
        Assert.Equal(
            "{\"sessionId\":\"_<uuid>\",\"appName\":\"app\",\"deviceName\":\"dev\",\"namespaces\":{\"wavi\":\"rw\",\"__manage\":\"rw\",\"*\":\"rw\"},"
            + $"\"apkamPublicKey\":\"{TestKeys.Device.PublicSpkiBase64}\",\"requestType\":\"newEnrollment\",\"approval\":{{\"state\":\"approved\"}},"
            + "\"encryptedAPKAMSymmetricKey\":null,\"apkamKeysExpiryInMillis\":0}",
            RawClient.Mask(System.Text.Encoding.UTF8.GetString(record!.Value.Span)));
        var key = await store.GetAsync($"{id}.default_enc_private_key.__manage@alice", TestContext.Current.CancellationToken);
        Assert.Equal("{\"value\":\"p\",\"iv\":\"i\"}", System.Text.Encoding.UTF8.GetString(key!.Value.Span));
        Assert.Equal(3, store.LastCommitId);
    }

    [Fact]
    public async Task A_second_enrollment_of_the_same_app_and_device_is_refused()
    {
        await using var bench = await ServerBench.StartAsync();
        var (client, id) = await bench.EnrollAsync();
        await using var first = client;

        var answer = await first.AnswerAsync("enroll:request:{\"appName\":\"app\",\"deviceName\":\"dev\",\"apkamPublicKey\":\"k\"}");

        Assert.Equal(
            $"error:AT0032-Illegal state exception : Another enrollment with id {id} exists with the app name: app and device name: dev in approved state",
            answer);
    }

    [Theory]
    [InlineData("{\"deviceName\":\"d\",\"apkamPublicKey\":\"k\"}", "appName is mandatory for enroll:request")]
    [InlineData("{\"appName\":\"a\",\"apkamPublicKey\":\"k\"}", "deviceName is mandatory for enroll:request")]
    [InlineData("{\"appName\":\"a\",\"deviceName\":\"d\"}", "apkam public key is mandatory for enroll:request")]
    [InlineData("{\"appName\":\"a\",\"deviceName\":\"d\",\"apkamPublicKey\":\"k\",\"namespaces\":{\"x\":\"rwx\"}}", "the access to a namespace is r or rw")]
    public async Task An_incomplete_enrollment_says_what_is_missing(string json, string problem)
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();

        Assert.Equal($"error:AT0022-Illegal arguments : {problem}", await client.AnswerAsync($"enroll:request:{json}"));
    }

    [Fact]
    public async Task Enrollment_requests_are_limited_per_connection()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();
        for (var i = 0; i < 5; i++)
        {
            Assert.StartsWith("data:", await client.AnswerAsync(Request(i)), StringComparison.Ordinal);
        }

        Assert.StartsWith("error:AT0011-", await client.AnswerAsync(Request(5)), StringComparison.Ordinal);
        bench.Clock.Advance(TimeSpan.FromHours(1));
        Assert.StartsWith("data:", await client.AnswerAsync(Request(6)), StringComparison.Ordinal);

        static string Request(int i) => $"enroll:request:{{\"appName\":\"a\",\"deviceName\":\"d{i}\",\"apkamPublicKey\":\"k{i}\"}}";
    }

    [Fact]
    public async Task A_stranger_cannot_decide_about_enrollments()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectAsync();

        Assert.Equal("error:AT0401-Exception: Cannot approve enrollment without authentication", await client.AnswerAsync("enroll:approve:{}"));
    }

    [Fact]
    public async Task A_wrong_secret_is_refused_and_the_connection_stays()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectAsync();
        await client.AskAsync("from:@alice");

        Assert.Equal("error:AT0401-Exception: Authentication Failed\n@", await client.AskAsync($"cram:{new string('0', 128)}"));
        await client.CramAsync("alice", ServerBench.Secret);
    }

    [Fact]
    public async Task A_challenge_is_good_for_one_attempt()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectAsync();
        var challenge = (await client.AnswerAsync("from:@alice"))["data:".Length..];
        await client.AskAsync("cram:00");

        Assert.StartsWith("error:AT0015-", await client.AnswerAsync($"cram:{CramDigest.Compute(ServerBench.Secret, challenge)}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_challenge_lives_for_a_minute()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectAsync();
        var challenge = (await client.AnswerAsync("from:@alice"))["data:".Length..];
        bench.Clock.Advance(TimeSpan.FromSeconds(60));

        Assert.StartsWith("error:AT0015-", await client.AnswerAsync($"cram:{CramDigest.Compute(ServerBench.Secret, challenge)}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_proof_without_from_is_refused()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectAsync();

        Assert.StartsWith("error:AT0015-", await client.AnswerAsync("cram:00"), StringComparison.Ordinal);
        Assert.StartsWith("error:AT0015-", await client.AnswerAsync("pkam:AAAA"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_key_and_an_unknown_enrollment_are_refused()
    {
        await using var bench = await ServerBench.StartAsync();
        var (client, id) = await bench.EnrollAsync();
        await using var first = client;
        await using var other = await bench.ConnectAsync();

        Assert.Equal("error:AT0401-Exception: pkam authentication failed", await other.PkamAsync("alice", TestKeys.OtherDevice, id));
        Assert.Equal("error:AT0028:enrollment_id: unknown is expired or invalid", await other.PkamAsync("alice", TestKeys.Device, "unknown"));
        Assert.Equal("data:success", await other.PkamAsync("alice", TestKeys.Device, id.ToUpperInvariant()));
    }

    [Fact]
    public async Task A_signature_that_is_not_base64_ends_the_connection()
    {
        await using var bench = await ServerBench.StartAsync();
        var (client, _) = await bench.EnrollAsync();
        await using var first = client;
        await using var other = await bench.ConnectAsync();
        await other.AskAsync("from:@alice");
        await other.SendAsync("pkam:%%%\n");

        Assert.StartsWith("error:AT0011-Exception: FormatException", await other.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_activation_the_secret_is_of_no_use_and_does_not_come_back()
    {
        await using var bench = await ServerBench.StartAsync();
        var (client, _) = await bench.EnrollAsync();
        await using var first = client;
        await first.AskAsync("delete:privatekey:at_secret");

        Assert.False(await bench.Host.AddAsync(ServerBench.Alice, ServerBench.Secret, TestContext.Current.CancellationToken));
        await using var other = await bench.ConnectAsync();
        var challenge = (await other.AnswerAsync("from:@alice"))["data:".Length..];
        Assert.StartsWith("error:AT0015-", await other.AnswerAsync($"cram:{CramDigest.Compute(ServerBench.Secret, challenge)}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_secret_and_other_keys_of_the_server_cannot_be_written_or_read_by_clients()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();

        Assert.StartsWith("error:", await client.AnswerAsync("update:privatekey:at_secret x"), StringComparison.Ordinal);
        Assert.StartsWith("error:AT0016-", await client.AnswerAsync(
            "update:json:{\"atKey\":\"privatekey:at_secret\",\"value\":\"x\",\"metadata\":{\"isBinary\":false,\"isEncrypted\":false,\"isPublic\":false}}"), StringComparison.Ordinal);
        Assert.StartsWith("error:AT0015-", await client.AnswerAsync("llookup:privatekey:at_secret@alice"), StringComparison.Ordinal);
        Assert.DoesNotContain("\"privatekey:", await client.AnswerAsync("scan:showhidden:true"), StringComparison.Ordinal);
        Assert.DoesNotContain("\"privatekey:", await client.AnswerAsync("sync:from:-1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_enrollment_does_not_reach_the_enrollments_themselves()
    {
        await using var bench = await ServerBench.StartAsync();
        var (client, id) = await bench.EnrollAsync();
        await using var first = client;

        Assert.StartsWith("error:AT0009-", await first.AnswerAsync($"llookup:{id}.new.enrollments.__manage@alice"), StringComparison.Ordinal);
        Assert.StartsWith("error:AT0009-", await first.AnswerAsync($"update:{id}.new.enrollments.__manage@alice x"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("from:@al!ce", "error:AT0011-")]
    [InlineData("from:@alice:clientConfig:{\"clientId\":\"c\"}", "error:AT0010-")]
    [InlineData("pol", "error:AT0011-")]
    public async Task Mistakes_in_from_and_pol_get_a_clear_answer(string command, string start)
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectAsync();

        Assert.StartsWith(start, await client.AnswerAsync(command), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_atServer_is_told_that_there_are_no_peers()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectAsync();

        Assert.StartsWith("data:proof:_<uuid>@bob:pol1.", RawClient.Mask(await client.AnswerAsync("from:@bob")), StringComparison.Ordinal);
        Assert.StartsWith("error:AT0007-", await client.AnswerAsync("pol"), StringComparison.Ordinal);
    }
}
