using System.Buffers;
using System.Text;
using AtSync.Protocol.Responses;
using CsCheck;

namespace AtSync.Protocol.Tests.Responses;

public sealed class ResponseReaderTests
{
    [Theory]
    [InlineData("@data:_a@alice:b\n@", "Data _a@alice:b")]
    [InlineData("@alice@data:1\n@alice@", "Data 1")]
    [InlineData("data:x\n@alice@data:y\n@alice@notification: {\"id\":1}\n", "Data x|Data y|Notification {\"id\":1}")]
    [InlineData("@alice@notification: {}\nnotification: {}\ndata:ok\n@alice@", "Notification {}|Notification {}|Data ok")]
    [InlineData("@alice@data:line 1\nline @2\n@alice@", "Data line 1\nline @2")]
    [InlineData("@alice@data:a\n@bob:x\n@alice@foo\n@alice@data:b\n@alice@", "Data a\n@bob:x\n@alice@foo|Data b")]
    [InlineData("@error:AT0003-Exception: Invalid syntax. syntax from:@<atSign> \n e.g from:@alice\n@", "Error AT0003-Exception: Invalid syntax. syntax from:@<atSign> \n e.g from:@alice")]
    [InlineData("@alice@error:AT0401-x\n@", "Error AT0401-x")]
    [InlineData("@alice@data: [1]\n@alice@", "Data [1]")]
    [InlineData("@data:\n@", "Data ")]
    [InlineData("SSH-2.0-x\r\n", "Unknown SSH-2.0-x\r")]
    [InlineData("@ali", "")]
    [InlineData("@alice@data:open", "")]
    public void A_stream_gives_its_messages(string stream, string expected) =>
        Assert.Equal(expected, string.Join('|', Messages("@alice", [Encoding.UTF8.GetBytes(stream)])));

    [Fact]
    public void The_prompt_that_answers_pol_is_seen_without_a_line()
    {
        var reader = new ResponseReader("@bob", 1000);
        var buffer = new ReadOnlySequence<byte>("@@bob@"u8.ToArray());
        Assert.Equal(ReceivedKind.NeedMore, reader.TryRead(ref buffer, out _));
        Assert.True(reader.IsAuthenticated);
        Assert.True(buffer.IsEmpty);
    }

    [Fact]
    public void An_error_without_a_prompt_is_whole_when_the_stream_ends()
    {
        var reader = new ResponseReader("@alice", 1000);
        var buffer = new ReadOnlySequence<byte>("error:AT0012-Inbound connection limit exceeded\n"u8.ToArray());
        Assert.Equal(ReceivedKind.NeedMore, reader.TryRead(ref buffer, out _));
        Assert.Equal(ReceivedKind.Error, reader.TryRead(ref buffer, out var payload, isEnd: true));
        Assert.Equal("AT0012", ResponseReader.ParseError(payload.ToArray()).Code);
    }

    [Fact]
    public void A_message_over_the_limit_is_too_long_with_and_without_its_end()
    {
        foreach (var text in new[] { "@data:123456789", "@data:123456789\n@" })
        {
            var reader = new ResponseReader("@alice", 10);
            var buffer = new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(text));
            Assert.Equal(ReceivedKind.TooLong, reader.TryRead(ref buffer, out _));
        }
    }

    [Theory]
    [InlineData("AT0015-key not found : x does not exist", "AT0015", "key not found : x does not exist")]
    [InlineData("AT0025:enrollment_id: 1 is denied", "AT0025", "enrollment_id: 1 is denied")]
    [InlineData("{\"errorCode\":\"AT0009\",\"errorDescription\":\"no \\\"way\\\"\"}", "AT0009", "no \"way\"")]
    [InlineData("null:InvalidSyntaxException", "AT0011", "InvalidSyntaxException")]
    [InlineData("{\"errorCode\":1}", "AT0011", "{\"errorCode\":1}")]
    [InlineData("something-else", "AT0011", "something-else")]
    [InlineData("", "AT0011", "")]
    public void Every_form_of_an_error_is_taken_apart(string payload, string code, string detail)
    {
        var error = ResponseReader.ParseError(Encoding.UTF8.GetBytes(payload));
        Assert.Equal((code, detail), (error.Code, error.Detail));
    }

    [Fact]
    public void Any_chunking_of_single_line_responses_and_notifications_gives_the_same_messages()
    {
        var message = Any.Of(
            "data:x\n@alice@", "data:\n@alice@", "data: [1,2]\n@alice@", "notification: {\"a\":\"é🛠\"}\n", "error:AT0015-no\n@alice@", "data:{\"k\":\"@alice@\"}\n@alice@");
        Gen.Select(message.List[1, 12], Gen.Int[1, 25].List[1, 30]).Sample(
            (messages, cuts) =>
            {
                var bytes = Encoding.UTF8.GetBytes("@alice@" + string.Concat(messages));
                Assert.Equal(Messages("@alice", [bytes]), Messages("@alice", Chunks.Of(bytes, cuts)));
                Assert.Equal(messages.Count, Messages("@alice", [bytes]).Count);
            },
            iter: 4000);
    }

    [Fact]
    public void Any_chunking_of_payloads_with_line_breaks_gives_the_same_messages()
    {
        var message = Any.Of("data:a\nb\n@alice@", "data:a\n@bob@x\n\n@alicx\n@alice@", "data:\n\n@alice@", "notification: {}\n");
        Gen.Select(message.List[1, 8], Gen.Int[1, 12].List[1, 30]).Sample(
            (messages, cuts) =>
            {
                var bytes = Encoding.UTF8.GetBytes("@alice@" + string.Concat(messages));
                var read = Messages("@alice", Chunks.Of(bytes, cuts));
                Assert.Equal(messages.Count, read.Count);
                Assert.Equal(Messages("@alice", [bytes]), read);
            },
            iter: 4000);
    }

    [Fact]
    public void Arbitrary_bytes_never_make_the_reader_throw()
    {
        var piece = Any.Of("data:", "error:", "@", "@alice@", "\n", "notification:", "notification: {\"id\":", "x", "{", "}", "\0", "é", "AT0015-", ":");
        Gen.Select(piece.List[0, 30], Gen.Byte.Array[0, 8], Gen.Int[1, 9].List[1, 9]).Sample(
            (pieces, noise, cuts) =>
            {
                byte[] bytes = [.. Encoding.UTF8.GetBytes(string.Concat(pieces)), .. noise, (byte)'\n'];
                foreach (var read in Messages("@alice", Chunks.Of(bytes, cuts)))
                {
                    ResponseReader.ParseError(Encoding.UTF8.GetBytes(read));
                    _ = NotificationLine.TryParse(Encoding.UTF8.GetBytes(read), out _);
                }
            },
            iter: 5000);
    }

    internal static List<string> Messages(string owner, IEnumerable<byte[]> reads)
    {
        var reader = new ResponseReader(owner, 10_000);
        List<string> messages = [];
        List<byte[]> rest = [];
        foreach (var read in reads)
        {
            var buffer = Chunks.Sequence([.. rest, read]);
            while (reader.TryRead(ref buffer, out var payload) is not (ReceivedKind.NeedMore or ReceivedKind.TooLong) and var kind)
            {
                messages.Add($"{kind} {Encoding.UTF8.GetString(payload.ToArray())}");
            }

            rest = Chunks.Segments(buffer);
        }

        return messages;
    }
}
