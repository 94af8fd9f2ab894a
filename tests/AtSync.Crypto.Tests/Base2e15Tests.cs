using System.Text;
using CsCheck;

namespace AtSync.Crypto.Tests;

public sealed class Base2e15Tests
{
    [Theory]
    [InlineData("426173653265313520697320617765736f6d6521", "嗺둽嬖蟝巍媖疌켉溁닽壪")]
    [InlineData("00", "㒀")]
    [InlineData("ff", "휤")]
    [InlineData("6162", "敻㐀")]
    [InlineData("00ff10", "㓿磊")]
    [InlineData("000102030405060708090a0b0c0d0e0f", "㒀畊려蔪洊売䪘䆎㰀")]
    [InlineData("ffffffffffffffffffffffffffffff", "힣힣힣힣힣힣힣힣")]
    [InlineData("", "")]
    public void Bytes_and_text_are_those_of_Dart(string hex, string text)
    {
        Assert.Equal(text, Base2e15.Encode(Convert.FromHexString(hex)));
        Assert.Equal(hex, Convert.ToHexStringLower(Base2e15.Decode(text)));
    }

    [Fact]
    public void Code_points_are_exactly_those_of_the_table()
    {
        Assert.Equal("55FA B47D 5B16 87DD 5DCD 5A96 758C CF09 6E81 B2FD 58EA", CodePoints(Base2e15.Encode("Base2e15 is awesome!"u8)));
        Assert.Equal("3480 754A B824 852A 6D0A 58F2 4A98 418E 3C00", CodePoints(Base2e15.Encode(Convert.FromHexString("000102030405060708090a0b0c0d0e0f"))));
    }

    [Fact]
    public void Foreign_characters_are_skipped() =>
        Assert.Equal("Base2e15 is awesome!", Encoding.ASCII.GetString(Base2e15.Decode("~嗺둽嬖蟝巍媖疌123켉溁닽壪")));

    [Fact]
    public void The_short_character_ends_the_text() => Assert.Equal("6162", Convert.ToHexStringLower(Base2e15.Decode("敻㐀敻敻")));

    [Fact]
    public void Any_bytes_come_back() =>
        Gen.Byte.Array[0, 400].Sample(bytes => Base2e15.Decode(Base2e15.Encode(bytes)).AsSpan().SequenceEqual(bytes));

    [Fact]
    public void Any_text_decodes_without_failing() => Gen.String.Sample(text => Base2e15.Decode(text).Length <= text.Length * 2);

    private static string CodePoints(string text) => string.Join(' ', text.Select(c => ((int)c).ToString("X4", null)));
}
