using System.Security.Cryptography;
using System.Text;
using AtSync.Crypto.Algorithms;
using CsCheck;

namespace AtSync.Crypto.Tests.Algorithms;

public sealed class SymmetricKeyTests
{
    private const string VectorKey = "1DPU9OP3CYvamnVBMwGgL7fm8yB1klAap0Uc5Z9R79g=";

    private static readonly Gen<byte[]> _genKey = Gen.Byte.Array[SymmetricKey.KeyBytes];
    private static readonly Gen<byte[]> _genIv = Gen.Byte.Array[SymmetricKey.IvBytes];

    [Theory]
    [InlineData("I like to eat pizza 123", "AAAAAAAAAAAAAAAAAAAAAA==", "JOybRjOLcaENX5XUwf/FekHNFVb9dchpeJsUktBwOWQ=")]
    [InlineData("I like to eat pizza 123", "AAECAwQFBgcICQoLDA0ODw==", "pkxDJTxjDsS3T2HaaAvas7U6WeVFPYiXlB8XrjC6hss=")]
    [InlineData("", "AAAAAAAAAAAAAAAAAAAAAA==", "fdznP0j+QcVyb+Clpc+lAw==")]
    [InlineData("0123456789abcdef", "AAAAAAAAAAAAAAAAAAAAAA==", "Xf3FHGzbZ+JaRpHX1rvQdSunZGbcV+twYYINi8lpIH0=")]
    [InlineData("0123456789abcdef0123456789abcdef", "/////////////////////w==", "4B3JGkU428I/mf9z9REpW139xRxs22fiWkaR19a70HUrp2Rm3FfrcGGCDYvJaSB9")]
    [InlineData("0123456789abcdef0123456789abcdef", "AAAAAAAAAAD//////////w==", "8CRFTZ9+94oIu/2H/4R4vuPeqNMTR/+ooToqEbiKTUKZJtwoEfZyz1wIDGrhavKm")]
    [InlineData("alice@🦄🛠", "AAAAAAAAAAAAAAAAAAAAAA==", "DKCeTD2uoUrE+wAqLn+3EQ==")]
    [InlineData("\u0000\u0001\u0002\u0000\u00ff", "AAECAwQFBgcICQoLDA0ODw==", "720tTKgNJbvTZA+wFyCh0Q==")]
    public void Sealing_gives_the_text_other_SDKs_give(string plaintext, string iv, string expected)
    {
        using var key = SymmetricKey.FromBase64(VectorKey);
        // The last row is bytes, not text.
        var bytes = plaintext.EndsWith('\u00ff') ? Encoding.Latin1.GetBytes(plaintext) : Encoding.UTF8.GetBytes(plaintext);

        var sealedText = key.SealToBase64(bytes, Convert.FromBase64String(iv));

        Assert.Equal(expected, Encoding.ASCII.GetString(sealedText));
        Assert.Equal(bytes, key.OpenFromBase64(sealedText, Convert.FromBase64String(iv)));
    }

    [Fact]
    public void A_private_key_stored_by_another_SDK_is_opened()
    {
        var vector = Vector.Load("aes-private-key.json");
        using var key = SymmetricKey.FromBase64(vector["key"]);

        var opened = Encoding.ASCII.GetString(key.OpenFromBase64(Encoding.ASCII.GetBytes(vector["sealed"]), SymmetricKey.ZeroIv));

        Assert.Equal(vector.Number("expectedChars"), opened.Length);
        Assert.StartsWith(vector["expectedStart"], opened, StringComparison.Ordinal);
        Assert.Equal(vector["expectedSha256"], Vector.Sha256Hex(opened));
    }

    [Fact]
    public void What_was_sealed_is_opened_with_the_same_key_and_IV() =>
        Gen.Select(_genKey, _genIv, Gen.Byte.Array[0, 9000]).Sample((keyBytes, iv, plaintext) =>
        {
            using var key = new SymmetricKey(keyBytes);
            return key.OpenFromBase64(key.SealToBase64(plaintext, iv), iv).AsSpan().SequenceEqual(plaintext);
        });

    [Fact]
    public void The_counter_blocks_are_those_of_the_definition() =>
        Gen.Select(_genKey, _genIv, Gen.Byte.Array[0, 300]).Sample((keyBytes, iv, data) =>
        {
            using var key = new SymmetricKey(keyBytes);
            var ours = data.ToArray();
            key.ApplyCtr(iv, ours);
            return ours.AsSpan().SequenceEqual(BlockByBlock(keyBytes, iv, data));
        });

    [Theory]
    [InlineData(0, 16)]
    [InlineData(15, 16)]
    [InlineData(16, 32)]
    [InlineData(1000, 1008)]
    public void Padding_always_adds_one_to_sixteen_bytes(int plaintextBytes, int sealedBytes)
    {
        using var key = SymmetricKey.FromBase64(VectorKey);

        var text = Encoding.ASCII.GetString(key.SealToBase64(new byte[plaintextBytes], SymmetricKey.ZeroIv));

        Assert.Equal(sealedBytes, Convert.FromBase64String(text).Length);
    }

    [Fact]
    public void A_wrong_key_or_IV_never_gives_the_plaintext() =>
        Gen.Select(_genKey, _genKey, _genIv, _genIv, Gen.Byte.Array[1, 200]).Where(t => !t.Item1.AsSpan().SequenceEqual(t.Item2) && !t.Item3.AsSpan().SequenceEqual(t.Item4))
            .Sample((keyBytes, otherKeyBytes, iv, otherIv, plaintext) =>
            {
                using var key = new SymmetricKey(keyBytes);
                using var otherKey = new SymmetricKey(otherKeyBytes);
                var text = key.SealToBase64(plaintext, iv);
                return !Opens(otherKey, text, iv, plaintext) && !Opens(key, text, otherIv, plaintext);
            });

