using System.Text;
using AtSync.Client.Local;
using AtSync.Crypto.Algorithms;
using AtSync.Protocol;
using AtSync.Storage.Local;
using CsCheck;

namespace AtSync.Client.Tests.Local;

public class ValueCodecTests
{
    private static readonly ValueCodec Codec = new(TestKeys.Alice, TestKeys.Ring, new SeededRandom(3));
    private static readonly AtKey Self = KeyRules.Parse("note.app", TestKeys.Alice);
    private static readonly AtKey Public = KeyRules.Parse("public:note.app", TestKeys.Alice);

    private static readonly string[] Pieces = ["🦄", "🛠", "\n", "\r\n", "\"", "\\", " ", "\t", "\0", "é", "~NL~", "null"];

    /// <summary>Any text that is valid Unicode, among it emoji, quotes and line breaks.</summary>
    private static readonly Gen<string> Texts = Gen.OneOf(
        Gen.Char.Where(c => !char.IsSurrogate(c)).Select(c => c.ToString()),
        Gen.Int[0, Pieces.Length - 1].Select(i => Pieces[i])).Array[0, 60].Select(string.Concat);

    [Fact]
    public void Self_texts_round_trip() => Texts.Sample(text => RoundTrip(Self, AtValue.OfText(text)).Text == text);

    [Fact]
    public void Self_bytes_round_trip() =>
        Gen.Byte.Array[0, 200].Sample(bytes => RoundTrip(Self, AtValue.OfBytes(bytes)) is { IsBinary: true } value && value.Bytes.Span.SequenceEqual(bytes));

    [Fact]
    public void Public_texts_round_trip_and_fit_a_command_line() => Texts.Where(text => text.Length > 0).Sample(text =>
    {
        var change = Codec.Seal(Public, AtValue.OfText(text), null, default, 0);
        var wire = Encoding.UTF8.GetString(change.Value.Span);
        return !wire.AsSpan().ContainsAny('\n', '\r') && wire.Trim() == wire && Open(Public, change).Text == text;
    });

    [Fact]
    public void Public_bytes_round_trip() =>
        Gen.Byte.Array[1, 100].Sample(bytes => RoundTrip(Public, AtValue.OfBytes(bytes)).Bytes.Span.SequenceEqual(bytes));

    [Fact]
    public void The_same_value_is_never_sealed_with_the_same_iv()
    {
        var one = Codec.Seal(Self, AtValue.OfText("x"), null, default, 0);
        var two = Codec.Seal(Self, AtValue.OfText("x"), null, one.Metadata.Span, 0);
        Assert.NotEqual(Metadata(one).IvNonce, Metadata(two).IvNonce);
        Assert.False(one.Value.Span.SequenceEqual(two.Value.Span));
    }

    [Fact]
    public void A_self_value_says_how_it_is_sealed()
    {
        var change = Codec.Seal(Self, AtValue.OfText("hello"), null, default, 12);
        var metadata = Metadata(change);
        Assert.True(metadata.IsEncrypted);
        Assert.Equal(16, Convert.FromBase64String(metadata.IvNonce!).Length);
        Assert.Null(metadata.IsBinary);
        Assert.Equal(12, change.EditTimeMs);
        Assert.True(change.IsPushed);
    }

    [Fact]
    public void The_hand_written_metadata_is_what_the_writer_would_write()
    {
        var change = Codec.Seal(Self, AtValue.OfText("hello"), null, default, 0);
        Assert.Equal(Encoding.UTF8.GetString(ValueCodec.WriteMetadata(Metadata(change))), Encoding.UTF8.GetString(change.Metadata.Span));
    }

    [Fact]
    public void An_empty_self_value_is_not_empty_as_stored()
    {
        var change = Codec.Seal(Self, AtValue.OfText(""), null, default, 0);
        Assert.Equal(24, change.Value.Length);
        Assert.Equal("", Open(Self, change).Text);
    }

    [Fact]
    public void Bytes_are_base2e15_under_the_seal_as_dart_reads_them()
    {
        var change = Codec.Seal(Self, AtValue.OfBytes("ab"u8.ToArray()), null, default, 0);
        var metadata = Metadata(change);
        Assert.True(metadata.IsBinary);
        var plain = TestKeys.Ring.Self.OpenFromBase64(change.Value.Span, Convert.FromBase64String(metadata.IvNonce!));
        Assert.Equal("\u657B\u3400", Encoding.UTF8.GetString(plain));
    }

