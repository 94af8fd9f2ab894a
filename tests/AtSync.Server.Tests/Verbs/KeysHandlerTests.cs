using AtSync.Server.Tests.Enrollments;

namespace AtSync.Server.Tests.Verbs;

/// <summary><c>keys</c>: an enrollment reaches its own keys and no others.</summary>
public sealed class KeysHandlerTests
{
    [Fact]
    public async Task Keys_are_put_listed_read_and_deleted()
    {
        await using var bench = await ServerBench.StartAsync();
        var (owner, id) = await bench.EnrollAsync(",\"encryptedDefaultEncryptionPrivateKey\":\"p\",\"encryptedDefaultSelfEncryptionKey\":\"s\"");
        await using var first = owner;
        const string key = "private:app.dev.backup.__private_keys.__global@alice";

        Assert.Equal("data:-1", await owner.AnswerAsync("keys:put:private:namespace:__global:appName:app:deviceName:dev:keyType:aes:encryptionKeyName:k1:keyName:backup secret"));

        Assert.Equal(
            $"data:{{\"value\":\"secret\",\"keyType\":\"aes\",\"enrollmentId\":\"{id}\",\"encryptionKeyName\":\"k1\"}}", await owner.AnswerAsync($"keys:get:keyName:{key}"));
        Assert.Equal($"data:[\"{key}\",\"{id}.default_enc_private_key.__manage@alice\"]", await owner.AnswerAsync("keys:get:private"));
        Assert.Equal($"data:[\"{id}.default_self_enc_key.__manage@alice\"]", await owner.AnswerAsync("keys:get:self"));
        Assert.Equal("data:[]", await owner.AnswerAsync("keys:get:public"));
        Assert.Equal("data:-1", await owner.AnswerAsync($"keys:delete:keyName:{key}"));
        Assert.StartsWith("error:AT0015-", await owner.AnswerAsync($"keys:get:keyName:{key}"), StringComparison.Ordinal);
        Assert.Equal("data:-1", await owner.AnswerAsync($"keys:delete:keyName:{key}"));
    }

    [Fact]
    public async Task Other_keys_of_the_store_are_out_of_reach()
    {
        await using var bench = await ServerBench.StartAsync();
        var (owner, root) = await bench.EnrollAsync(",\"encryptedDefaultSelfEncryptionKey\":\"s\"");
        await using var first = owner;
        await owner.AnswerAsync("keys:put:self:namespace:__global:appName:app:deviceName:dev:keyName:mine secret");
        await owner.AnswerAsync("update:note.wavi@alice secret");
        var id = await bench.ApprovedAsync(owner, "phone", "{\"wavi\":\"rw\"}", TestKeys.OtherDevice);
        await using var device = await bench.LogInAsync(TestKeys.OtherDevice, id);

        foreach (var key in new[]
        {
            "privatekey:at_secret", "privatekey:at_pkam_publickey", "note.wavi@alice", $"{root}.default_self_enc_key.__manage@alice",
            $"{root}.new.enrollments.__manage@alice", "private:spp.__otp@alice", "@alice:signing_privatekey@alice", "app.dev.mine.__self_keys.__global@alice",
        })
        {
            Assert.StartsWith("error:AT0009-", await device.AnswerAsync($"keys:get:keyName:{key}"), StringComparison.Ordinal);
            Assert.StartsWith("error:AT0009-", await device.AnswerAsync($"keys:delete:keyName:{key}"), StringComparison.Ordinal);
        }

        Assert.StartsWith("error:AT0009-", await device.AnswerAsync("keys:put:self:namespace:__global:appName:app:deviceName:dev:keyName:mine stolen"), StringComparison.Ordinal);
        Assert.StartsWith("error:AT0009-", await device.AnswerAsync("keys:put:self:namespace:buzz:keyName:x y"), StringComparison.Ordinal);
        Assert.Equal("data:-1", await device.AnswerAsync("keys:put:self:namespace:wavi:keyName:x y"));
    }

    [Fact]
    public async Task Without_an_enrollment_there_are_no_keys()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectOwnerAsync();

        Assert.Equal(
            "error:AT0011-Internal server exception : Keys verb cannot be accessed without an enrollmentId", await client.AnswerAsync("keys:get:self"));
    }
}
