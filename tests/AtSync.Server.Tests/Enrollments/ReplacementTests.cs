using AtSync.Crypto;
using static AtSync.Server.Tests.Enrollments.DeviceBench;

namespace AtSync.Server.Tests.Enrollments;

/// <summary>A device replaces its enrollment, or changes it in place.</summary>
public sealed class ReplacementTests
{
    private const string Wavi = "{\"wavi\":\"rw\"}";

    [Fact]
    public async Task A_device_replaces_its_keys_once_and_the_old_ones_end_a_month_after_the_new_ones_were_used()
    {
        await using var bench = await ServerBench.StartAsync();
        var (owner, _) = await bench.EnrollAsync();
        await using var first = owner;
        var old = await bench.ApprovedAsync(owner, "phone", Wavi, TestKeys.OtherDevice);
        await using var device = await bench.LogInAsync(TestKeys.OtherDevice, old);
        var request = $"enroll:request:{{\"appName\":\"wavi\",\"deviceName\":\"phone\",\"apkamPublicKey\":\"{_new.PublicSpkiBase64}\"}}";

        var answer = await device.AnswerAsync(request);

        Assert.EndsWith("\"status\":\"approved\"}", answer, StringComparison.Ordinal);
        Assert.StartsWith("error:AT0032-", await device.AnswerAsync(request.Replace("phone", "other", StringComparison.Ordinal)), StringComparison.Ordinal);
        var id = IdOf(answer);
        Assert.DoesNotContain("expiresAt", await owner.AnswerAsync(By("fetch", old)), StringComparison.Ordinal);
        await using var successor = await bench.LogInAsync(_new, id);
        Assert.StartsWith("data:", await successor.AnswerAsync("update:a.wavi@alice 1"), StringComparison.Ordinal);
        Assert.StartsWith("error:AT0009-", await successor.AnswerAsync("update:a.other@alice 1"), StringComparison.Ordinal);
        Assert.Contains("\"expiresAt\":\"2026-02-01T03:04:05.678Z\"", await owner.AnswerAsync(By("fetch", old)), StringComparison.Ordinal);
        Assert.Contains("\"predecessorCapArmedAt\":\"2026-01-02T03:04:05.678Z\"", await owner.AnswerAsync(By("fetch", id)), StringComparison.Ordinal);
        bench.Clock.Advance(TimeSpan.FromHours(720));
        Assert.Equal("", await device.ReadToEndAsync());
        await using var late = await bench.ConnectAsync();
        Assert.StartsWith("error:AT0028:", await late.PkamAsync("alice", TestKeys.OtherDevice, old), StringComparison.Ordinal);
        Assert.Equal("data:success", await late.PkamAsync("alice", _new, id));
    }

    [Fact]
    public async Task A_device_that_asks_for_other_namespaces_waits_for_approval()
    {
        await using var bench = await ServerBench.StartAsync();
        var (owner, _) = await bench.EnrollAsync();
        await using var first = owner;
        var old = await bench.ApprovedAsync(owner, "phone", Wavi, TestKeys.OtherDevice);
        await using var device = await bench.LogInAsync(TestKeys.OtherDevice, old);

        Assert.EndsWith("\"status\":\"pending\"}", await device.AnswerAsync(Request("more", "{\"wavi\":\"rw\",\"buzz\":\"r\"}", "k", otp: null)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_enrollment_changes_its_key_with_a_proof_of_the_new_one()
    {
        await using var bench = await ServerBench.StartAsync();
        var (owner, _) = await bench.EnrollAsync();
        await using var first = owner;
        var id = await bench.ApprovedAsync(owner, "phone", Wavi, TestKeys.OtherDevice, ",\"metadata\":{\"a\":1,\"b\":2}");
        await using var device = await bench.LogInAsync(TestKeys.OtherDevice, id);
        var key = _new.PublicSpkiBase64;
        var proof = PkamSignature.Sign($"{id}|{key}|rsa2048", _new);

        Assert.StartsWith("error:AT0011-", await device.AnswerAsync($"enroll:update:{{\"namespaces\":{Wavi}}}"), StringComparison.Ordinal);
        Assert.StartsWith("error:AT0011-", await device.AnswerAsync($"enroll:update:{{\"apkamPublicKey\":\"{key}\",\"apkamPublicKeySignature\":\"AAAA\"}}"), StringComparison.Ordinal);
        Assert.Equal(
            $"data:{{\"enrollmentId\":\"{id}\",\"status\":\"approved\"}}",
            await device.AnswerAsync($"enroll:update:{{\"apkamPublicKey\":\"{key}\",\"signingAlgo\":\"rsa2048\",\"apkamPublicKeySignature\":\"{proof}\",\"metadata\":{{\"b\":3}},\"apskLegacy\":\"MIIB\"}}"));

        await using var other = await bench.ConnectAsync();
        Assert.StartsWith("error:AT0401-", await other.PkamAsync("alice", TestKeys.OtherDevice, id), StringComparison.Ordinal);
        Assert.Equal("data:success", await other.PkamAsync("alice", _new, id));
        Assert.Contains("\"metadata\":{\"a\":1,\"b\":3}", await other.AnswerAsync("info"), StringComparison.Ordinal);
        Assert.Equal("data:MIIB", await owner.AnswerAsync($"llookup:public:_apsk.{id}.a.__e@alice"));
    }

    [Fact]
    public async Task A_new_key_of_the_first_device_replaces_the_one_without_id_too()
    {
        await using var bench = await ServerBench.StartAsync();
        var (owner, id) = await bench.EnrollAsync();
        await using var first = owner;
        var proof = PkamSignature.Sign($"{id}|{_new.PublicSpkiBase64}|rsa2048", _new);

        Assert.StartsWith("data:", await owner.AnswerAsync(
            $"enroll:update:{{\"apkamPublicKey\":\"{_new.PublicSpkiBase64}\",\"apkamPublicKeySignature\":\"{proof}\"}}"), StringComparison.Ordinal);

        await using var other = await bench.ConnectAsync();
        Assert.StartsWith("error:AT0401-", await other.PkamAsync("alice", TestKeys.Device), StringComparison.Ordinal);
        Assert.Equal("data:success", await other.PkamAsync("alice", _new));
    }

    private static readonly Crypto.Algorithms.RsaPrivateKey _new = Crypto.Algorithms.RsaPrivateKey.Generate();
}
