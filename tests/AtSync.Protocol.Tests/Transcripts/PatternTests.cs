using System.Text;
using AtSync.App.Conformance.Format;

namespace AtSync.Protocol.Tests.Transcripts;

public sealed class PatternTests
{
    [Theory]
    [InlineData("data:<id>\\n@alice@", "data:17\n@alice@", true)]
    [InlineData("data:<id:int>\\n@alice@", "data:x\n@alice@", false)]
    [InlineData("data:<id>\\n@alice@", "data:\n@alice@", false)]
    [InlineData("data:<id:any>\\n@alice@", "data:\n@alice@", true)]
    [InlineData("data:<id>\\n@alice@", "data:17\n@", false)]
    [InlineData("data:<id>,<id>\\n@", "data:1,1\n@", true)]
    [InlineData("data:<id>,<id>\\n@", "data:1,2\n@", false)]
    [InlineData("data:<known>\\n@", "data:5\n@", true)]
    [InlineData("data:<known>\\n@", "data:6\n@", false)]
    [InlineData("data:<known+1>\\n@", "data:6\n@", true)]
    [InlineData("data:<known-1>\\n@", "data:4\n@", true)]
    [InlineData("data:<id:after.known>\\n@", "data:6\n@", true)]
    [InlineData("data:<id:after.known>\\n@", "data:5\n@", false)]
    [InlineData("data:<t:time>\\n@", "data:2026-01-02 03:04:05.678Z\n@", true)]
    [InlineData("data:<t:time>\\n@", "data:2026-01-02T03:04:05.678Z\n@", false)]
    [InlineData("data:\\x3cid>\\n@", "data:<id>\n@", true)]
    [InlineData("data:a.c\\n@", "data:abc\n@", false)]
    public void A_text_pattern_takes_or_leaves_an_answer(string pattern, string answer, bool isTaken) =>
        Assert.Equal(isTaken, TextPattern.Matches(pattern, answer, Known()));

    [Theory]
    [InlineData("data:{\"a\":1,\"b\":\"x\"}\\n@", "data:{\"b\":\"x\",\"a\":1}\n@", true)]
    [InlineData("data:{\"a\":1}\\n@", "data:{\"a\":\"1\"}\n@", false)]
    [InlineData("data:{\"a\":1}\\n@", "data:{\"a\":1,\"b\":2}\n@", false)]
    [InlineData("data:{\"a\":1,...}\\n@", "data:{\"a\":1,\"b\":2}\n@", true)]
    [InlineData("data:{\"a\":1,\"b\"?:2}\\n@", "data:{\"a\":1}\n@", true)]
    [InlineData("data:{\"a\":1,\"b\"?:2}\\n@", "data:{\"a\":1,\"b\":3}\n@", false)]
    [InlineData("data:{\"a\":1,\"b\":2}\\n@", "data:{\"a\":1}\n@", false)]
    [InlineData("data:{...}\\n@", "data:{}\n@", true)]
    [InlineData("data:[1,2]\\n@", "data:[2,1]\n@", false)]
    [InlineData("data:[1,...]\\n@", "data:[1,2]\n@", true)]
    [InlineData("data:[1,...]\\n@", "data:[]\n@", false)]
    [InlineData("data:{\"a\":~{\"b\":<n:int>}}\\n@", "data:{\"a\":\"{\\\"b\\\":5}\"}\n@", true)]
    [InlineData("data:{\"a\":~{\"b\":1}}\\n@", "data:{\"a\":{\"b\":1}}\n@", false)]
    [InlineData("data:{\"a\":<known>}\\n@", "data:{\"a\":5}\n@", true)]
    [InlineData("data:{\"a\":<known+1>}\\n@", "data:{\"a\":\"6\"}\n@", true)]
    [InlineData("data:{\"a\":<n:int>}\\n@", "data:{\"a\":\"6\"}\n@", false)]
    [InlineData("data:{\"a\":<n:bool>}\\n@", "data:{\"a\":false}\n@", true)]
    [InlineData("data:{\"a\":\"<id:int>-x\"}\\n@", "data:{\"a\":\"7-x\"}\n@", true)]
    [InlineData("data:{\"k<known>\":1}\\n@", "data:{\"k5\":1}\n@", true)]
    [InlineData("data:{\"a\":\"\\\\\"q\\\\\" \\\\\\\\\"}\\n@", "data:{\"a\":\"\\\"q\\\" \\\\\"}\n@", true)]
    [InlineData("data: [{\"a\":1}]\\n@alice@", "data:[{\"a\":1}]\n@alice@", false)]
    [InlineData("data:{\"a\":1}\\n@alice@", "data:{\"a\":1}\n@", false)]
    [InlineData("data:{\"a\":1}\\n@", "data:{\"a\":\n@", false)]
    public void A_JSON_pattern_takes_or_leaves_an_answer(string pattern, string answer, bool isTaken) =>
        Assert.Equal(isTaken, JsonPattern.Matches(pattern, answer, Known()));

    [Fact]
    public void What_a_pattern_named_is_known_afterwards_and_only_then()
    {
        var known = Known();
        Assert.False(JsonPattern.Matches("data:{\"a\":<x>,\"b\":1}\\n@", "data:{\"a\":\"v\",\"b\":2}\n@", known));
        Assert.Null(known.Find("x"));
        Assert.True(JsonPattern.Matches("data:{\"a\":<x>,\"b\":[\"<x>\",\"<y:int>\"]}\\n@", "data:{\"a\":\"v\",\"b\":[\"v\",\"9\"]}\n@", known));
        Assert.Equal(("v", "9", "10"), (known.Find("x"), known.Find("y"), known.Find("y+1")));
        Assert.False(TextPattern.Matches("data:<z>,<known>\\n@", "data:1,6\n@", known));
        Assert.Null(known.Find("z"));
    }

    [Fact]
    public void A_command_has_its_names_filled_and_its_escapes_undone()
    {
        var bytes = WireText.Command("update:<key> 1\\t\\\\n\\x3cb>\\xff\\n🛠", name => name == "key" ? "phone" : "");

        Assert.Equal([.. Encoding.UTF8.GetBytes("update:phone 1\t\\n<b>"), 0xff, .. Encoding.UTF8.GetBytes("\n🛠")], bytes);
    }

    [Theory]
    [InlineData("X: what", "line 1")]
    [InlineData("C: noop:0\\n\nS[2024]: data:ok", "need a reason")]
    [InlineData("Y: why\nS[2023]: data:ok", "a server is one of")]
    [InlineData("Y: why\nC[ours]: noop:0", "only answers differ")]
    [InlineData("C: noop:0\\n\nR: peer", "come first")]
    [InlineData("T: soon", "milliseconds")]
    [InlineData("C:", "nothing behind")]
    [InlineData("C noop:0", "no mark")]
    public void A_malformed_transcript_is_told_by_its_line(string text, string problem)
    {
        var failure = Assert.Throws<FormatException>(() => Transcript.Parse("x", text));
        Assert.Contains(problem, failure.Message, StringComparison.Ordinal);
        Assert.StartsWith("x, line ", failure.Message, StringComparison.Ordinal);
    }

    private static KnownValues Known() => new(name => name == "known" ? "5" : null);
}
