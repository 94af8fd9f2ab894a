using System.Text;
using System.Text.Json.Nodes;
using AtSync.Crypto.Algorithms;
using AtSync.Protocol;
using CsCheck;

namespace AtSync.Crypto.Tests.KeyFiles;

public sealed class KeyDocumentTests
{
    private static readonly AtSign _alice = AtSign.Parse(KeyDocuments.Owner);
    private static readonly Vector _expected = Vector.Load("alice-expected.json");

    [Fact]
    public void A_published_flat_file_is_read()
    {
        var keys = AtKeysFile.Parse(Vector.Bytes("alice.atKeys"), passphrase: null);

        Assert.Equal(_alice, keys.AtSign);
        Assert.Equal(_expected.Sha256("aesPkamPublicKey"), Vector.Sha256Hex(keys.PkamPublicKey!));
        Assert.Equal(_expected.Sha256("aesPkamPrivateKey"), Vector.Sha256Hex(keys.PkamPrivateKey!));
        Assert.Equal(_expected.Sha256("aesEncryptPublicKey"), Vector.Sha256Hex(keys.EncryptionPublicKey));
        Assert.Equal(_expected.Sha256("aesEncryptPrivateKey"), Vector.Sha256Hex(keys.EncryptionPrivateKey));
        Assert.Equal(_expected["pkamPublicKey"], keys.PkamPublicKey);
        Assert.Equal(_expected["encryptionPublicKey"], keys.EncryptionPublicKey);
        Assert.Equal(_expected["selfEncryptionKey"], keys.SelfEncryptionKey);
        Assert.Equal(KeyDocuments.Flat()["apkamSymmetricKey"]!.GetValue<string>(), keys.ApkamSymmetricKey);
        Assert.Equal(KeyDocuments.Flat()["enrollmentId"]!.GetValue<string>(), keys.EnrollmentId);
        Assert.Null(keys.Rest);
        Assert.Null(keys.LoginProblem);
    }

    [Fact]
    public void The_keys_of_the_published_file_sign_as_expected()
    {
        var keys = AtKeysFile.Parse(Vector.Bytes("alice.atKeys"), passphrase: null);
        using var pkam = new RsaPrivateKey(keys.PkamPrivateKey!);
        using var encryption = new RsaPrivateKey(keys.EncryptionPrivateKey);

        Assert.Equal(_expected["pkamSignatureSha256"], PkamSignature.Sign(_expected["challenge"], pkam));
        Assert.Equal(
            _expected["dataSignature"],
            Convert.ToBase64String(encryption.Sign(Encoding.UTF8.GetBytes(_expected["publicValue"]), System.Security.Cryptography.HashAlgorithmName.SHA256)));
    }

    [Fact]
    public void A_second_published_file_is_read()
    {
        var keys = AtKeysFile.Parse(Vector.Bytes("8incanteater.atKeys"), passphrase: null);

        Assert.Equal("@8incanteater", keys.AtSign.ToString());
        Assert.Equal("a0490ae04bd2a6abb0ed124ebe7395b675cb1a3dc8594d9ff5495b27bd1e787f", Vector.Sha256Hex(keys.PkamPublicKey!));
        Assert.Equal("743a67a415d8fef35cdac0f6d0feb6a341ad024746221abcc7bb88abd6d047e5", Vector.Sha256Hex(keys.PkamPrivateKey!));
        Assert.Equal("30385251b2e151912573604f5e135685ca99a0d0dad4c310fd177b48abc602e9", Vector.Sha256Hex(keys.EncryptionPublicKey));
        Assert.Equal("71492b3817c08fe4c7ddcd6991a8b53e9ed0e830c5edde001e813a97bb1e3e25", Vector.Sha256Hex(keys.EncryptionPrivateKey));
        Assert.Equal("ErES7LlWlIJAUEEwfvwqhjyi/NvTQ964uojS8KYcHvI=", keys.SelfEncryptionKey);
        Assert.Equal("Z7LAVzBhtBpkZHleFmINyPW2jTofBOph3oqaTipJWCE=", keys.ApkamSymmetricKey);
        Assert.Equal("865839ed-856a-4c97-b475-7a8ead295f17", keys.EnrollmentId);
    }

