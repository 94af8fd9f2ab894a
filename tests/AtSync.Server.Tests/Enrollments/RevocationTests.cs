using AtSync.Crypto.Algorithms;
using AtSync.Transport;
using static AtSync.Server.Tests.Enrollments.DeviceBench;

namespace AtSync.Server.Tests.Enrollments;

/// <summary>What a revocation takes, what it leaves, and how it is taken back.</summary>
public sealed class RevocationTests
{
    private const string Wavi = "{\"wavi\":\"rw\"}";
    private const string Everything = "{\"__manage\":\"rw\",\"*\":\"rw\"}";
    private static readonly RsaPrivateKey _third = RsaPrivateKey.Generate();

    [Fact]
    public async Task A_revoked_device_is_cut_off_at_once_and_does_not_come_back_until_it_is_unrevoked()
    {
        await using var bench = await ServerBench.StartAsync();
        var (owner, _) = await bench.EnrollAsync();
        await using var first = owner;
        var id = await bench.ApprovedAsync(owner, "phone", Wavi, TestKeys.OtherDevice);
        await using var device = await bench.LogInAsync(TestKeys.OtherDevice, id);
        await device.SendAsync("monitor\n");

        Assert.Equal($"data:{{\"status\":\"revoked\",\"enrollmentId\":\"{id}\"}}", await owner.AnswerAsync(By("revoke", id)));

        await AssertCutAsync(device);
        await using var again = await bench.ConnectAsync();
        Assert.Equal($"error:AT0027:enrollment_id: {id} is revoked", await again.PkamAsync("alice", TestKeys.OtherDevice, id));
        Assert.StartsWith("error:AT0032-", await owner.AnswerAsync(By("revoke", id)), StringComparison.Ordinal);
        Assert.Equal($"data:{{\"status\":\"approved\",\"enrollmentId\":\"{id}\"}}", await owner.AnswerAsync(By("unrevoke", id)));
        Assert.StartsWith("error:AT0032-", await owner.AnswerAsync(By("unrevoke", id)), StringComparison.Ordinal);
        Assert.Equal("data:success", await again.PkamAsync("alice", TestKeys.OtherDevice, id));
    }

