using System.Buffers;
using System.Text;
using AtSync.Protocol.Verbs;

namespace AtSync.Protocol.Tests.Verbs;

public sealed class VerbParserTests
{
    [Theory]
    [InlineData("UPDATE:x@a 1", VerbWord.Update)]
    [InlineData("up date:x@a 1", VerbWord.Update)]
    [InlineData("update:meta:x@a", VerbWord.UpdateMeta)]
    [InlineData("update:metadata.x@a 1", VerbWord.Update)]
    [InlineData("scan wavi:x", VerbWord.Scan)]
    [InlineData("Monitor .Wavi", VerbWord.Monitor)]
    [InlineData("notify:list", VerbWord.NotifyList)]
    [InlineData("notify:@bob:x", VerbWord.Notify)]
    [InlineData("info:brief", VerbWord.Info)]
    [InlineData("POL", VerbWord.Pol)]
    [InlineData("sync:from:1", VerbWord.SyncFrom)]
    [InlineData("sync:1", null)]
    [InlineData("info:BRIEF", null)]
    [InlineData("notify:remove", null)]
    [InlineData("from", null)]
    [InlineData("", null)]
    [InlineData("GET / HTTP/1.1", null)]
    public void The_verb_is_told_by_the_dispatch_rules(string line, VerbWord? word) => Assert.Equal(word, VerbParser.WordOf(Encoding.UTF8.GetBytes(line)));

    [Fact]
    public void Without_a_colon_the_whole_line_is_lower_cased_with_one_only_what_stands_before_it()
    {
        Assert.Equal(".wavi", Assert.IsType<MonitorVerb>(Parse("monitor .Wavi")).Regex);
        Assert.Equal(".Wavi", Assert.IsType<MonitorVerb>(Parse("Monitor:123 .Wavi")).Regex);
    }

    [Theory]
    [InlineData(@"\.wavi", @"scan \.wavi")]
    [InlineData(@"\Wwavi", @"scan:showhidden:false \Wwavi")]
    [InlineData("@bob:x", "scan:showhidden:false @bob:x")]
    public void A_scan_pattern_arrives_as_it_was_meant(string pattern, string line)
    {
        var output = new ArrayBufferWriter<byte>();
        new ScanVerb { Regex = pattern }.WriteTo(output);
        Assert.Equal(line, Encoding.UTF8.GetString(output.WrittenSpan));
        Assert.Equal(pattern, Assert.IsType<ScanVerb>(Parse(line)).Regex);
        if (line != "scan " + pattern)
        {
            Assert.Throws<FormatException>(() => new MonitorVerb { Regex = pattern }.WriteTo(output));
        }
    }

    [Theory]
    [InlineData("what", "invalid command")]
    [InlineData("", "invalid command")]
    [InlineData("delete:", "Invalid syntax. syntax delete:@<atkey> \n e.g delete:phone@alice")]
    [InlineData("scan wavi:x", "Invalid syntax. scan")]
    [InlineData("update:ttl:99999999999999999999:x@a 1", "Invalid syntax. e.g. update:@alice:location@bob San Francisco")]
    [InlineData("update:uAt:2026-02-30T00:00:00Z:x@a 1", "Invalid syntax. e.g. update:@alice:location@bob San Francisco")]
    public void What_no_grammar_takes_is_refused_with_the_words_of_the_reference(string line, string detail)
    {
        Assert.False(VerbParser.TryParse(Encoding.UTF8.GetBytes(line), out _, out var error));
        Assert.Equal((AtErrorCodes.InvalidSyntax, detail, false), (error.Code, error.Detail, error.Closes));
    }

    [Fact]
    public void Bytes_that_are_no_text_are_refused() => Assert.False(VerbParser.TryParse(new byte[] { (byte)'c', (byte)'r', (byte)'a', (byte)'m', (byte)':', 0xFF }, out _, out _));

    [Fact]
    public void The_value_is_a_slice_of_the_line()
    {
        var line = "update:phone@alice value"u8.ToArray();
        Assert.True(VerbParser.TryParse(line, out var verb, out _));
        var value = ((UpdateVerb)verb).Value;
        Assert.True(value.Span.Overlaps(line));
        Assert.Equal("value", Encoding.UTF8.GetString(value.Span));
    }

