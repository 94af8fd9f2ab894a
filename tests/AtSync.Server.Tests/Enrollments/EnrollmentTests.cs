using static AtSync.Server.Tests.Enrollments.DeviceBench;

namespace AtSync.Server.Tests.Enrollments;

/// <summary>The way of a new device: passcode, request, approval, its keys; and the ways that end elsewhere.</summary>
public sealed class EnrollmentTests
{
    private const string Wavi = "{\"wavi\":\"rw\",\"buzz\":\"r\"}";

    [Fact]
    public async Task A_device_asks_with_a_passcode_is_approved_logs_in_and_gets_its_keys_with_their_IVs()
    {
        await using var bench = await ServerBench.StartAsync();
        var (owner, _) = await bench.EnrollAsync();
        await using var first = owner;
        var id = await bench.PendingAsync(owner, "phone", Wavi, TestKeys.OtherDevice.PublicSpkiBase64);

        await using var device = await bench.ConnectAsync();
        Assert.Equal($"error:AT0026:enrollment_id: {id} is pending", await device.PkamAsync("alice", TestKeys.OtherDevice, id));
        Assert.Equal($"data:{{\"status\":\"approved\",\"enrollmentId\":\"{id}\"}}", await owner.AnswerAsync(Approve(id)));
        Assert.Equal("data:success", await device.PkamAsync("alice", TestKeys.OtherDevice, id));
        Assert.Equal(
            $"data:{{\"value\":\"p-{id[..4]}\",\"iv\":\"i1\"}}", await device.AnswerAsync($"keys:get:keyName:{id}.default_enc_private_key.__manage@alice"));
        Assert.Equal(
            $"data:{{\"value\":\"s-{id[..4]}\",\"iv\":\"i2\"}}", await device.AnswerAsync($"keys:get:keyName:{id}.default_self_enc_key.__manage@alice"));
        Assert.StartsWith("data:", await device.AnswerAsync("update:note.wavi@alice 1"), StringComparison.Ordinal);
        Assert.Equal(
            $"data:{{\"apkamPublicKey\":\"{TestKeys.OtherDevice.PublicSpkiBase64}\"}}",
            await device.AnswerAsync("llookup:public:wavi.phone.pkam.__pkams.__public_keys@alice"));
    }

    [Fact]
    public async Task A_passcode_is_good_once_and_a_semi_permanent_one_again()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var owner = await bench.ConnectOwnerAsync();
        var otp = (await owner.AnswerAsync("otp:get"))["data:".Length..];
        Assert.Matches("^(?=.*[1-9])[1-9A-NP-Z]{6}$", otp);
        await using var stranger = await bench.ConnectAsync();
        Assert.StartsWith("data:", await stranger.AnswerAsync(Request("d1", Wavi, "k1", otp.ToLowerInvariant())), StringComparison.Ordinal);

        await stranger.SendAsync(Request("d2", Wavi, "k2", otp) + "\n");
        bench.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("error:AT0022-Exception: invalid otp. Cannot process enroll request\n@", await stranger.ReadAsync("\n@"));