    [Fact]
    public void A_wrong_key_fails_with_the_one_failure_except_where_the_padding_happens_to_fit()
    {
        using var key = SymmetricKey.FromBase64(VectorKey);
        var text = key.SealToBase64("a secret"u8, SymmetricKey.ZeroIv);
        var failures = 0;
        for (var i = 0; i < 256; i++)
        {
            var bytes = new byte[SymmetricKey.KeyBytes];
            bytes[0] = (byte)i;
            using var wrong = new SymmetricKey(bytes);
            try
            {
                Assert.NotEqual("a secret"u8.ToArray(), wrong.OpenFromBase64(text, SymmetricKey.ZeroIv));
            }
            catch (CryptoException error)
            {
                Assert.Equal(CryptoFault.CannotOpen, error.Fault);
                Assert.Equal("can't be opened with this key", error.Message);
                failures++;
            }
        }

        // One in 256 is expected to pass; the keys are fixed, so this never flickers.
        Assert.InRange(failures, 250, 256);
    }

    [Theory]
    [InlineData("")]
    [InlineData("not base64!")]
    [InlineData("AAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAA=")]
    public void Damaged_text_fails_with_the_same_failure_as_a_wrong_key(string text)
    {
        using var key = SymmetricKey.FromBase64(VectorKey);

        var error = Assert.Throws<CryptoException>(() => key.OpenFromBase64(Encoding.UTF8.GetBytes(text), SymmetricKey.ZeroIv));

        Assert.Equal(CryptoFault.CannotOpen, error.Fault);
        Assert.Equal("can't be opened with this key", error.Message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(15)]
    [InlineData(17)]
    public void An_IV_of_another_length_is_refused(int ivBytes)
    {
        using var key = SymmetricKey.FromBase64(VectorKey);

        Assert.Equal(CryptoFault.Malformed, Assert.Throws<CryptoException>(() => key.SealToBase64("x"u8, new byte[ivBytes])).Fault);
    }

    [Theory]
    [InlineData("")]
    [InlineData("AAAA")]
    [InlineData("1DPU9OP3CYvamnVBMwGgL7fm8yB1klAap0Uc5Z9R79gA")]
    [InlineData("1DPU9OP3CYvamnVBMwGgL7fm8yB1klAap0Uc5Z9R79")]
    [InlineData("1DPU9OP3CYvamnVBMwGgL7fm8yB1klAap0Uc5Z9R79gAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void Text_that_is_not_a_key_is_refused_without_repeating_it(string text)
    {
        var error = Assert.Throws<CryptoException>(() => SymmetricKey.FromBase64(text));

        Assert.Equal(CryptoFault.Malformed, error.Fault);
        Assert.True(text.Length == 0 || !error.Message.Contains(text, StringComparison.Ordinal));
    }

    [Fact]
    public void Many_threads_may_use_one_key()
    {
        using var key = SymmetricKey.FromBase64(VectorKey);
        var plaintext = Enumerable.Range(0, 5000).Select(i => (byte)i).ToArray();
        var expected = key.SealToBase64(plaintext, SymmetricKey.ZeroIv);
        var wrong = 0;

        var threads = Enumerable.Range(0, 8).Select(_ => new Thread(() =>
        {
            for (var i = 0; i < 200; i++)
            {
                if (!key.SealToBase64(plaintext, SymmetricKey.ZeroIv).AsSpan().SequenceEqual(expected))
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
    public void A_key_travels_as_base64_and_is_never_shown()
    {
        using var key = SymmetricKey.FromBase64(VectorKey);

        Assert.Equal(VectorKey, key.ToBase64());
        Assert.DoesNotContain(VectorKey, key.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_disposed_key_does_nothing_more()
    {
        var key = SymmetricKey.FromBase64(VectorKey);
        key.Dispose();
        key.Dispose();

        Assert.Throws<ObjectDisposedException>(() => key.SealToBase64("x"u8, SymmetricKey.ZeroIv));
        Assert.Throws<ObjectDisposedException>(key.ToBase64);
        Assert.Throws<ObjectDisposedException>(() => key.Hmac("x"u8));
    }

    [Fact]
    public void The_keyed_hash_is_HMAC_SHA_256()
    {
        using var key = SymmetricKey.FromBase64(VectorKey);

        Assert.Equal(HMACSHA256.HashData(Convert.FromBase64String(VectorKey), "name"u8), key.Hmac("name"u8));
    }

    private static bool Opens(SymmetricKey key, byte[] text, byte[] iv, byte[] plaintext)
    {
        try
        {
            return key.OpenFromBase64(text, iv).AsSpan().SequenceEqual(plaintext);
        }
        catch (CryptoException)
        {
            return false;
        }
    }

    /// <summary>The definition, a block at a time with an arbitrary-precision counter.</summary>
    private static byte[] BlockByBlock(byte[] keyBytes, byte[] iv, byte[] data)
    {
        using var aes = Aes.Create();
        aes.Key = keyBytes;
        var counter = new System.Numerics.BigInteger(iv, isUnsigned: true, isBigEndian: true);
        var result = data.ToArray();
        for (var at = 0; at < data.Length; at += 16)
        {
            var block = new byte[16];
            var number = (counter % System.Numerics.BigInteger.Pow(2, 128)).ToByteArray(isUnsigned: true, isBigEndian: true);
            number.CopyTo(block, 16 - number.Length);
            var keystream = aes.EncryptEcb(block, PaddingMode.None);
            for (var i = at; i < Math.Min(at + 16, data.Length); i++)
            {
                result[i] ^= keystream[i - at];
            }

            counter++;
        }

        return result;
    }
}
