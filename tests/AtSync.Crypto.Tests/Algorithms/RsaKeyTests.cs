using System.Security.Cryptography;
using System.Text;
using AtSync.Crypto.Algorithms;

namespace AtSync.Crypto.Tests.Algorithms;

public sealed class RsaKeyTests
{
    private static readonly Vector _signing = Vector.Load("rsa-sign.json");

    [Fact]
    public void A_signature_is_the_one_other_SDKs_make()
    {
        using var key = new RsaPrivateKey(_signing["privateKey"]);

        var signature = key.Sign(Encoding.UTF8.GetBytes(_signing["message"]), HashAlgorithmName.SHA256);

        Assert.Equal(_signing["expectedSignature"], Convert.ToBase64String(signature));
    }

    [Fact]
    public void A_signature_made_elsewhere_is_checked()
    {
        var vector = Vector.Load("rsa-verify.json");
        using var key = new RsaPublicKey(vector["publicKey"]);
        var signature = Convert.FromBase64String(vector["signature"]);

        Assert.True(key.Verify(Encoding.UTF8.GetBytes(vector["message"]), signature, HashAlgorithmName.SHA256));
        Assert.False(key.Verify(Encoding.UTF8.GetBytes(vector["message"] + "x"), signature, HashAlgorithmName.SHA256));
        Assert.False(key.Verify(Encoding.UTF8.GetBytes(vector["message"]), signature, HashAlgorithmName.SHA512));
        Assert.False(key.Verify(Encoding.UTF8.GetBytes(vector["message"]), signature.AsSpan(1), HashAlgorithmName.SHA256));
        Assert.False(key.Verify(Encoding.UTF8.GetBytes(vector["message"]), [], HashAlgorithmName.SHA256));
    }

    [Fact]
    public void A_ciphertext_made_elsewhere_is_opened()
    {
        var vector = Vector.Load("rsa-decrypt.json");
        using var key = new RsaPrivateKey(vector["privateKey"]);

        Assert.Equal(vector["expectedPlaintext"], Encoding.UTF8.GetString(key.Decrypt(Convert.FromBase64String(vector["ciphertext"]))));
    }

    [Fact]
    public void A_wrapped_key_holds_the_44_characters_of_its_base64()
    {
        const string selfKey = "vR+w/lx9qitj/W2+SfFxbjeRM8VdaYGsxG6lxYCVQ0w=";
        using var symmetric = SymmetricKey.FromBase64(selfKey);
        using var own = new RsaPrivateKey(_signing["privateKey"]);
        using var shared = new RsaPublicKey(own.PublicSpkiBase64);

        var wrapped = shared.WrapKey(symmetric);

        Assert.Equal(344, wrapped.Length);
        Assert.Equal(selfKey, Encoding.ASCII.GetString(own.Decrypt(Convert.FromBase64String(wrapped))));
        using var unwrapped = own.UnwrapKey(wrapped);
        Assert.Equal(selfKey, unwrapped.ToBase64());
    }

    [Theory]
    [InlineData("")]
    [InlineData("AAAA")]
    [InlineData("not base64")]
    public void Whatever_can_not_be_unwrapped_fails_alike(string wrapped)
    {
        using var key = new RsaPrivateKey(_signing["privateKey"]);

        var error = Assert.Throws<CryptoException>(() => key.UnwrapKey(wrapped));

        Assert.Equal(CryptoFault.CannotOpen, error.Fault);
        Assert.Equal("can't be opened with this key", error.Message);
    }

    [Fact]
    public void A_key_wrapped_for_another_fails_like_damage()
    {
        using var own = new RsaPrivateKey(_signing["privateKey"]);
        using var other = new RsaPublicKey(Vector.Load("rsa-verify.json")["publicKey"]);
        using var symmetric = new SymmetricKey(new byte[SymmetricKey.KeyBytes]);

        Assert.Equal(CryptoFault.CannotOpen, Assert.Throws<CryptoException>(() => own.UnwrapKey(other.WrapKey(symmetric))).Fault);
    }

    [Fact]
    public void A_wrapped_text_that_is_not_a_key_fails_alike()
    {
        using var own = new RsaPrivateKey(_signing["privateKey"]);
        using var same = new RsaPublicKey(own.PublicSpkiBase64);

        var wrapped = Convert.ToBase64String(same.Encrypt("banana"u8));

        Assert.Equal(CryptoFault.CannotOpen, Assert.Throws<CryptoException>(() => own.UnwrapKey(wrapped)).Fault);
    }

