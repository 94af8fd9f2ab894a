using AtSync.Crypto;
using AtSync.Crypto.Algorithms;

namespace AtSync.EndToEnd.Tests;

/// <summary>The atServer as a plain client sees it: real TLS on loopback, real files, every answer one TLS record.</summary>
public sealed class ServerOverTlsTests : OverTls
{
    [Fact]
    public async Task Onboarding_records_sync_and_a_restart_over_real_TLS_and_files()
    {
        using var key = RsaPrivateKey.Generate();
        string id;
        await using (var client = await ConnectAsync())
        {
            // Each line below is one TLS record.
            Assert.Equal("@", await client.ReadRecordAsync());
            var challenge = await client.AskAsync("from:@alice");
            Assert.EndsWith("\n@", challenge, StringComparison.Ordinal);
            Assert.Equal("data:success\n@alice@", await client.AskAsync($"cram:{CramDigest.Compute("secret", challenge[5..^2])}"));
            var enrolled = await client.AskAsync(
                $"enroll:request:{{\"appName\":\"a\",\"deviceName\":\"d\",\"apkamPublicKey\":\"{key.PublicSpkiBase64}\"}}");
            id = enrolled["data:{\"enrollmentId\":\"".Length..][..36];
            Assert.Equal("data:-1\n@alice@", await client.AskAsync("delete:privatekey:at_secret"));
            Assert.Equal("data:2\n@alice@", await client.AskAsync("update:note.app@alice 1"));
            Assert.Equal(
                "data:[{\"id\":1,\"response\":{\"data\":\"3\"}},{\"id\":2,\"response\":{\"data\":\"4\"}}]\n@alice@",
                await client.AskAsync("batch:[{\"id\":1,\"command\":\"update:a.app@alice 2\"},{\"id\":2,\"command\":\"delete:note.app@alice\"}]"));
        }

        await StopAsync();
        await StartAsync();

        await using var again = await ConnectAsync();
        Assert.Equal("@", await again.ReadRecordAsync());
        var proof = (await again.AskAsync("from:alice"))[5..^2];
        Assert.Equal("data:success\n@alice@", await again.AskAsync($"pkam:enrollmentId:{id}:{PkamSignature.Sign(proof, key)}"));
        var page = await again.AskAsync("sync:from:1:limit:10");
        Assert.StartsWith("data:[{\"atKey\":\"a.app@alice\",\"value\":\"2\",\"metadata\":{", page, StringComparison.Ordinal);
        Assert.EndsWith(
            "},\"commitId\":3,\"operation\":\"*\"},{\"atKey\":\"note.app@alice\",\"value\":null,\"metadata\":null,\"commitId\":4,\"operation\":\"-\"}]\n@alice@",
            page, StringComparison.Ordinal);
        Assert.Equal("data: [{\"id\":\"3\",\"name\":\"lastCommitID\",\"value\":\"4\"}]\n@alice@", await again.AskAsync("stats:3"));
        Assert.True((await Host.DescribeAsync(Alice, Token))!.IsActivated);
        Assert.Empty(await Engine.CheckAsync(Token));
    }

    [Fact]
    public async Task A_monitor_hears_of_a_commit_on_another_connection()
    {
        await using var monitor = await ConnectOwnerAsync();
        await using var writer = await ConnectOwnerAsync();
        await monitor.SendAsync("monitor\nnoop:0\n");
        Assert.Equal("data:ok\n@alice@", await monitor.ReadRecordAsync());

        Assert.Equal("data:2\n@alice@", await writer.AskAsync("update:a.app@alice 1"));

        Assert.Contains("\"key\":\"statsNotification.@alice\",\"value\":\"2\"", await monitor.ReadRecordAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Draining_ends_connections_cleanly()
    {
        await using var client = await ConnectOwnerAsync();

        await Task.WhenAll(Host.DrainAsync(Token), Listener.DrainAsync(Token));

        Assert.Equal("", await client.ReadRecordAsync());
    }
}