    [Fact]
    public void A_value_sealed_with_the_zero_iv_of_older_writers_opens()
    {
        var sealed_ = SealZero("I like pizza");
        Assert.Equal("I like pizza", Codec.Open(Self, sealed_, new AtMetadata { IsEncrypted = true }).Text);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(false)]
    public void A_value_sealed_by_a_writer_that_did_not_say_so_opens(bool? isEncrypted)
    {
        Assert.Equal("I like pizza", Codec.Open(Self, SealZero("I like pizza"), new AtMetadata { IsEncrypted = isEncrypted }).Text);
    }

    [Theory]
    [InlineData("plain words")]
    [InlineData("c29tZSBiYXNlNjQgdGhhdCBpcyBwbGFpbg==")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    public void An_unmarked_value_that_does_not_open_is_the_text_it_is(string text) =>
        Assert.Equal(text, Codec.Open(Self, Encoding.UTF8.GetBytes(text), AtMetadata.Empty).Text);

    [Fact]
    public void A_marked_value_that_does_not_open_is_a_typed_refusal()
    {
        var failure = Assert.Throws<AtException>(() => Codec.Open(Self, "not sealed"u8, new AtMetadata { IsEncrypted = true }));
        Assert.Equal(AtFault.CannotOpen, failure.Fault);
    }

    [Fact]
    public void The_encoding_of_an_unsealed_text_is_undone() =>
        Assert.Equal("one\ntwo", Codec.Open(Public, "b25lCnR3bw=="u8, new AtMetadata { Encoding = "base64" }).Text);

    [Fact]
    public void A_stale_encoding_hides_nothing() =>
        Assert.Equal("no base64!", Codec.Open(Public, "no base64!"u8, new AtMetadata { Encoding = "base64" }).Text);

    [Theory]
    [InlineData("""{"providerId":"pq1"}""", "pq1")]
    [InlineData("""{"providerId":"mls","x":1}""", "mls")]
    public void A_record_of_another_provider_is_refused_by_name(string appMetadata, string provider)
    {
        var metadata = new AtMetadata { IsEncrypted = true, AppMetadata = Convert.ToBase64String(Encoding.UTF8.GetBytes(appMetadata)) };
        var failure = Assert.Throws<AtException>(() => Codec.Open(Self, SealZero("x"), metadata));
        Assert.Equal(AtFault.CannotOpen, failure.Fault);
        Assert.Contains(provider, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"providerId":"legacy"}""")]
    [InlineData("""{"other":1}""")]
    public void The_legacy_provider_and_none_are_the_classic_scheme(string appMetadata)
    {
        var metadata = new AtMetadata { IsEncrypted = true, AppMetadata = Convert.ToBase64String(Encoding.UTF8.GetBytes(appMetadata)) };
        Assert.Equal("x", Codec.Open(Self, SealZero("x"), metadata).Text);
    }

    [Fact]
    public void An_unknown_algorithm_is_refused_by_name()
    {
        var failure = Assert.Throws<AtException>(() => Codec.Open(Self, SealZero("x"), new AtMetadata { IsEncrypted = true, EncAlgo = "AES-GCM" }));
        Assert.Equal(AtFault.CannotOpen, failure.Fault);
        Assert.Contains("AES-GCM", failure.Message, StringComparison.Ordinal);
        Assert.Equal("x", Codec.Open(Self, SealZero("x"), new AtMetadata { IsEncrypted = true, EncAlgo = "AES/CTR/PKCS7Padding" }).Text);
    }

    [Fact]
    public void Public_values_are_signed_over_the_text_before_its_encoding()
    {
        var change = Codec.Seal(Public, AtValue.OfText("one\ntwo"), null, default, 0);
        var metadata = Metadata(change);
        Assert.Equal("base64", metadata.Encoding);
        using var key = new RsaPublicKey(TestKeys.Keys.EncryptionPublicKey);
        Assert.True(key.Verify("one\ntwo"u8, Convert.FromBase64String(metadata.DataSignature!), System.Security.Cryptography.HashAlgorithmName.SHA256));
        Assert.False(metadata.IsEncrypted);
    }

    [Fact]
    public void An_empty_public_value_is_refused_with_the_reason()
    {
        var failure = Assert.Throws<AtException>(() => Codec.Seal(Public, AtValue.OfText(""), null, default, 0));
        Assert.Equal(AtFault.InvalidArgument, failure.Fault);
        Assert.Contains("empty", failure.Message, StringComparison.Ordinal);
        Assert.Throws<AtException>(() => Codec.Seal(Public, AtValue.OfBytes(default), null, default, 0));
    }

    [Fact]
    public void A_stale_encoding_is_cleared_and_cleared_again_until_it_was_pushed()
    {
        var encoded = Codec.Seal(Public, AtValue.OfText("one\ntwo"), null, default, 0);
        var plain = Codec.Seal(Public, AtValue.OfText("one"), null, encoded.Metadata.Span, 0);
        Assert.Contains("\"encoding\":\"null\"", Encoding.UTF8.GetString(plain.Metadata.Span), StringComparison.Ordinal);
        Assert.Null(Metadata(plain).Encoding);
        Assert.Equal("one", Open(Public, plain).Text);
        var again = Codec.Seal(Public, AtValue.OfText("two"), null, plain.Metadata.Span, 0);
        Assert.Contains("\"encoding\":\"null\"", Encoding.UTF8.GetString(again.Metadata.Span), StringComparison.Ordinal);
    }

    [Fact]
    public void A_record_of_another_scheme_that_is_replaced_says_that_it_is_classic_now()
    {
        var previous = $$"""{"appMetadata":"{{Convert.ToBase64String("{\"providerId\":\"pq1\"}"u8)}}","encAlgo":"X"}""";
        var change = Codec.Seal(Self, AtValue.OfText("x"), null, Encoding.UTF8.GetBytes(previous), 0);
        Assert.Equal("x", Open(Self, change).Text);
        Assert.Contains("\"encAlgo\":\"null\"", Encoding.UTF8.GetString(change.Metadata.Span), StringComparison.Ordinal);
    }

