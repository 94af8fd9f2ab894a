using System.Text;
using AtSync.Protocol.Verbs;

namespace AtSync.Protocol.Tests.Verbs;

public sealed class EnrollParamsTests
{
    [Fact]
    public void Every_member_survives_write_then_parse()
    {
        var all = new EnrollParams
        {
            EnrollmentId = "id",
            AppName = "notes",
            DeviceName = "laptop",
            Namespaces = new([new("notes", "rw"), new("__manage", "r")]),
            Otp = "ABC123",
            EncryptedDefaultEncryptionPrivateKey = "a+b/=",
            EncPrivateKeyIv = "iv1",
            EncryptedDefaultSelfEncryptionKey = "self",
            SelfEncKeyIv = "iv2",
            EncryptedApkamSymmetricKey = "sym",
            ApkamPublicKey = "pub",
            SigningAlgo = "rsa2048",
            ApskJson = "{\"v\":1}",
            ApskLegacy = "legacy",
            ApkamPublicKeySignature = "sig",
            MetadataJson = "{\"keyPackage\":\"x\"}",
            EnrollmentStatusFilter = new(["pending", "approved"]),
            ApkamKeysExpiryInMillis = 5,
            Unknown = new([new UnknownMember("later", "[1,2]")]),
        };

        Assert.True(EnrollParams.TryParse(Encoding.UTF8.GetBytes(all.ToJson()), out var read, out _));
        Assert.Equal(all, read);
    }

    [Fact]
    public void Base64_and_letters_beyond_ASCII_are_written_raw() =>
        Assert.Equal("""{"appName":"é","apkamPublicKey":"a+b/c="}""", new EnrollParams { AppName = "é", ApkamPublicKey = "a+b/c=" }.ToJson());

    [Fact]
    public void Malformed_json_closes_the_connection()
    {
        Assert.False(EnrollParams.TryParse("{\"appName\":"u8, out _, out var error));
        Assert.Equal(AtErrorCodes.InternalException, error.Code);
        Assert.True(error.Closes);
    }

    [Theory]
    [InlineData("""{"appName":1}""")]
    [InlineData("""{"namespaces":[]}""")]
    [InlineData("""{"namespaces":{"a":1}}""")]
    [InlineData("""{"enrollmentStatusFilter":["what"]}""")]
    [InlineData("""{"apkamKeysExpiryInMillis":"1"}""")]
    [InlineData("""[]""")]
    public void A_wrong_type_keeps_the_connection(string json)
    {
        Assert.False(EnrollParams.TryParse(Encoding.UTF8.GetBytes(json), out _, out var error));
        Assert.Equal(AtErrorCodes.InternalError, error.Code);
        Assert.False(error.Closes);
    }

    [Fact]
    public void A_null_member_is_absent()
    {
        Assert.True(EnrollParams.TryParse("""{"enrollmentId":null,"appName":"x"}"""u8, out var read, out _));
        Assert.Equal(new EnrollParams { AppName = "x" }, read);
    }
}