    [Fact]
    public void An_update_costs_its_strings_its_metadata_and_itself_and_writing_costs_nothing()
    {
        var line = Encoding.UTF8.GetBytes(
            "update:uAt:2026-01-02T03:04:05.678Z:isEncrypted:true:encAlgo:AES/CTR/PKCS7Padding:ivNonce:3q2+7w==:note.1.app@alice " + new string('x', 280));
        var output = new ArrayBufferWriter<byte>(1024);
        Assert.True(VerbParser.TryParse(line, out var verb, out _));
        verb.WriteTo(output);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            output.ResetWrittenCount();
            verb.WriteTo(output);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            _ = VerbParser.TryParse(line, out verb, out _);
        }

        // Metadata about 420 bytes, three short strings, the verb.
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 100, 1, 900);
        Assert.Equal(line, output.WrittenSpan.ToArray());
    }

    [Fact]
    public void What_would_be_read_as_another_command_or_another_part_is_not_written()
    {
        Verb[] verbs =
        [
            new UpdateVerb { Key = "a", Value = "1\n@exit"u8.ToArray() }, new UpdateVerb { Key = "a b", Value = "1"u8.ToArray() },
            new UpdateVerb { Key = "a", SharedWith = "b:c", Value = "1"u8.ToArray() }, new DeleteVerb { Key = "a\u3000b" }, new DeleteVerb { Key = "" },
            new LookupVerb { Key = "a\nb", Owner = "c" }, new PkamVerb { Signature = "a\r\nb" }, new SyncFromVerb { Regex = "a\nb" },
            new NotifyVerb { Key = "ab", To = "c@d" }, new MonitorVerb { Regex = "\n" },
        ];
        foreach (var verb in verbs)
        {
            Assert.Throws<FormatException>(() => verb.WriteTo(new ArrayBufferWriter<byte>()));
        }
    }

    [Theory]
    [InlineData("""{"atKey":"a@b","value":"1","metadata":{"isPublic":true,"isBinary":false,"isEncrypted":false,"ttl":0,"expiresAt":"2026-01-01T00:00:00Z","namespaceAware":true,"x":1}}""", null)]
    [InlineData("""{"atKey":"a@b","value":"","metadata":{"isPublic":true,"isBinary":false,"isEncrypted":false}}""", "value")]
    [InlineData("""{"atKey":"a@b","value":"1\n2","metadata":{"isPublic":true,"isBinary":false,"isEncrypted":false}}""", "single line")]
    [InlineData("""{"atKey":"a@b","value":"1","metadata":{"isPublic":true,"isBinary":false}}""", "isEncrypted")]
    [InlineData("""{"atKey":"a@b","value":"1","sharedWith":"@c","metadata":{"isPublic":true,"isBinary":false,"isEncrypted":false}}""", "shared")]
    [InlineData("""{"value":"1","metadata":{"isPublic":true,"isBinary":false,"isEncrypted":false}}""", "atKey")]
    [InlineData("""{"atKey":"a@b","value":"1"}""", "metadata")]
    [InlineData("{", "JSON")]
    [InlineData("[]", "object")]
    public void An_update_document_is_checked_by_the_rules_of_2026(string json, string? problem)
    {
        var isRead = UpdateJsonDocument.TryParse(Encoding.UTF8.GetBytes(json), out var document, out var error);
        Assert.Equal(problem is null, isRead);
        if (document is not null)
        {
            Assert.True(document.IsPublic);
            Assert.Null(document.Metadata.Ttl);
            Assert.Equal([new UnknownMember("x", "1")], document.Metadata.Unknown);
            return;
        }

        Assert.Equal((AtErrorCodes.InvalidSyntax, false), (error!.Code, error.Closes));
        Assert.Contains(problem!, error.Detail, StringComparison.Ordinal);
    }

    private static Verb Parse(string line)
    {
        Assert.True(VerbParser.TryParse(Encoding.UTF8.GetBytes(line), out var verb, out var error), error?.Detail);
        return verb;
    }
}
