using System.Text.Json;
using AtSync.Crypto.Algorithms;

namespace AtSync.Server.Tests.Enrollments;

/// <summary>Devices of @alice in various states; steps that many tests share.</summary>
internal static class DeviceBench
{
    /// <summary>A request as a new device sends it.</summary>
    public static string Request(string device, string namespaces, string key, string? otp, string more = "") =>
        $"enroll:request:{{\"appName\":\"wavi\",\"deviceName\":\"{device}\",\"namespaces\":{namespaces}"
        + (otp is null ? "" : $",\"otp\":\"{otp}\"")
        + $",\"apkamPublicKey\":\"{key}\",\"encryptedAPKAMSymmetricKey\":\"sealed-{device}\"{more}}}";

    public static string Approve(string id) =>
        $"enroll:approve:{{\"enrollmentId\":\"{id}\",\"encryptedDefaultEncryptionPrivateKey\":\"p-{id[..4]}\",\"encPrivateKeyIV\":\"i1\","
        + $"\"encryptedDefaultSelfEncryptionKey\":\"s-{id[..4]}\",\"selfEncKeyIV\":\"i2\"}}";

    public static string By(string operation, string id) => $"enroll:{operation}:{{\"enrollmentId\":\"{id}\"}}";

    public static string IdOf(string answer)
    {
        Assert.StartsWith("data:{", answer, StringComparison.Ordinal);
        using var document = JsonDocument.Parse(answer["data:".Length..]);
        return document.RootElement.GetProperty("enrollmentId").GetString()!;
    }

    /// <summary>A new device that asked with a passcode of <paramref name="owner"/> and waits.</summary>
    public static async Task<string> PendingAsync(
        this ServerBench bench, RawClient owner, string device, string namespaces, string? key = null, string more = "")
    {
        var otp = (await owner.AnswerAsync("otp:get"))["data:".Length..];
        await using var stranger = await bench.ConnectAsync();
        var answer = await stranger.AnswerAsync(Request(device, namespaces, key ?? $"key-of-{device}", otp, more));
        Assert.EndsWith("\"status\":\"pending\"}", answer, StringComparison.Ordinal);
        return IdOf(answer);
    }

    /// <summary>A new device, approved by <paramref name="owner"/>.</summary>
    public static async Task<string> ApprovedAsync(
        this ServerBench bench, RawClient owner, string device, string namespaces, RsaPrivateKey? key = null, string more = "")
    {
        var id = await bench.PendingAsync(owner, device, namespaces, key?.PublicSpkiBase64, more);
        Assert.Equal($"data:{{\"status\":\"approved\",\"enrollmentId\":\"{id}\"}}", await owner.AnswerAsync(Approve(id)));
        return id;
    }

    /// <summary>A connection of an enrollment.</summary>
    public static async Task<RawClient> LogInAsync(this ServerBench bench, RsaPrivateKey key, string? id)
    {
        var client = await bench.ConnectAsync();
        Assert.Equal("data:success", await client.PkamAsync("alice", key, id));
        return client;
    }
}
