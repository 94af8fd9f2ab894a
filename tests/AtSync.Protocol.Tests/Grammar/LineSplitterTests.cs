using System.Buffers;
using System.Text;
using AtSync.Protocol.Grammar;
using CsCheck;

namespace AtSync.Protocol.Tests.Grammar;

public sealed class LineSplitterTests
{
    [Theory]
    [InlineData("\r\n", "")]
    [InlineData("\n\n", "")]
    [InlineData("from:alice\n\n", "from:alice")]
    [InlineData("\r\nfrom:alice\r\n", "from:alice")]
    [InlineData("\n \n  x \t\r\n", "x")]
    [InlineData("a\nb\r\nc", "a|b")]
    [InlineData("", null)]
    [InlineData("abc", null)]
    public void One_read_gives_its_lines(string read, string? expected) => Assert.Equal(expected, Joined(Lines([Encoding.UTF8.GetBytes(read)])));

    [Fact]
    public void A_blank_line_in_a_read_of_its_own_is_a_command_even_behind_another() =>
        Assert.Equal("from:alice||pol", Joined(Lines(["from:alice\n"u8.ToArray(), "\n"u8.ToArray(), "pol\n"u8.ToArray()])));

    [Fact]
    public void A_line_over_the_limit_is_an_overflow_with_and_without_its_end()
    {
        var splitter = new LineSplitter(maxLineBytes: 4);
        var whole = new ReadOnlySequence<byte>("12345\n"u8.ToArray());
        Assert.Equal(LineRead.TooLong, splitter.TryRead(ref whole, out _));
        splitter = new LineSplitter(maxLineBytes: 4);
        var begun = new ReadOnlySequence<byte>("12345"u8.ToArray());
        Assert.Equal(LineRead.TooLong, splitter.TryRead(ref begun, out _));
        splitter = new LineSplitter(maxLineBytes: 4);
        var fits = new ReadOnlySequence<byte>("1234\n"u8.ToArray());
        Assert.Equal(LineRead.Line, splitter.TryRead(ref fits, out _));
    }

    [Fact]
    public void Any_chunking_of_the_bytes_gives_the_same_lines()
    {
        var line = Any.Of("from:@alice", "update:x@a 1 ", "  pol\r", "é🛠", "a");
        Gen.Select(line.List[1, 12], Gen.Int[1, 40].List[1, 40]).Sample(
            (lines, cuts) =>
            {
                var bytes = Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n");
                Assert.Equal(lines.Select(l => l.Trim()), Lines(Chunks.Of(bytes, cuts)));
            },
            iter: 3000);
    }

    private static string? Joined(List<string> lines) => lines.Count == 0 ? null : string.Join('|', lines);

    /// <summary>As a pump does it: what a read leaves over stands in front of the next.</summary>
    private static List<string> Lines(IEnumerable<byte[]> reads)
    {
        var splitter = new LineSplitter();
        List<string> lines = [];
        List<byte[]> rest = [];
        foreach (var read in reads)
        {
            var buffer = Chunks.Sequence([.. rest, read]);
            while (splitter.TryRead(ref buffer, out var line) == LineRead.Line)
            {
                lines.Add(Encoding.UTF8.GetString(line.ToArray()));
            }

            splitter.EndRead();
            rest = Chunks.Segments(buffer);
        }

        return lines;
    }
}
