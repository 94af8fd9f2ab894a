using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;
using Org.BouncyCastle.Security;
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

    [Theory]
    [InlineData("signingAlgo:mldsa65:")]
    [InlineData("signingAlgo:mldsa65:hashingAlgo:sha256:")]
    [InlineData("")]
    public async Task A_device_with_an_ML_DSA_65_key_logs_in(string words)
    {
        await using var bench = await ServerBench.StartAsync();
        await using var owner = await bench.ConnectOwnerAsync();
        var generator = new MLDsaKeyPairGenerator();
        generator.Init(new MLDsaKeyGenerationParameters(new SecureRandom(), MLDsaParameters.ml_dsa_65));
        var pair = generator.GenerateKeyPair();
        var publicKey = Convert.ToBase64String(((MLDsaPublicKeyParameters)pair.Public).GetEncoded());
        var id = await bench.PendingAsync(owner, "pq", "{\"wavi\":\"rw\"}", publicKey, ",\"signingAlgo\":\"mldsa65\"");
        await owner.AnswerAsync(Approve(id));
        await using var device = await bench.ConnectAsync();
        string Sign(string text)
        {
            var signer = new MLDsaSigner(MLDsaParameters.ml_dsa_65, deterministic: false);
            signer.Init(forSigning: true, pair.Private);
            signer.BlockUpdate(Encoding.UTF8.GetBytes(text));
            return Convert.ToBase64String(signer.GenerateSignature());
        }

        var challenge = (await device.AnswerAsync("from:@alice"))["data:".Length..];
        Assert.Equal("error:AT0401-Exception: pkam authentication failed", await device.AnswerAsync($"pkam:{words}enrollmentId:{id}:{Sign(challenge + "x")}"));
        challenge = (await device.AnswerAsync("from:@alice"))["data:".Length..];
        device.Prompt = "@alice@";
        Assert.Equal("data:success", await device.AnswerAsync($"pkam:{words}enrollmentId:{id}:{Sign(challenge)}"));
        Assert.StartsWith("data:", await device.AnswerAsync("update:k.wavi@alice 1"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "SHA256")]
    [InlineData("signingAlgo:rsa2048:hashingAlgo:sha256:", "SHA256")]
    [InlineData("signingAlgo:rsa2048:hashingAlgo:sha512:", "SHA512")]
    public async Task A_device_with_an_RSA_key_logs_in(string words, string hash)
    {
        await using var bench = await ServerBench.StartAsync();
        await using var owner = await bench.ConnectOwnerAsync();
        var id = await bench.ApprovedAsync(owner, "rsa", "{\"wavi\":\"rw\"}", TestKeys.OtherDevice);
        await using var device = await bench.ConnectAsync();
        var challenge = (await device.AnswerAsync("from:@alice"))["data:".Length..];
        var signature = Convert.ToBase64String(TestKeys.OtherDevice.Sign(Encoding.UTF8.GetBytes(challenge), new HashAlgorithmName(hash)));
        device.Prompt = "@alice@";
        Assert.Equal("data:success", await device.AnswerAsync($"pkam:{words}enrollmentId:{id}:{signature}"));
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
