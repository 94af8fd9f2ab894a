using System.Buffers;
using System.Text;
using System.Text.Json;
using CsCheck;

namespace AtSync.Protocol.Tests;

public sealed class AtMetadataJsonTests
{
    private static readonly DateTimeOffset Time = new(2024, 10, 24, 1, 2, 3, 456, TimeSpan.Zero);
    private static readonly string AppJson = "{\"providerId\":\"legacy\"}";

    private static readonly AtMetadata Full = new()
    {
        CreatedBy = "@alice🛠",
        UpdatedBy = "@alice",
        CreatedAt = Time,
        UpdatedAt = Time,
        AvailableAt = Time,
        ExpiresAt = Time,
        RefreshAt = Time,
        Status = "active",
        Version = 3,
        Ttl = 1000,
        Ttb = 0,
        Ttr = -1,
        Ccd = true,
        IsBinary = false,
        IsEncrypted = true,
        DataSignature = "s+/=",
        SharedKeyStatus = "x",
        SharedKeyEnc = "e",
        PubKeyCS = "c",
        PubKeyHash = "h\"",
        HashingAlgo = "sha512",
        Encoding = "base64",
        EncKeyName = "k",
        EncAlgo = "AES/CTR/PKCS7Padding",
        IvNonce = "n",
        SkeEncKeyName = "l",
        SkeEncAlgo = "RSA",
        Immutable = true,
        AppMetadata = Convert.ToBase64String(Encoding.UTF8.GetBytes(AppJson)),
        Unknown = new([new UnknownMember("later", "{\"a\":[1,null]}"), new UnknownMember("more", "\"x\"")]),
    };

    [Fact]
    public void The_typed_object_is_that_of_the_reference()
    {
        var metadata = new AtMetadata { CreatedBy = "@alice", CreatedAt = Time, Status = "active", Version = 0, IsBinary = false, AppMetadata = Full.AppMetadata };
        Assert.Equal(
            "{\"createdBy\":\"@alice\",\"createdAt\":\"2024-10-24 01:02:03.456Z\",\"status\":\"active\",\"version\":0,\"isBinary\":false,\"appMetadata\":{\"providerId\":\"legacy\"}}",
            Written(metadata, AtMetadataJson.WriteTyped));
    }

    [Fact]
    public void The_owned_members_are_strings_without_braces_and_without_what_the_server_owns()
    {
        Assert.Equal(
            "\"ttl\":\"1000\",\"isEncrypted\":\"true\",\"pubKeyHash\":\"{\\\"hash\\\":\\\"h\\\",\\\"hashingAlgo\\\":\\\"sha512\\\"}\",\"ivNonce\":\"n\"",
            Written(new AtMetadata { Ttl = 1000, IsEncrypted = true, IvNonce = "n", PubKeyHash = "h", HashingAlgo = "sha512", Status = "active", UpdatedAt = Time }, AtMetadataJson.WriteOwnedMembers));
        Assert.Equal("", Written(AtMetadata.Empty, AtMetadataJson.WriteOwnedMembers));
    }

    [Fact]
    public void Every_member_survives_both_spellings()
    {
        Assert.Equal(Full, Read(Written(Full, AtMetadataJson.WriteTyped)));
        Assert.Equal(Full, Read(Written(Full, AtMetadataJson.WriteStrings)));
    }

    [Fact]
    public void Any_subset_of_members_survives_both_spellings_and_is_valid_JSON()
    {
        var texts = Gen.String[Gen.Char[' ', 'ÿ'], 1, 12].Where(t => t != "null");
        Gen.Select(texts, texts, Gen.Long, Gen.Bool, Gen.Int[0, 63]).Sample(
            (a, b, number, flag, which) =>
            {
                var metadata = new AtMetadata
                {
                    Ttl = (which & 1) != 0 ? number : null,
                    Ccd = (which & 2) != 0 ? flag : null,
                    EncKeyName = (which & 4) != 0 ? a : null,
                    PubKeyHash = (which & 8) != 0 && !a.StartsWith('{') ? a : null,
                    HashingAlgo = (which & 16) != 0 ? b : null,
                    Unknown = (which & 32) != 0 ? new([new UnknownMember("x" + a, JsonSerializer.Serialize(b, TestJson.Default.String))]) : EquatableList<UnknownMember>.Empty,
                };
                Assert.Equal(metadata, Read(Written(metadata, AtMetadataJson.WriteTyped)));
                Assert.Equal(metadata, Read(Written(metadata, AtMetadataJson.WriteStrings)));
                Assert.Equal(Written(metadata, AtMetadataJson.WriteStrings), "{" + Written(metadata, AtMetadataJson.WriteOwnedMembers) + "}");
            },
            iter: 2000);
    }

