using System.Security.Cryptography;
using System.Text;
using AtSync.Crypto.Algorithms;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;
using Org.BouncyCastle.Security;

namespace AtSync.Crypto.Tests;

public sealed class PkamSignatureTests
{
    private const string Challenge = "_4a160d33-0c63-4800-bee0-ee254752f8c8@alice:6c987cc1-0dde-4ba1-af56-a9677086182";

    private static readonly Vector _alice = Vector.Load("alice-expected.json");

    [Fact]
    public void A_challenge_is_signed_with_the_key_out_of_a_protected_field()
    {
        var vector = Vector.Load("pkam-protected-key.json");
        using var self = SymmetricKey.FromBase64(vector["selfEncryptionKey"]);
        var text = Encoding.ASCII.GetString(self.OpenFromBase64(Encoding.ASCII.GetBytes(vector["protectedKey"]), SymmetricKey.ZeroIv));
        using var key = new RsaPrivateKey(text);

        Assert.Equal(1624, text.Length);
        Assert.Equal(vector["expectedKeySha256"], Vector.Sha256Hex(text));
        Assert.Equal(vector["expectedSignature"], PkamSignature.Sign(vector["challenge"], key));
        Assert.True(PkamSignature.Verify(key.PublicSpkiBase64, null, null, vector["challenge"], vector["expectedSignature"]));
    }

    [Theory]
    [InlineData(null, null, "pkamSignatureSha256")]
    [InlineData("rsa2048", "sha256", "pkamSignatureSha256")]
    [InlineData("rsa2048", "sha512", "pkamSignatureSha512")]
    [InlineData(null, "sha512", "pkamSignatureSha512")]
    [InlineData("RSA2048", "SHA512", "pkamSignatureSha256")]
    public void An_RSA_signature_is_accepted_under_the_words_of_the_command(string? signingAlgo, string? hashingAlgo, string signature) =>
        Assert.True(PkamSignature.Verify(_alice["pkamPublicKey"], signingAlgo, hashingAlgo, _alice["challenge"], _alice[signature]));

    [Theory]
    [InlineData("rsa2048", "sha512", "pkamSignatureSha256")]
    [InlineData("rsa2048", "sha256", "pkamSignatureSha512")]
    [InlineData("ecc_secp256r1", "sha256", "pkamSignatureSha256")]
    [InlineData("mldsa65", null, "pkamSignatureSha256")]
    [InlineData("ed25519", null, "pkamSignatureSha256")]
    [InlineData(null, "md5", "pkamSignatureSha256")]
    public void A_signature_of_another_kind_is_false(string? signingAlgo, string? hashingAlgo, string signature) =>
        Assert.False(PkamSignature.Verify(_alice["pkamPublicKey"], signingAlgo, hashingAlgo, _alice["challenge"], _alice[signature]));

    [Fact]
    public void Another_challenge_or_another_key_is_false()
    {
        Assert.False(PkamSignature.Verify(_alice["pkamPublicKey"], null, null, _alice["challenge"] + "0", _alice["pkamSignatureSha256"]));
        Assert.False(PkamSignature.Verify(_alice["encryptionPublicKey"], null, null, _alice["challenge"], _alice["pkamSignatureSha256"]));
        Assert.False(PkamSignature.Verify("not a key", null, null, _alice["challenge"], _alice["pkamSignatureSha256"]));
        Assert.False(PkamSignature.Verify("", null, null, _alice["challenge"], ""));
    }

    [Theory]
    [InlineData("signingAlgo:unknown:AAAA")]
    [InlineData("AAA")]
    [InlineData("****")]
    public void A_signature_that_is_not_base64_is_told_apart(string signature)
    {
        Assert.Null(PkamSignature.Verify(_alice["pkamPublicKey"], null, null, _alice["challenge"], signature));
        Assert.Null(PkamSignature.Verify("04", "ecc_secp256r1", null, _alice["challenge"], signature));
        Assert.Null(PkamSignature.Verify("04", "mldsa65", null, _alice["challenge"], signature));
    }

