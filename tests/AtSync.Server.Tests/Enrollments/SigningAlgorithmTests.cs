using System.Security.Cryptography;
using System.Text;
using static AtSync.Server.Tests.Enrollments.DeviceBench;

namespace AtSync.Server.Tests.Enrollments;

/// <summary>The enrollment's record says what its key is, whatever the command says.</summary>
public sealed class SigningAlgorithmTests
{
    [Theory]
    [InlineData("")]
    [InlineData("signingAlgo:ecc_secp256r1:")]
    [InlineData("signingAlgo:rsa2048:hashingAlgo:sha512:")]
    public async Task A_device_with_a_P256_key_logs_in(string words)
    {
        await using var bench = await ServerBench.StartAsync();
        await using var owner = await bench.ConnectOwnerAsync();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        var id = await bench.PendingAsync(
            owner, "chip", "{\"wavi\":\"rw\"}", $"04{Convert.ToHexStringLower(point.X!)}{Convert.ToHexStringLower(point.Y!)}", ",\"signingAlgo\":\"ecc_secp256r1\"");
        await owner.AnswerAsync(Approve(id));
        await using var device = await bench.ConnectAsync();
        var challenge = (await device.AnswerAsync("from:@alice"))["data:".Length..];
        var hex = Convert.ToHexStringLower(key.SignData(Encoding.UTF8.GetBytes(challenge), HashAlgorithmName.SHA256));
        device.Prompt = "@alice@";

        Assert.Equal(
            "data:success", await device.AnswerAsync($"pkam:{words}enrollmentId:{id}:{Convert.ToBase64String(Encoding.ASCII.GetBytes(hex))}"));
    }

    [Fact]
    public async Task An_unknown_algorithm_is_refused_when_it_is_asked_for()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var stranger = await bench.ConnectAsync();

        Assert.Equal(
            "error:AT0022-Exception: signingAlgo is rsa2048, ecc_secp256r1 or mldsa65",
            await stranger.AnswerAsync(Request("chip", "{\"wavi\":\"rw\"}", "k", "abcdef", ",\"signingAlgo\":\"md5\"")));
    }
}