    [Fact]
    public void Raw_bytes_open_as_bytes_and_name_their_scheme()
    {
        var bytes = new byte[] { 0, 255, 1, 0 };
        var change = Codec.SealRaw(Self, bytes, 0);
        Assert.Equal(SchemeCheck.RawBytes, Metadata(change).EncAlgo);
        Assert.Equal(bytes, Open(Self, change).Bytes.ToArray());
    }

    [Fact]
    public void A_value_beyond_the_limit_is_refused_and_the_limit_named()
    {
        var longest = ValueCodec.SealedBytesMax / 4 * 3;
        Assert.True(ValueCodec.SealedLength(longest - 32) <= ValueCodec.SealedBytesMax);
        Codec.Seal(Self, AtValue.OfText(new string('x', longest - 32)), null, default, 0);
        var failure = Assert.Throws<AtException>(() => Codec.Seal(Self, AtValue.OfText(new string('x', longest)), null, default, 0));
        Assert.Contains("5242880", failure.Message, StringComparison.Ordinal);
        Assert.Throws<AtException>(() => Codec.Seal(Self, AtValue.OfBytes(new byte[6_000_000]), null, default, 0));
    }

    [Fact]
    public void The_length_of_a_sealed_value_is_known_beforehand() =>
        Gen.Int[0, 500].Sample(length => Codec.Seal(Self, AtValue.OfText(new string('x', length)), null, default, 0).Value.Length == ValueCodec.SealedLength(length));

    [Fact]
    public void Half_a_surrogate_pair_is_refused_instead_of_replaced() =>
        Assert.Equal(AtFault.InvalidArgument, Assert.Throws<AtException>(() => Codec.Seal(Self, AtValue.OfText("a\uD800"), null, default, 0)).Fault);

    [Fact]
    public void Without_keys_nothing_opens_and_the_fault_says_so()
    {
        var codec = new ValueCodec(TestKeys.Alice, null, new SeededRandom(1));
        Assert.Equal(AtFault.Keys, Assert.Throws<AtException>(() => codec.Seal(Self, AtValue.OfText("x"), null, default, 0)).Fault);
        Assert.Equal(AtFault.Keys, Assert.Throws<AtException>(() => codec.Open(Self, SealZero("x"), new AtMetadata { IsEncrypted = true })).Fault);
        Assert.Equal("clear", codec.Open(Public, "clear"u8, AtMetadata.Empty).Text);
    }

    [Fact]
    public void What_the_merge_policy_sees_is_opened_or_explained()
    {
        var change = Codec.Seal(Self.Full, AtValue.OfText("merged"), ReadOnlyMemory<byte>.Empty, 5);
        Assert.Equal("merged", Codec.TryOpen(Self.Full, change.Value, change.Metadata, out var problem)!.Text);
        Assert.Null(problem);
        Assert.Null(Codec.TryOpen(Self.Full, "xx"u8.ToArray(), change.Metadata, out problem));
        Assert.NotNull(problem);
    }

    private static AtValue RoundTrip(AtKey key, AtValue value) => Open(key, Codec.Seal(key, value, null, default, 0));

    private static AtValue Open(AtKey key, LocalChange change) => Codec.Open(key, change.Value.Span, Metadata(change));

    private static AtMetadata Metadata(LocalChange change) => ValueCodec.ReadMetadata(change.Metadata.Span);

    private static byte[] SealZero(string text) => TestKeys.Ring.Self.SealToBase64(Encoding.UTF8.GetBytes(text), new byte[16]);
}
