using System.Buffers;
using System.Text;
using AtSync.Protocol.Verbs;
using CsCheck;

namespace AtSync.Protocol.Tests.Verbs;

public sealed class BatchTests
{
    [Fact]
    public void A_batch_is_written_as_the_reference_reads_it()
    {
        var output = new ArrayBufferWriter<byte>();
        var batch = new BatchWriter(output);
        batch.Add(1, new UpdateVerb { Key = "phone.wavi", Owner = "alice", Value = "a\"b\\"u8.ToArray() }, ifCommit: 17);
        batch.Add(2, new DeleteVerb { Key = "old.wavi", Owner = "alice" });
        batch.Complete();
        Assert.Equal(
            """batch:[{"id":1,"ifCommit":17,"command":"update:phone.wavi@alice a\"b\\"},{"id":2,"command":"delete:old.wavi@alice"}]""",
            Encoding.UTF8.GetString(output.WrittenSpan));
        Assert.Equal((output.WrittenCount, 2), ((int)batch.BytesWritten, batch.Count));
        Assert.Throws<ObjectDisposedException>(() => batch.Add(3, new PolVerb()));
    }

    [Fact]
    public void What_was_written_is_read_again_value_for_value()
    {
        var value = Gen.String[Gen.Char[' ', '\u07ff'], 1, 30];
        Gen.Select(Gen.Long[0, 1000], value, Gen.Long[-1, 9].Nullable()).List[0, 8].Sample(
            items =>
            {
                var output = new ArrayBufferWriter<byte>();
                var batch = new BatchWriter(output);
                foreach (var (id, text, ifCommit) in items)
                {
                    batch.Add(id, new UpdateVerb { Key = "k", Owner = "a", Value = Encoding.UTF8.GetBytes(text) }, ifCommit);
                }

                batch.Complete();
                Assert.Equal(output.WrittenCount, batch.BytesWritten);
                if (items.Count > 0)
                {
                    Assert.True(VerbParser.TryParse(output.WrittenMemory, out var verb, out _));
                    Assert.Equal(
                        items.Select(i => (i.Item1, i.Item2, i.Item3)),
                        Read(((BatchVerb)verb).Json, out var error).Select(i => (i.Id, Value(i.Command), i.IfCommit)));
                    Assert.Null(error);
                }
            },
            iter: 1500);
    }

    [Fact]
    public void A_command_without_escapes_is_a_slice_of_the_batch()
    {
        ReadOnlyMemory<byte> json = """[ {"more":{"a":[1]}, "command":"pol", "id":7} ]"""u8.ToArray();
        var item = Assert.Single(Read(json, out _));
        Assert.Equal(7, item.Id);
        Assert.True(item.Command.Span.Overlaps(json.Span));
    }

    [Fact]
    public void A_command_that_cannot_be_written_leaves_the_batch_as_it_was()
    {
        var output = new ArrayBufferWriter<byte>();
        var batch = new BatchWriter(output);
        Assert.Throws<FormatException>(() => batch.Add(1, new UpdateVerb { Key = "k", Owner = "a", Value = "1\ndelete:k@a"u8.ToArray() }));
        Assert.Throws<FormatException>(() => batch.Add(1, new UpdateVerb { Key = "k", Metadata = new AtMetadata { EncKeyName = "x:immutable:true" }, Value = "1"u8.ToArray() }));
        batch.Complete();
        Assert.Equal("batch:[]", Encoding.UTF8.GetString(output.WrittenSpan));
    }

    [Theory]
    [InlineData("[{\"id\":1,\"command\":\"pol\"}", "AT0011", true)]
    [InlineData("[{\"id\":1,\"command\":\"\\ud800\"}]", "AT0011", true)]
    [InlineData("[] x", "AT0011", true)]
    [InlineData("", "AT0011", true)]
    [InlineData("{}", "AT0010", false)]
    [InlineData("[1]", "AT0010", false)]
    [InlineData("[{\"command\":\"pol\"}]", "AT0010", false)]
    [InlineData("[{\"id\":\"1\",\"command\":\"pol\"}]", "AT0010", false)]
    [InlineData("[{\"id\":1,\"command\":5}]", "AT0010", false)]
    [InlineData("[{\"id\":1,\"command\":\"pol\",\"ifCommit\":\"3\"}]", "AT0010", false)]
    public void What_is_wrong_with_a_batch_is_told(string json, string code, bool closes)
    {
        Read(Encoding.UTF8.GetBytes(json), out var error);
        Assert.Equal((code, closes), (error!.Code, error.Closes));
    }

    [Fact]
    public void Arbitrary_changes_of_the_bytes_never_make_parser_or_reader_throw()
    {
        string[] lines =
        [
            """batch:[{"id":1,"ifCommit":17,"command":"update:phone.wavi@alice a\"b"},{"id":2,"command":"delete:old.wavi@alice"}]""",
            "update:ttl:5:cAt:2026-01-02T03:04:05.678Z:isEncrypted:true:ivNonce:n🛠=:@bob:phone.wavi@alice 1あ2", "notify:id:1:update:@bob:phone.wavi@alice:123",
            """update:json:{"atKey":"a@b","value":"1","metadata":{"isPublic":false,"isBinary":false,"isEncrypted":true,"appMetadata":{"providerId":"x"}}}""",
            """enroll:request:{"appName":"a","namespaces":{"x":"rw"},"apsk":{"k":1},"enrollmentStatusFilter":["pending"]}""",
            "keys:put:public:namespace:__global:keyName:k v", "llookup:all:cached:@bob:phone@alice", "scan:cl:showhidden:true .*", "sync:from:-1:limit:5:.*",
        ];
        Gen.Select(Any.Of(lines), Gen.Select(Gen.Int[0, 300], Gen.Byte).List[0, 5]).Sample(
            (text, changes) =>
            {
                var line = Encoding.UTF8.GetBytes(text);
                foreach (var (at, value) in changes)
                {
                    line[at % line.Length] = value;
                }

                _ = VerbParser.WordOf(line);
                if (!VerbParser.TryParse(line, out var verb, out _))
                {
                    return;
                }

                switch (verb)
                {
                    case BatchVerb batch:
                        Read(batch.Json, out _);
                        break;
                    case UpdateJsonVerb json:
                        _ = UpdateJsonDocument.TryParse(json.Json.Span, out _, out _);
                        break;
                    case EnrollVerb { Json: { } json }:
                        _ = EnrollParams.TryParse(json.Span, out _, out _);
                        break;
                }
            },
            iter: 20_000);
    }

    private static List<BatchItem> Read(ReadOnlyMemory<byte> json, out AtError? error)
    {
        var reader = new BatchReader(json);
        List<BatchItem> items = [];
        while (reader.TryRead())
        {
            items.Add(reader.Current);
        }

        error = reader.Error;
        return items;
    }

    private static string Value(ReadOnlyMemory<byte> command)
    {
        Assert.True(VerbParser.TryParse(command, out var verb, out _), Encoding.UTF8.GetString(command.Span));
        return Encoding.UTF8.GetString(((UpdateVerb)verb).Value.Span);
    }
}