    [Fact]
    public void A_generated_pair_signs_and_checks_and_survives_its_text()
    {
        using var pair = RsaPrivateKey.Generate();
        using var again = new RsaPrivateKey(pair.Pkcs8Base64);
        using var half = new RsaPublicKey(pair.PublicSpkiBase64);

        Assert.Equal(392, pair.PublicSpkiBase64.Length);
        Assert.Equal(pair.PublicSpkiBase64, again.PublicSpkiBase64);
        Assert.True(half.Verify("message"u8, again.Sign("message"u8, HashAlgorithmName.SHA512), HashAlgorithmName.SHA512));
    }

    [Theory]
    [InlineData("")]
    [InlineData("AAAA")]
    [InlineData("not base64")]
    public void Text_that_is_not_a_key_is_refused(string text)
    {
        Assert.Equal(CryptoFault.Malformed, Assert.Throws<CryptoException>(() => new RsaPublicKey(text)).Fault);
        Assert.Equal(CryptoFault.Malformed, Assert.Throws<CryptoException>(() => new RsaPrivateKey(text)).Fault);
    }

    [Fact]
    public void A_private_key_is_not_a_public_key_and_neither_may_have_bytes_behind_it()
    {
        var privateKey = _signing["privateKey"];
        var publicKey = Vector.Load("rsa-verify.json")["publicKey"];

        Assert.Throws<CryptoException>(() => new RsaPublicKey(privateKey));
        Assert.Throws<CryptoException>(() => new RsaPrivateKey(publicKey));
        Assert.Throws<CryptoException>(() => new RsaPublicKey(Convert.ToBase64String([.. Convert.FromBase64String(publicKey), 0])));
        Assert.Throws<CryptoException>(() => new RsaPrivateKey(Convert.ToBase64String([.. Convert.FromBase64String(privateKey), 0])));
    }

    [Fact]
    public void A_key_that_is_too_small_is_refused_by_name_of_the_limit()
    {
        using var small = RSA.Create(1024);

        var error = Assert.Throws<CryptoException>(() => new RsaPublicKey(Convert.ToBase64String(small.ExportSubjectPublicKeyInfo())));

        Assert.Contains("2048 to 4096 bits", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_made_to_be_slow_is_refused()
    {
        using var rsa = new RsaPrivateKey(_signing["privateKey"]);
        using var original = RSA.Create();
        original.ImportSubjectPublicKeyInfo(Convert.FromBase64String(rsa.PublicSpkiBase64), out _);
        var parameters = original.ExportParameters(includePrivateParameters: false);
        var slow = parameters.Modulus!.ToArray();
        slow[0] >>= 1;
        slow[^1] |= 1;
        using var made = RSA.Create(new RSAParameters { Modulus = parameters.Modulus, Exponent = slow });

        var error = Assert.Throws<CryptoException>(() => new RsaPublicKey(Convert.ToBase64String(made.ExportSubjectPublicKeyInfo())));

        Assert.Contains("exponent", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_plaintext_that_is_too_long_is_refused()
    {
        using var own = new RsaPrivateKey(_signing["privateKey"]);
        using var half = new RsaPublicKey(own.PublicSpkiBase64);

        Assert.Equal(256, half.Encrypt(new byte[245]).Length);
        Assert.Contains("246 bytes", Assert.Throws<CryptoException>(() => half.Encrypt(new byte[246])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Many_threads_may_use_one_key()
    {
        using var key = new RsaPrivateKey(_signing["privateKey"]);
        using var half = new RsaPublicKey(key.PublicSpkiBase64);
        var wrong = 0;

        var threads = Enumerable.Range(0, 6).Select(n => new Thread(() =>
        {
            for (var i = 0; i < 10; i++)
            {
                var message = Encoding.ASCII.GetBytes($"{n} {i}");
                if (!half.Verify(message, key.Sign(message, HashAlgorithmName.SHA256), HashAlgorithmName.SHA256))
                {
                    Interlocked.Increment(ref wrong);
                }
            }
        })).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());

        Assert.Equal(0, wrong);
    }

    [Fact]
    public void A_disposed_key_does_nothing_more()
    {
        var key = new RsaPrivateKey(_signing["privateKey"]);
        key.Dispose();

        Assert.Throws<ObjectDisposedException>(() => key.Sign("x"u8, HashAlgorithmName.SHA256));
        Assert.DoesNotContain(_signing["privateKey"], key.ToString(), StringComparison.Ordinal);
    }
}