        Assert.Equal("data:ok", await owner.AnswerAsync("otp:put:Abc_123"));
        Assert.StartsWith("data:", await stranger.AnswerAsync(Request("d3", Wavi, "k3", "aBC_123")), StringComparison.Ordinal);
        Assert.StartsWith("data:", await stranger.AnswerAsync(Request("d4", Wavi, "k4", "abc_123")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Passcodes_end_after_their_time()
    {
        await using var bench = await ServerBench.StartAsync(limits => limits with { IdleUnauthenticated = TimeSpan.FromHours(1) });
        await using var owner = await bench.ConnectOwnerAsync();
        var brief = (await owner.AnswerAsync("otp:get:ttl:5000"))["data:".Length..];
        var usual = (await owner.AnswerAsync("otp:get"))["data:".Length..];
        Assert.Equal("data:ok", await owner.AnswerAsync("otp:put:abcdef:ttl:5000"));
        bench.Clock.Advance(TimeSpan.FromSeconds(5));
        await using var stranger = await bench.ConnectAsync();
        foreach (var (late, wait) in new[] { (brief, 1), ("abcdef", 2) })
        {
            await stranger.SendAsync(Request("late", Wavi, "late", late) + "\n");
            bench.Clock.Advance(TimeSpan.FromSeconds(wait));
            Assert.StartsWith("error:AT0022-", await stranger.ReadAsync("\n@"), StringComparison.Ordinal);
        }

        Assert.StartsWith("data:", await stranger.AnswerAsync(Request("in-time", Wavi, "k", usual)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_denied_request_says_so_and_only_pending_ones_can_be_decided()
    {
        await using var bench = await ServerBench.StartAsync();
        var (owner, _) = await bench.EnrollAsync();
        await using var first = owner;
        var id = await bench.PendingAsync(owner, "phone", Wavi, TestKeys.OtherDevice.PublicSpkiBase64);

        Assert.Equal($"data:{{\"status\":\"denied\",\"enrollmentId\":\"{id}\"}}", await owner.AnswerAsync(By("deny", id)));

        await using var device = await bench.ConnectAsync();
        Assert.Equal($"error:AT0025:enrollment_id: {id} is denied", await device.PkamAsync("alice", TestKeys.OtherDevice, id));
        Assert.Equal(
            $"error:AT0032-Illegal state exception : Failed to approve enrollment id: {id}. Cannot approve a denied enrollment. Only pending enrollments can be approved",
            await owner.AnswerAsync(Approve(id)));
        Assert.Contains("Cannot deny a denied enrollment", await owner.AnswerAsync(By("deny", id)), StringComparison.Ordinal);
        bench.Clock.Advance(TimeSpan.FromHours(48));
        Assert.Equal($"error:AT0028:enrollment_id: {id} is expired or invalid", await owner.AnswerAsync(By("deny", id)));
        await using var later = await bench.ConnectAsync();
        Assert.Equal($"error:AT0028:enrollment_id: {id} is expired or invalid", await later.PkamAsync("alice", TestKeys.OtherDevice, id));
    }

    [Fact]
    public async Task A_request_that_nobody_decides_about_ends_after_two_days()
    {
        await using var bench = await ServerBench.StartAsync();
        var (owner, _) = await bench.EnrollAsync();
        await using var first = owner;
        var id = await bench.PendingAsync(owner, "phone", Wavi);
        bench.Clock.Advance(TimeSpan.FromHours(48));

        Assert.Equal($"error:AT0028:enrollment_id: {id} is expired or invalid", await owner.AnswerAsync(Approve(id)));
        Assert.Equal($"error:AT0015-key not found : {id}.new.enrollments.__manage@alice does not exist in keystore", await owner.AnswerAsync(By("fetch", id)));
    }

    [Fact]
    public async Task An_approved_enrollment_ends_when_its_keys_do_and_its_connections_with_it()
    {
        await using var bench = await ServerBench.StartAsync();
        var (owner, _) = await bench.EnrollAsync();
        await using var first = owner;
        var id = await bench.ApprovedAsync(owner, "phone", Wavi, TestKeys.OtherDevice, ",\"apkamKeysExpiryInMillis\":60000");
        await using var device = await bench.LogInAsync(TestKeys.OtherDevice, id);
        Assert.Contains("\"expiresAt\":\"2026-01-02T03:05:05.678Z\"", await owner.AnswerAsync(By("fetch", id)), StringComparison.Ordinal);

        bench.Clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal("", await device.ReadToEndAsync());
        await using var again = await bench.ConnectAsync();
        Assert.Equal($"error:AT0028:enrollment_id: {id} is expired or invalid", await again.PkamAsync("alice", TestKeys.OtherDevice, id));
    }

    [Fact]
    public async Task List_and_fetch_show_what_the_caller_may_know()
    {
        await using var bench = await ServerBench.StartAsync();
        var (owner, root) = await bench.EnrollAsync();
        await using var first = owner;
        var phone = await bench.ApprovedAsync(owner, "phone", Wavi, TestKeys.OtherDevice);
        var waiting = await bench.PendingAsync(owner, "tablet", "{\"wavi\":\"r\"}");
        const string phoneText = "{\"appName\":\"wavi\",\"deviceName\":\"phone\",\"namespace\":{\"wavi\":\"rw\",\"buzz\":\"r\"},"
            + "\"encryptedAPKAMSymmetricKey\":\"sealed-phone\",\"status\":\"approved\"}";

        Assert.Equal($"data:{phoneText}", await owner.AnswerAsync(By("fetch", phone)));
        var all = await owner.AnswerAsync("enroll:list");
        foreach (var id in new[] { root, phone, waiting })
        {
            Assert.Contains($"\"{id}.new.enrollments.__manage@alice\":{{", all, StringComparison.Ordinal);
        }

        var pending = await owner.AnswerAsync("enroll:list:{\"enrollmentStatusFilter\":[\"pending\"]}");
        Assert.StartsWith($"data:{{\"{waiting}.new.enrollments.__manage@alice\":", pending, StringComparison.Ordinal);
        Assert.DoesNotContain(phone, pending, StringComparison.Ordinal);
        Assert.Equal("data:{}", await owner.AnswerAsync("enroll:list:{\"enrollmentStatusFilter\":[\"denied\"]}"));

        await using var device = await bench.LogInAsync(TestKeys.OtherDevice, phone);
        Assert.Equal(
            $"data:{{\"{phone}.new.enrollments.__manage@alice\":{phoneText}}}", await device.AnswerAsync("enroll:list:{\"enrollmentStatusFilter\":[\"pending\"]}"));
        Assert.Equal($"data:{phoneText}", await device.AnswerAsync(By("fetch", phone)));
        Assert.StartsWith("error:AT0009-", await device.AnswerAsync(By("fetch", waiting)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_roster_for_reading_has_no_secrets()
    {
        await using var bench = await ServerBench.StartAsync();
        var (owner, _) = await bench.EnrollAsync();
        await using var first = owner;
        await bench.ApprovedAsync(owner, "phone", Wavi);
        var id = await bench.ApprovedAsync(owner, "roster", "{\"__manage\":\"r\"}", TestKeys.OtherDevice);
        await using var roster = await bench.LogInAsync(TestKeys.OtherDevice, id);

        var list = await roster.AnswerAsync("enroll:list");

        Assert.Contains("\"deviceName\":\"phone\"", list, StringComparison.Ordinal);
        Assert.DoesNotContain("sealed-phone", list, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_approves_more_than_he_holds()
    {
        await using var bench = await ServerBench.StartAsync();
        var (owner, _) = await bench.EnrollAsync();
        await using var first = owner;
        var id = await bench.ApprovedAsync(owner, "manager", "{\"__manage\":\"r\",\"wavi\":\"rw\",\"buzz\":\"r\",\"*\":\"r\"}", TestKeys.OtherDevice);
        await using var manager = await bench.LogInAsync(TestKeys.OtherDevice, id);

        foreach (var (namespaces, isAllowed) in new[]
        {
            ("{\"wavi\":\"rw\"}", true), ("{\"buzz\":\"r\"}", true), ("{\"buzz\":\"rw\"}", false), ("{\"other\":\"r\"}", true), ("{\"other\":\"rw\"}", false),
            ("{\"__manage\":\"r\"}", true), ("{\"__manage\":\"rw\"}", false), ("{\"*\":\"rw\"}", false), ("{\"*\":\"r\"}", true),
        })
        {
            var asked = await bench.PendingAsync(owner, $"d{namespaces.GetHashCode(StringComparison.Ordinal)}", namespaces);
            var answer = await manager.AnswerAsync(Approve(asked));
            Assert.True(answer.StartsWith("data:", StringComparison.Ordinal) == isAllowed, $"{namespaces}: {answer}");
            if (!isAllowed)
            {
                Assert.Contains("error:AT0009-", answer, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task Without_the_manage_namespace_nothing_is_decided_and_no_passcode_given()
    {
        await using var bench = await ServerBench.StartAsync();
        var (owner, _) = await bench.EnrollAsync();
        await using var first = owner;
        var id = await bench.ApprovedAsync(owner, "phone", "{\"*\":\"rw\"}", TestKeys.OtherDevice);
        var waiting = await bench.PendingAsync(owner, "tablet", Wavi);
        await using var device = await bench.LogInAsync(TestKeys.OtherDevice, id);

        foreach (var command in new[] { Approve(waiting), By("deny", waiting), "otp:get", "otp:put:abcdef", "config:block:show" })
        {
            Assert.StartsWith("error:AT0009-", await device.AnswerAsync(command), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("{\"appName\":\"a\",\"deviceName\":\"d\",\"apkamPublicKey\":\"k\",\"otp\":\"x\",\"namespaces\":{\"a\":\"r\"}}", "encrypted apkam symmetric key is mandatory for new client enroll:request")]
    [InlineData("{\"appName\":\"a\",\"deviceName\":\"d\",\"apkamPublicKey\":\"k\",\"otp\":\"x\",\"encryptedAPKAMSymmetricKey\":\"s\"}", "At least one namespace must be specified for new client enroll:request")]
    [InlineData("{\"appName\":\"a\",\"deviceName\":\"d\",\"apkamPublicKey\":\"k\",\"otp\":\"x\",\"encryptedAPKAMSymmetricKey\":\"s\",\"namespaces\":{\"a\":\"w\"}}", "the access to a namespace is r or rw")]
    public async Task A_strangers_request_says_what_is_missing_before_its_passcode_is_used(string json, string problem)
    {
        await using var bench = await ServerBench.StartAsync();
        await using var stranger = await bench.ConnectAsync();

        Assert.Equal($"error:AT0022-Exception: {problem}", await stranger.AnswerAsync($"enroll:request:{json}"));
    }

    [Fact]
    public async Task A_key_that_another_enrollment_holds_is_refused()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var owner = await bench.ConnectOwnerAsync();
        await bench.PendingAsync(owner, "phone", Wavi, "the-key");
        Assert.Equal("data:ok", await owner.AnswerAsync("otp:put:abcdef"));
        await using var stranger = await bench.ConnectAsync();

        Assert.StartsWith("error:AT0032-", await stranger.AnswerAsync(Request("tablet", Wavi, "the-key", "abcdef")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Info_tells_a_device_its_enrollment()
    {
        await using var bench = await ServerBench.StartAsync();
        var (owner, _) = await bench.EnrollAsync();
        await using var first = owner;
        var id = await bench.ApprovedAsync(owner, "phone", Wavi, TestKeys.OtherDevice);
        await using var device = await bench.LogInAsync(TestKeys.OtherDevice, id);

        Assert.Contains("\"apkam_metadata\":{\"sessionId\":\"_", await device.AnswerAsync("info"), StringComparison.Ordinal);
        Assert.Contains("\"approval\":{\"state\":\"approved\"", await device.AnswerAsync("info:brief"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_approved_request_publishes_its_signing_keys_verbatim()
    {
        await using var bench = await ServerBench.StartAsync();
        var (owner, _) = await bench.EnrollAsync();
        await using var first = owner;
        var id = await bench.ApprovedAsync(owner, "phone", Wavi, more: ",\"apsk\":{\"v\":1,\"keys\":[]},\"metadata\":{\"keyPackage\":{\"x\":1}}");

        Assert.Equal("data:{\"v\":1,\"keys\":[]}", await owner.AnswerAsync($"llookup:public:_apsk.{id}.a.__e@alice"));
        Assert.Contains("\"metadata\":{\"keyPackage\":{\"x\":1}}}", await owner.AnswerAsync(By("fetch", id)), StringComparison.Ordinal);
        Assert.Contains(
            $"{{\"enrollmentId\":\"{id}\",\"access\":\"rw\",\"metadata\":{{\"keyPackage\":{{\"x\":1}}}}}}", await owner.AnswerAsync("enroll:listns:wavi"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Those_who_may_approve_are_told_of_a_request_and_nobody_else()
    {
        await using var bench = await ServerBench.StartAsync();
        var (owner, _) = await bench.EnrollAsync();
        await using var first = owner;
        var managerId = await bench.ApprovedAsync(owner, "manager", "{\"__manage\":\"rw\"}", TestKeys.OtherDevice);
        using var deviceKey = Crypto.Algorithms.RsaPrivateKey.Generate();
        var deviceId = await bench.ApprovedAsync(owner, "phone", "{\"*\":\"rw\"}", deviceKey);
        await using var manager = await bench.LogInAsync(TestKeys.OtherDevice, managerId);
        await using var device = await bench.LogInAsync(deviceKey, deviceId);
        await using var plain = await bench.LogInAsync(TestKeys.OtherDevice, managerId);
        await manager.SendAsync("monitor:selfNotifications\n");
        await device.SendAsync("monitor:selfNotifications\n");
        await plain.SendAsync("monitor\n");

        var id = await bench.PendingAsync(owner, "tablet", Wavi);

        var line = await manager.ReadAsync($"\"key\":\"{id}.new.enrollments.__manage@alice\"");
        line += await manager.ReadAsync("\n");
        Assert.Contains("\\\"encryptedApkamSymmetricKey\\\":\\\"sealed-tablet\\\"", line, StringComparison.Ordinal);
        Assert.Contains("\\\"namespace\\\":{\\\"wavi\\\":\\\"rw\\\"", line, StringComparison.Ordinal);
        Assert.DoesNotContain(id, device.Peek(), StringComparison.Ordinal);
        Assert.DoesNotContain(id, plain.Peek(), StringComparison.Ordinal);
    }
}
