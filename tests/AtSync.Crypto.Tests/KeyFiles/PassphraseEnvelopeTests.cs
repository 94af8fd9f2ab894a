using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using AtSync.Crypto.KeyFiles;
using AtSync.Protocol;

namespace AtSync.Crypto.Tests.KeyFiles;

public sealed class PassphraseEnvelopeTests
{
    private const string Passphrase = "correct horse battery staple";

    /// <summary>Made by another implementation from the published recipe of the form without a version.</summary>
    private const string UnversionedVector = """
        {"content": "7MNBRQILNm7uwpRoqOgHigl7/OVsHFijl/uJBgI0Wt9BS6zNFUBtg6MbuUs3Ur8FqhHfySvEXHP2DqhLVJzFF8T2+8IBYfdmNxsCUGsT4Ow=", "iv": "AAECAwQFBgcICQoLDA0ODw==", "hashingAlgoType": "argon2id"}
        """;

    private static readonly AtSign _alice = AtSign.Parse(KeyDocuments.Owner);

    [Theory]
    [InlineData("abcdefgh", "Cxe/RYILxVyeYH2IkpWS4yT0Ty0iBDmbJhcRCbsqxJo=")]
    [InlineData(Passphrase, "9XTo7JZhehnGb89UDi1oMIzUHDFcfVP3meBYdNh4sj0=")]
    public void The_key_of_a_passphrase_is_the_one_others_derive(string passphrase, string expected)
    {
        using var key = Argon2Costs.Unversioned.Derive(passphrase, Encoding.ASCII.GetBytes(passphrase));

        Assert.Equal(expected, key.ToBase64());
    }

    [Fact]
    public void An_envelope_without_a_version_is_opened()
    {
        using var envelope = JsonDocument.Parse(UnversionedVector);

        Assert.Equal(
            """{"pkamPublicKey":"dummy_pkam_public_key","pkamPrivateKey":"dummy_private_key"}""",
            Encoding.UTF8.GetString(PassphraseEnvelope.Open(envelope.RootElement, "abcdefgh")));
    }