    [Theory]
    [InlineData("""{"ttl":"5","ccd":"True","version":2,"isEncrypted":"FALSE"}""")]
    [InlineData("""{"ttl":5,"ccd":true,"version":"2","isEncrypted":false,"ivNonce":null,"encoding":"null","expiresAt":"null","ttb":"null"}""")]
    public void Typed_members_and_strings_read_alike(string json) =>
        Assert.Equal(new AtMetadata { Ttl = 5, Ccd = true, Version = 2, IsEncrypted = false }, Read(json));

    [Fact]
    public void AppMetadata_is_the_same_in_its_three_spellings()
    {
        foreach (var spelling in new[] { AppJson, JsonSerializer.Serialize(AppJson, TestJson.Default.String), $"\"{Full.AppMetadata}\"" })
        {
            Assert.Equal(Full.AppMetadata, Read($"{{\"appMetadata\":{spelling}}}").AppMetadata);
        }
    }

    [Theory]
    [InlineData("""{"hash":"h","hashingAlgo":"sha256"}""")]
    [InlineData("""{"hash":"h","algo":"sha256","more":1}""")]
    [InlineData("\"{\\\"hash\\\":\\\"h\\\",\\\"hashingAlgo\\\":\\\"sha256\\\"}\"")]
    public void PubKeyHash_is_the_same_in_its_spellings(string spelling) =>
        Assert.Equal(new AtMetadata { PubKeyHash = "h", HashingAlgo = "sha256" }, Read($"{{\"pubKeyHash\":{spelling}}}"));

    [Theory]
    [InlineData("2024-10-24 01:02:03.456Z")]
    [InlineData("2024-10-24T01:02:03.456789Z")]
    [InlineData("2024-10-24T01:02:03.456000000Z")]
    [InlineData("2024-10-24 01:02:03.456")]
    [InlineData("2024-10-24T03:02:03.456+02:00")]
    public void A_time_reads_the_same_in_its_spellings(string text)
    {
        Assert.True(AtMetadataJson.TryParseTime(text, out var time));
        Assert.Equal(Time, time);
        Assert.Equal("2024-10-24 01:02:03.456Z", AtMetadataJson.FormatTime(time));
    }

    [Theory]
    [InlineData("2024-02-30 01:02:03Z")]
    [InlineData("2024-13-01 01:02:03Z")]
    [InlineData("0000-01-01 00:00:00Z")]
    [InlineData("0001-01-01T00:00:00+01:00")]
    [InlineData("2024-10-24")]
    [InlineData("2024-10-24 01:02:03.Z")]
    [InlineData("2024-10-24 01:02:03.456Zx")]
    public void What_is_no_time_is_refused(string text) => Assert.False(AtMetadataJson.TryParseTime(text, out _));

    [Theory]
    [InlineData("""{"ttl":"x"}""", "ttl")]
    [InlineData("""{"isEncrypted":"yes"}""", "isEncrypted")]
    [InlineData("""{"createdAt":"yesterday"}""", "createdAt")]
    [InlineData("""{"ivNonce":{}}""", "ivNonce")]
    [InlineData("""[]""", "object")]
    [InlineData("""{"a":1}x""", "JSON")]
    [InlineData("""{"a":"\ud800""", "JSON")]
    [InlineData("", "JSON")]
    public void What_is_wrong_is_named(string json, string word)
    {
        Assert.False(AtMetadataJson.TryRead(Encoding.UTF8.GetBytes(json), out var metadata, out var problem));
        Assert.Null(metadata);
        Assert.Contains(word, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Arbitrary_changes_of_the_bytes_never_make_the_reader_throw()
    {
        var json = Encoding.UTF8.GetBytes(Written(Full, AtMetadataJson.WriteStrings));
        Gen.Select(Gen.Int[0, json.Length - 1], Gen.Byte, Gen.Int[0, json.Length - 1], Gen.Byte).Sample(
            (i, a, j, b) =>
            {
                var bytes = (byte[])json.Clone();
                (bytes[i], bytes[j]) = (a, b);
                if (AtMetadataJson.TryRead(bytes, out var metadata, out _))
                {
                    Written(metadata, AtMetadataJson.WriteTyped);
                    Written(metadata, AtMetadataJson.WriteStrings);
                }
            },
            iter: 4000);
    }

    [Fact]
    public void Writing_the_owned_members_allocates_nothing()
    {
        var output = new ArrayBufferWriter<byte>(4096);
        var metadata = Full with { Unknown = EquatableList<UnknownMember>.Empty, PubKeyHash = "h" };
        AtMetadataJson.WriteOwnedMembers(metadata, output);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            output.ResetWrittenCount();
            AtMetadataJson.WriteOwnedMembers(metadata, output);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static AtMetadata Read(string json)
    {
        Assert.True(AtMetadataJson.TryRead(Encoding.UTF8.GetBytes(json), out var metadata, out var problem), problem + json);
        return metadata;
    }

    private static string Written(AtMetadata metadata, Action<AtMetadata, IBufferWriter<byte>> write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(metadata, output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