    [Fact]
    public void A_P256_signature_is_accepted_in_the_protocols_hex_form()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        var publicKey = "04" + Convert.ToHexStringLower(point.X!) + Convert.ToHexStringLower(point.Y!);
        var compact = Convert.ToHexStringLower(key.SignData(Encoding.UTF8.GetBytes(Challenge), HashAlgorithmName.SHA256));
        var signature = Convert.ToBase64String(Encoding.ASCII.GetBytes(compact));

        Assert.True(PkamSignature.Verify(publicKey, "ecc_secp256r1", null, Challenge, signature));
        Assert.True(PkamSignature.Verify(publicKey, "ecc_secp256r1", "sha512", Challenge, signature));
        Assert.False(PkamSignature.Verify(publicKey, "ecc_secp256r1", null, Challenge + "x", signature));
        Assert.False(PkamSignature.Verify(publicKey, null, null, Challenge, signature));
        Assert.False(PkamSignature.Verify(publicKey[..^2], "ecc_secp256r1", null, Challenge, signature));
        Assert.False(PkamSignature.Verify("05" + publicKey[2..], "ecc_secp256r1", null, Challenge, signature));
        Assert.False(PkamSignature.Verify("04" + new string('1', 128), "ecc_secp256r1", null, Challenge, signature));
        Assert.False(PkamSignature.Verify(publicKey, "ecc_secp256r1", null, Challenge, Convert.ToBase64String(new byte[128])));
        Assert.False(PkamSignature.Verify(publicKey, "ecc_secp256r1", null, Challenge, Convert.ToBase64String(Convert.FromHexString(compact))));
    }

    [Fact]
    public void An_ML_DSA_65_signature_is_accepted_in_its_raw_form()
    {
        var generator = new MLDsaKeyPairGenerator();
        generator.Init(new MLDsaKeyGenerationParameters(new SecureRandom(), MLDsaParameters.ml_dsa_65));
        var pair = generator.GenerateKeyPair();
        var publicKey = Convert.ToBase64String(((MLDsaPublicKeyParameters)pair.Public).GetEncoded());
        var signer = new MLDsaSigner(MLDsaParameters.ml_dsa_65, deterministic: true);
        signer.Init(forSigning: true, pair.Private);
        signer.BlockUpdate(Encoding.UTF8.GetBytes(Challenge));
        var signature = Convert.ToBase64String(signer.GenerateSignature());

        Assert.Equal(2604, publicKey.Length);
        Assert.True(PkamSignature.Verify(publicKey, "mldsa65", null, Challenge, signature));
        Assert.False(PkamSignature.Verify(publicKey, "mldsa65", null, Challenge + "x", signature));
        Assert.False(PkamSignature.Verify(publicKey[4..], "mldsa65", null, Challenge, signature));
        Assert.False(PkamSignature.Verify("!" + publicKey[1..], "mldsa65", null, Challenge, signature));
        Assert.False(PkamSignature.Verify(Convert.ToBase64String(new byte[1952]), "mldsa65", null, Challenge, signature));
        Assert.False(PkamSignature.Verify(publicKey, "mldsa65", null, Challenge, Convert.ToBase64String(new byte[3309])));
        Assert.False(PkamSignature.Verify(publicKey, "mldsa65", null, Challenge, Convert.ToBase64String(new byte[10])));
    }

    [Fact]
    public void Keys_that_fall_out_of_the_memory_of_recent_ones_are_simply_imported_again()
    {
        var recent = new RecentKeys();
        var first = recent.Find(_alice["pkamPublicKey"]);

        Assert.NotNull(first);
        Assert.Same(first, recent.Find(_alice["pkamPublicKey"]));
        Assert.Null(recent.Find("not a key"));
    }
}