    [Fact]
    public async Task A_revocation_takes_what_the_device_approved()
    {
        await using var bench = await ServerBench.StartAsync();
        var (owner, _) = await bench.EnrollAsync();
        await using var first = owner;
        var managerId = await bench.ApprovedAsync(owner, "manager", "{\"__manage\":\"rw\",\"wavi\":\"rw\"}", TestKeys.OtherDevice);
        await using var manager = await bench.LogInAsync(TestKeys.OtherDevice, managerId);
        var childId = await bench.ApprovedAsync(manager, "child", Wavi, _third);
        await using var child = await bench.LogInAsync(_third, childId);

        Assert.StartsWith("error:AT0009-", await child.AnswerAsync(By("revoke", managerId)), StringComparison.Ordinal);
        Assert.Equal(
            $"data:{{\"status\":\"revoked\",\"enrollmentId\":\"{managerId}\",\"cascadedEnrollmentIds\":[\"{childId}\"]}}",
            await owner.AnswerAsync(By("revoke", managerId)));

        await AssertCutAsync(manager);
        await AssertCutAsync(child);
        Assert.Contains("approver", await owner.AnswerAsync(By("unrevoke", childId)), StringComparison.Ordinal);
        Assert.StartsWith("data:", await owner.AnswerAsync(By("unrevoke", managerId)), StringComparison.Ordinal);
        Assert.StartsWith("data:", await owner.AnswerAsync(By("unrevoke", childId)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_revokes_himself_by_accident_or_the_one_that_approved_him()
    {
        await using var bench = await ServerBench.StartAsync();
        var (owner, root) = await bench.EnrollAsync();
        await using var first = owner;
        var id = await bench.ApprovedAsync(owner, "second", Everything, TestKeys.OtherDevice);
        await using var second = await bench.LogInAsync(TestKeys.OtherDevice, id);

        Assert.StartsWith("error:AT0031-", await second.AnswerAsync(By("revoke", id)), StringComparison.Ordinal);
        Assert.StartsWith("error:AT0031-", await second.AnswerAsync($"enroll:revoke:force:{{\"enrollmentId\":\"{root}\"}}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_last_one_that_holds_everything_stays()
    {
        await using var bench = await ServerBench.StartAsync();
        var (owner, root) = await bench.EnrollAsync();
        await using var first = owner;
        await bench.ApprovedAsync(owner, "phone", "{\"*\":\"rw\"}");

        Assert.StartsWith("error:AT0031-", await owner.AnswerAsync($"enroll:revoke:force:{{\"enrollmentId\":\"{root}\"}}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_forced_revocation_of_oneself_is_answered_and_ends_after_ten_seconds_in_which_nothing_is_done()
    {
        await using var bench = await ServerBench.StartAsync();
        var (owner, _) = await bench.EnrollAsync();
        await using var first = owner;
        var id = await bench.ApprovedAsync(owner, "phone", Wavi, TestKeys.OtherDevice);
        await using var device = await bench.LogInAsync(TestKeys.OtherDevice, id);

        Assert.Equal(
            $"data:{{\"status\":\"revoked\",\"enrollmentId\":\"{id}\",\"message\":\"Enrollment is revoked. Closing the connection in 10 seconds\"}}",
            await device.AnswerAsync($"enroll:revoke:force:{{\"enrollmentId\":\"{id}\"}}"));
        Assert.StartsWith("error:AT0027-", await device.AnswerAsync("update:a.wavi@alice 1"), StringComparison.Ordinal);
        bench.Clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal("", await device.ReadToEndAsync());
    }

    [Fact]
    public async Task The_first_key_without_its_id_is_revoked_with_its_enrollment_and_comes_back_with_it()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var secret = await bench.ConnectOwnerAsync();
        var root = IdOf(await secret.AnswerAsync(
            $"enroll:request:{{\"appName\":\"app\",\"deviceName\":\"dev\",\"apkamPublicKey\":\"{TestKeys.Device.PublicSpkiBase64}\"}}"));
        await using var owner = await bench.LogInAsync(TestKeys.Device, root);
        await using var old = await bench.LogInAsync(TestKeys.Device, null);
        // Approved by the atSign's own secret, so that it is nobody's child.
        await using var secretAgain = await bench.ConnectOwnerAsync();
        var id = await bench.ApprovedAsync(secretAgain, "second", Everything, TestKeys.OtherDevice);
        await using var second = await bench.LogInAsync(TestKeys.OtherDevice, id);

        Assert.StartsWith("data:", await second.AnswerAsync(By("revoke", root)), StringComparison.Ordinal);

        await AssertCutAsync(owner);
        await AssertCutAsync(old);
        await using var other = await bench.ConnectAsync();
        Assert.StartsWith("error:AT0015-", await other.PkamAsync("alice", TestKeys.Device), StringComparison.Ordinal);
        Assert.StartsWith("data:", await second.AnswerAsync(By("unrevoke", root)), StringComparison.Ordinal);
        Assert.Equal("data:success", await other.PkamAsync("alice", TestKeys.Device));
    }

    [Fact]
    public async Task What_an_enrollment_published_moves_with_its_state()
    {
        await using var bench = await ServerBench.StartAsync();
        var (owner, _) = await bench.EnrollAsync();
        await using var first = owner;
        var id = await bench.ApprovedAsync(owner, "phone", Wavi, TestKeys.OtherDevice, ",\"apskLegacy\":\"MIIB\"");
        await using (var device = await bench.LogInAsync(TestKeys.OtherDevice, id))
        {
            Assert.StartsWith("data:", await device.AnswerAsync($"update:mine.{id}.a.__e@alice x"), StringComparison.Ordinal);
        }

        Assert.StartsWith("error:AT0009-", await owner.AnswerAsync($"llookup:mine.{id}.a.__e@alice"), StringComparison.Ordinal);
        await owner.AnswerAsync(By("revoke", id));
        Assert.Equal("data:MIIB", await owner.AnswerAsync($"llookup:public:_apsk.{id}.r.__e@alice"));
        Assert.StartsWith("error:AT0015-", await owner.AnswerAsync($"llookup:public:_apsk.{id}.a.__e@alice"), StringComparison.Ordinal);
        Assert.Equal($"data:{{\"enrollmentId\":\"{id}\",\"status\":\"deleted\"}}", await owner.AnswerAsync(By("delete", id)));
        Assert.Equal("data:MIIB", await owner.AnswerAsync($"llookup:public:_apsk.{id}.d.__e@alice"));
        var store = await bench.StoreAsync();
        Assert.NotNull(await store.GetAsync($"mine.{id}.d.__e@alice", TestContext.Current.CancellationToken));
        Assert.Null(await store.GetAsync($"{id}.default_self_enc_key.__manage@alice", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Only_denied_and_revoked_enrollments_are_deleted_and_only_by_those_who_may()
    {
        await using var bench = await ServerBench.StartAsync();
        var (owner, _) = await bench.EnrollAsync();
        await using var first = owner;
        var id = await bench.ApprovedAsync(owner, "phone", Wavi, TestKeys.OtherDevice);
        var denied = await bench.PendingAsync(owner, "tablet", Wavi);
        await owner.AnswerAsync(By("deny", denied));
        await using var device = await bench.LogInAsync(TestKeys.OtherDevice, id);

        Assert.StartsWith("error:AT0009-", await device.AnswerAsync(By("delete", denied)), StringComparison.Ordinal);
        Assert.Contains("Only denied and revoked enrollments can be deleted", await owner.AnswerAsync(By("delete", id)), StringComparison.Ordinal);
        Assert.StartsWith("data:", await owner.AnswerAsync(By("delete", denied)), StringComparison.Ordinal);
        Assert.StartsWith("error:AT0015-", await owner.AnswerAsync(By("delete", denied)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Holders_of_a_namespace_learn_of_revocations_also_of_enrollments_that_are_gone()
    {
        await using var bench = await ServerBench.StartAsync();
        var (owner, _) = await bench.EnrollAsync();
        await using var first = owner;
        var id = await bench.ApprovedAsync(owner, "phone", Wavi);
        Assert.Equal("data:{\"lastRevokedAt\":null}", await owner.AnswerAsync("enroll:infons:wavi"));
        await owner.AnswerAsync(By("revoke", id));
        await owner.AnswerAsync(By("delete", id));

        Assert.Equal("data:{\"lastRevokedAt\":\"2026-01-02T03:04:05.678Z\"}", await owner.AnswerAsync("enroll:infons:wavi"));
        Assert.Equal("data:{\"lastRevokedAt\":null}", await owner.AnswerAsync("enroll:infons:other"));
        await using var secret = await bench.ConnectOwnerAsync();
        Assert.StartsWith("error:AT0401-", await secret.AnswerAsync("enroll:listns:wavi"), StringComparison.Ordinal);
    }

    /// <summary>Cut off hard: an end, or the break of the connection.</summary>
    private static async Task AssertCutAsync(RawClient client)
    {
        try
        {
            await client.ReadToEndAsync();
        }
        catch (NetworkException)
        {
        }
    }
}