    [Theory]
    [InlineData("alice.atKeys")]
    [InlineData("8incanteater.atKeys")]
    public void Writing_a_flat_file_gives_back_exactly_its_members(string file)
    {
        var keys = AtKeysFile.Parse(Vector.Bytes(file), passphrase: null);

        var written = keys.Write(keys.AtSign!.Value, passphrase: null, SystemRandomSource.Instance);

        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(Vector.Bytes(file)), JsonNode.Parse(written)));
    }

    [Fact]
    public void Members_that_are_not_understood_survive()
    {
        var document = KeyDocuments.Flat();
        document["from a later version"] = JsonNode.Parse("""{"deep":[1,2.50,{"null":null}],"text":"é😘"}""");
        document["@other"] = "kept";

        var keys = AtKeysFile.Parse(document.Utf8(), passphrase: null);
        var written = keys.Write(_alice, passphrase: null, SystemRandomSource.Instance);

        Assert.Equal(_alice, keys.AtSign);
        Assert.True(JsonNode.DeepEquals(document, JsonNode.Parse(written)));
        Assert.Contains("2.50", Encoding.UTF8.GetString(written), StringComparison.Ordinal);
    }

    [Fact]
    public void Optional_members_may_be_absent_or_null()
    {
        var document = KeyDocuments.Flat();
        document.Remove("apkamSymmetricKey");
        document["enrollmentId"] = null;
        document.Remove("aesPkamPrivateKey");
        document.Remove(KeyDocuments.Owner);

        var keys = AtKeysFile.Parse(document.Utf8(), passphrase: null);

        Assert.Null(keys.AtSign);
        Assert.Null(keys.ApkamSymmetricKey);
        Assert.Null(keys.EnrollmentId);
        Assert.Null(keys.PkamPrivateKey);
        Assert.NotNull(keys.PkamPublicKey);
    }

    [Fact]
    public void The_oldest_files_name_the_self_key_after_the_atSign_only()
    {
        var document = KeyDocuments.Flat();
        document.Remove("selfEncryptionKey");

        Assert.Equal(_expected["selfEncryptionKey"], AtKeysFile.Parse(document.Utf8(), passphrase: null).SelfEncryptionKey);
    }

    [Fact]
    public void A_byte_order_mark_is_accepted() =>
        Assert.Equal(_alice, AtKeysFile.Parse([0xEF, 0xBB, 0xBF, .. Vector.Bytes("alice.atKeys")], passphrase: null).AtSign);

    [Fact]
    public void A_typed_document_logs_in_with_its_live_enrollment_and_survives()
    {
        var document = KeyDocuments.Typed("rsa2048");

        var keys = AtKeysFile.Parse(document.Utf8(), passphrase: null);
        var written = keys.Write(_alice, passphrase: null, SystemRandomSource.Instance);

        Assert.Equal("new-enrollment", keys.EnrollmentId);
        Assert.Equal(KeyDocuments.OtherKey.Pkcs8Base64, keys.PkamPrivateKey);
        Assert.Equal(KeyDocuments.OtherKey.PublicSpkiBase64, keys.PkamPublicKey);
        Assert.Equal(_expected["encryptionPublicKey"], keys.EncryptionPublicKey);
        Assert.Null(keys.LoginProblem);
        Assert.True(JsonNode.DeepEquals(document, JsonNode.Parse(written)));
        Assert.Contains("1.50", Encoding.UTF8.GetString(written), StringComparison.Ordinal);
        Assert.Equal("new-enrollment", AtKeysFile.Parse(written, passphrase: null).EnrollmentId);
    }

    [Fact]
    public void A_document_of_3_3_is_read_under_its_older_names()
    {
        var document = KeyDocuments.Typed33();

        var keys = AtKeysFile.Parse(document.Utf8(), passphrase: null);

        Assert.Equal("new-enrollment", keys.EnrollmentId);
        Assert.Equal(KeyDocuments.OtherKey.Pkcs8Base64, keys.PkamPrivateKey);
        Assert.Equal(KeyDocuments.OtherKey.PublicSpkiBase64, keys.PkamPublicKey);
        Assert.True(JsonNode.DeepEquals(document, JsonNode.Parse(keys.Write(_alice, passphrase: null, SystemRandomSource.Instance))));
    }

    [Fact]
    public void A_document_of_3_3_with_no_keys_is_a_flat_one()
    {
        var document = KeyDocuments.Flat();
        document["version"] = 1;
        document["keys"] = new JsonArray();

        var keys = AtKeysFile.Parse(document.Utf8(), passphrase: null);

        Assert.Equal(_expected["pkamPublicKey"], keys.PkamPublicKey);
        Assert.True(JsonNode.DeepEquals(document, JsonNode.Parse(keys.Write(_alice, passphrase: null, SystemRandomSource.Instance))));
    }

    [Fact]
    public void A_live_enrollment_with_another_algorithm_says_that_the_flat_keys_must_not_log_in()
    {
        var document = KeyDocuments.Typed("mldsa65");

        var keys = AtKeysFile.Parse(document.Utf8(), passphrase: null);

        Assert.Contains("mldsa65", keys.LoginProblem, StringComparison.Ordinal);
        Assert.Equal(_expected["pkamPublicKey"], keys.PkamPublicKey);
        Assert.True(JsonNode.DeepEquals(document, JsonNode.Parse(keys.Write(_alice, passphrase: null, SystemRandomSource.Instance))));
    }

    [Theory]
    [InlineData("retired")]
    [InlineData("dead")]
    [InlineData("a state of the future")]
    public void Material_that_is_not_active_is_kept_but_never_used(string status)
    {
        var keys = AtKeysFile.Parse(KeyDocuments.Typed("rsa2048", status).Utf8(), passphrase: null);

        Assert.Equal(_expected["pkamPublicKey"], keys.PkamPublicKey);
        Assert.Null(keys.LoginProblem);
    }

    [Fact]
    public void Material_without_a_state_is_active() =>
        Assert.Equal("new-enrollment", AtKeysFile.Parse(KeyDocuments.Typed("rsa2048", status: null).Utf8(), passphrase: null).EnrollmentId);

    [Fact]
    public void The_enrollment_named_primary_is_the_login_without_an_id() =>
        Assert.Null(AtKeysFile.Parse(KeyDocuments.Typed("rsa2048", enrollmentId: "primary").Utf8(), passphrase: null).EnrollmentId);

    [Fact]
    public void With_several_live_enrollments_the_flat_members_log_in()
    {
        var document = KeyDocuments.Typed("rsa2048");
        document["enrollments"]!.AsArray().Add(KeyDocuments.Enrollment("second", "rsa2048", "active"));

        Assert.Equal(_expected["pkamPublicKey"], AtKeysFile.Parse(document.Utf8(), passphrase: null).PkamPublicKey);
    }

    [Fact]
    public void Of_several_active_keys_of_one_enrollment_the_latest_generation_logs_in()
    {
        var document = KeyDocuments.Typed("mldsa65");
        var later = KeyDocuments.Enrollment("new-enrollment", "rsa2048", "active", generation: 10);
        document["enrollments"]!.AsArray().Add(later);

        Assert.Null(AtKeysFile.Parse(document.Utf8(), passphrase: null).LoginProblem);
    }

    [Theory]
    [InlineData("aesEncryptPublicKey")]
    [InlineData("aesEncryptPrivateKey")]
    public void A_missing_member_is_named(string member)
    {
        var document = KeyDocuments.Flat();
        document.Remove(member);

        var error = Assert.Throws<CryptoException>(() => AtKeysFile.Parse(document.Utf8(), passphrase: null));

        Assert.Equal(CryptoFault.Malformed, error.Fault);
        Assert.Contains(member, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_without_any_self_key_says_so()
    {
        var document = KeyDocuments.Flat();
        document.Remove("selfEncryptionKey");
        document.Remove(KeyDocuments.Owner);

        Assert.Contains("selfEncryptionKey", Assert.Throws<CryptoException>(() => AtKeysFile.Parse(document.Utf8(), passphrase: null)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("aesPkamPublicKey")]
    [InlineData("aesPkamPrivateKey")]
    [InlineData("aesEncryptPublicKey")]
    [InlineData("aesEncryptPrivateKey")]
    [InlineData("selfEncryptionKey")]
    public void Any_changed_character_of_a_key_is_noticed(string member)
    {
        var document = KeyDocuments.Flat();
        var text = document[member]!.GetValue<string>();
        foreach (var at in new[] { 0, 40, text.Length / 2, text.Length - 3 }.Where(i => i < text.Length - 2))
        {
            var damaged = text.ToCharArray();
            damaged[at] = damaged[at] == 'A' ? 'B' : 'A';
            document[member] = new string(damaged);

            var error = Assert.Throws<CryptoException>(() => AtKeysFile.Parse(document.Utf8(), passphrase: null));

            Assert.Equal(CryptoFault.Malformed, error.Fault);
            Assert.DoesNotContain(text[..16], error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("selfEncryptionKey", "short")]
    [InlineData("apkamSymmetricKey", "AAAA")]
    [InlineData("aesPkamPublicKey", "not base64")]
    public void A_member_that_is_not_a_key_is_named(string member, string value)
    {
        var document = KeyDocuments.Flat();
        document[member] = value;

        Assert.Contains(member, Assert.Throws<CryptoException>(() => AtKeysFile.Parse(document.Utf8(), passphrase: null)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_member_of_another_type_is_named()
    {
        var document = KeyDocuments.Flat();
        document["enrollmentId"] = 7;

        Assert.Contains("enrollmentId is not text", Assert.Throws<CryptoException>(() => AtKeysFile.Parse(document.Utf8(), passphrase: null)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("  \n")]
    [InlineData("\0\0\0\0")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{\"a\":1}{")]
    [InlineData("{\"a\":1,\"a\":1}")]
    [InlineData("{\"selfEncryptionKey\":\"\\ud800\"}")]
    public void Text_that_is_not_a_key_document_is_refused(string text) =>
        Assert.Equal(CryptoFault.Malformed, Assert.Throws<CryptoException>(() => AtKeysFile.Parse(Encoding.UTF8.GetBytes(text), passphrase: null)).Fault);

    [Fact]
    public void A_document_of_brackets_alone_does_not_exhaust_the_stack() =>
        Assert.Throws<CryptoException>(() => AtKeysFile.Parse(Encoding.UTF8.GetBytes("{\"a\":" + new string('[', 1_000_000)), passphrase: null));

    [Fact]
    public void A_truncated_file_is_refused_wherever_it_was_cut()
    {
        var whole = Vector.Bytes("alice.atKeys").AsSpan().TrimEnd((byte)'\n').ToArray();
        Gen.Int[0, whole.Length - 1].Sample(length =>
        {
            var error = Assert.Throws<CryptoException>(() => AtKeysFile.Parse(whole.AsSpan(0, length), passphrase: null));
            Assert.Equal(CryptoFault.Malformed, error.Fault);
        });
    }

    [Fact]
    public void Any_bytes_give_keys_or_a_clear_refusal() => Gen.Byte.Array[0, 200].Sample(bytes =>
    {
        try
        {
            AtKeysFile.Parse(bytes, "passphrase");
        }
        catch (CryptoException)
        {
            // Expected; anything else fails the test.
        }
    });

    [Fact]
    public void A_newer_version_is_refused_rather_than_guessed()
    {
        var document = KeyDocuments.Typed("rsa2048");
        document["version"] = 2;

        Assert.Equal(CryptoFault.UnsupportedScheme, Assert.Throws<CryptoException>(() => AtKeysFile.Parse(document.Utf8(), passphrase: null)).Fault);
    }

    [Fact]
    public void Keys_are_not_written_for_another_atSign()
    {
        var keys = AtKeysFile.Parse(Vector.Bytes("alice.atKeys"), passphrase: null);

        Assert.Equal(
            CryptoFault.OtherOwner,
            Assert.Throws<CryptoException>(() => keys.Write(AtSign.Parse("@bob"), passphrase: null, SystemRandomSource.Instance)).Fault);
    }

    [Fact]
    public void Keys_are_never_shown()
    {
        var keys = AtKeysFile.Parse(Vector.Bytes("alice.atKeys"), passphrase: null);

        Assert.DoesNotContain(keys.SelfEncryptionKey, keys.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("MII", keys.ToString(), StringComparison.Ordinal);
    }
}