    [Fact]
    public void The_right_passphrase_of_an_envelope_around_nothing_useful_names_what_is_missing()
    {
        var error = Assert.Throws<CryptoException>(() => AtKeysFile.Parse(Encoding.UTF8.GetBytes(UnversionedVector), "abcdefgh"));

        Assert.Equal(CryptoFault.Malformed, error.Fault);
        Assert.Contains("selfEncryptionKey", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("abcd")]
    [InlineData("pässwörd ☂")]
    public void Envelopes_without_a_version_take_their_salt_from_any_passphrase(string passphrase)
    {
        var salt = passphrase.Select(c => unchecked((byte)c)).ToArray();
        using var key = Argon2Costs.Unversioned.Derive(passphrase, salt);
        var iv = new byte[16];
        var envelope = new JsonObject
        {
            ["content"] = Encoding.ASCII.GetString(key.SealToBase64(Vector.Bytes("alice.atKeys"), iv)),
            ["iv"] = Convert.ToBase64String(iv),
            ["hashingAlgoType"] = "argon2id",
        };

        Assert.Equal(_alice, AtKeysFile.Parse(envelope.Utf8(), passphrase).AtSign);
    }

    [Fact]
    public void Keys_come_back_from_an_envelope()
    {
        var keys = AtKeysFile.Parse(KeyDocuments.Typed("rsa2048").Utf8(), passphrase: null);

        var written = keys.Write(_alice, Passphrase, SystemRandomSource.Instance);
        var again = AtKeysFile.Parse(written, Passphrase);

        Assert.True(AtKeysFile.NeedsPassphrase(written));
        Assert.Equal(keys with { Rest = null }, again with { Rest = null });
        Assert.Equal(keys.Rest!.Value.ToArray(), again.Rest!.Value.ToArray());
        Assert.DoesNotContain(keys.SelfEncryptionKey, Encoding.UTF8.GetString(written), StringComparison.Ordinal);
    }

    [Fact]
    public void An_envelope_is_written_in_version_1_with_a_salt_of_its_own()
    {
        var keys = AtKeysFile.Parse(Vector.Bytes("alice.atKeys"), passphrase: null);

        var first = JsonNode.Parse(keys.Write(_alice, Passphrase, SystemRandomSource.Instance))!;
        var second = JsonNode.Parse(keys.Write(_alice, Passphrase, SystemRandomSource.Instance))!;

        Assert.Equal(1, first["v"]!.GetValue<int>());
        Assert.Equal("argon2id", first["hashingAlgoType"]!.GetValue<string>());
        Assert.Equal("""{"memory":19456,"iterations":2,"parallelism":1}""", first["kdfParams"]!.ToJsonString());
        Assert.Equal(16, Convert.FromBase64String(first["salt"]!.GetValue<string>()).Length);
        Assert.NotEqual(first["salt"]!.GetValue<string>(), second["salt"]!.GetValue<string>());
        Assert.NotEqual(first["iv"]!.GetValue<string>(), second["iv"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("Correct horse battery staple")]
    [InlineData("x")]
    public void A_wrong_passphrase_is_told_from_a_missing_one(string wrong)
    {
        var written = AtKeysFile.Parse(Vector.Bytes("alice.atKeys"), passphrase: null).Write(_alice, Passphrase, SystemRandomSource.Instance);

        Assert.Equal(CryptoFault.WrongPassphrase, Assert.Throws<CryptoException>(() => AtKeysFile.Parse(written, wrong)).Fault);
        Assert.Equal(CryptoFault.PassphraseNeeded, Assert.Throws<CryptoException>(() => AtKeysFile.Parse(written, passphrase: null)).Fault);
        Assert.Equal(CryptoFault.PassphraseNeeded, Assert.Throws<CryptoException>(() => AtKeysFile.Parse(written, "")).Fault);
    }

    [Fact]
    public void A_wrong_passphrase_whose_padding_fits_is_still_a_wrong_passphrase()
    {
        // Of the first few hundred keys one makes the padding fit; the costs are the least there are.
        var envelope = Envelope();
        envelope["kdfParams"] = JsonNode.Parse("""{"memory":8,"iterations":1,"parallelism":1}""");
        for (var i = 0; i < 600; i++)
        {
            Assert.Equal(CryptoFault.WrongPassphrase, Assert.Throws<CryptoException>(() => AtKeysFile.Parse(envelope.Utf8(), $"wrong {i}")).Fault);
        }
    }

    [Fact]
    public void A_passphrase_that_is_not_needed_does_no_harm()
    {
        Assert.False(AtKeysFile.NeedsPassphrase(Vector.Bytes("alice.atKeys")));
        Assert.Equal(_alice, AtKeysFile.Parse(Vector.Bytes("alice.atKeys"), Passphrase).AtSign);
    }

    [Theory]
    [InlineData("v", "2")]
    [InlineData("v", "\"1\"")]
    [InlineData("hashingAlgoType", "\"sha512\"")]
    public void A_scheme_that_is_not_known_is_refused_rather_than_guessed(string member, string value)
    {
        var envelope = Envelope();
        envelope[member] = JsonNode.Parse(value);

        Assert.Equal(CryptoFault.UnsupportedScheme, Assert.Throws<CryptoException>(() => AtKeysFile.Parse(envelope.Utf8(), Passphrase)).Fault);
    }

    [Theory]
    [InlineData("content")]
    [InlineData("salt")]
    [InlineData("kdfParams")]
    [InlineData("hashingAlgoType")]
    public void A_missing_member_is_named(string member)
    {
        var envelope = Envelope();
        envelope.Remove(member);

        var error = Assert.Throws<CryptoException>(() => AtKeysFile.Parse(envelope.Utf8(), Passphrase));

        Assert.Equal(CryptoFault.Malformed, error.Fault);
        Assert.Contains(member, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("memory")]
    [InlineData("iterations")]
    [InlineData("parallelism")]
    public void A_missing_cost_is_named(string cost)
    {
        var envelope = Envelope();
        envelope["kdfParams"]!.AsObject().Remove(cost);

        Assert.Contains(cost, Assert.Throws<CryptoException>(() => AtKeysFile.Parse(envelope.Utf8(), Passphrase)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"memory":262145,"iterations":1,"parallelism":1}""")]
    [InlineData("""{"memory":2147483647,"iterations":1,"parallelism":1}""")]
    [InlineData("""{"memory":262144,"iterations":5,"parallelism":1}""")]
    [InlineData("""{"memory":8,"iterations":2147483647,"parallelism":1}""")]
    [InlineData("""{"memory":19456,"iterations":2,"parallelism":17}""")]
    [InlineData("""{"memory":19456,"iterations":2,"parallelism":2147483647}""")]
    [InlineData("""{"memory":19456,"iterations":0,"parallelism":1}""")]
    [InlineData("""{"memory":19456,"iterations":-1,"parallelism":1}""")]
    [InlineData("""{"memory":19456,"iterations":2,"parallelism":0}""")]
    [InlineData("""{"memory":7,"iterations":2,"parallelism":1}""")]
    [InlineData("""{"memory":99999999999,"iterations":2,"parallelism":1}""")]
    [InlineData("""{"memory":"19456","iterations":2,"parallelism":1}""")]
    public void A_hostile_file_does_not_choose_how_much_memory_and_time_it_takes(string costs)
    {
        var envelope = Envelope();
        envelope["kdfParams"] = JsonNode.Parse(costs);
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Equal(CryptoFault.Malformed, Assert.Throws<CryptoException>(() => AtKeysFile.Parse(envelope.Utf8(), Passphrase)).Fault);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2_000_000);
    }

    [Theory]
    [InlineData("salt", "")]
    [InlineData("salt", "AAAA")]
    [InlineData("salt", "not base64")]
    [InlineData("iv", "AAAA")]
    [InlineData("content", "AAAA")]
    [InlineData("content", "****")]
    public void Damage_of_the_envelope_is_told_from_a_wrong_passphrase(string member, string value)
    {
        var envelope = Envelope();
        envelope[member] = value;

        Assert.Equal(CryptoFault.Malformed, Assert.Throws<CryptoException>(() => AtKeysFile.Parse(envelope.Utf8(), Passphrase)).Fault);
    }

    [Fact]
    public void An_empty_passphrase_is_not_written()
    {
        var keys = AtKeysFile.Parse(Vector.Bytes("alice.atKeys"), passphrase: null);

        Assert.Throws<ArgumentException>(() => keys.Write(_alice, "", SystemRandomSource.Instance));
    }

    private static JsonObject Envelope() => JsonNode.Parse(
        AtKeysFile.Parse(Vector.Bytes("alice.atKeys"), passphrase: null).Write(_alice, Passphrase, SystemRandomSource.Instance))!.AsObject();
}
