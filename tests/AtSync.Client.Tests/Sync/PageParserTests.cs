using System.Text;
using System.Text.RegularExpressions;
using AtSync.Client.Sync;
using AtSync.Protocol;
using CsCheck;

namespace AtSync.Client.Tests.Sync;

public sealed class PageParserTests
{
    [Fact]
    public void Entries_keep_value_and_metadata_as_they_came()
    {
        const string Metadata = """{"ttl":"5","updatedAt":"2026-11-01 12:00:00.123Z","expiresAt":"2026-11-01T12:00:05.123456Z","future":{"a":[1,"]"]}}""";
        var page = $$"""[ {"commitId":7,"operation":"*","new":[{}],"metadata":{{Metadata}},"value":"caf\u00e9 \"x\"","atKey":"@Bob:X.notes@alice"},{"atKey":"y.notes@alice","value":null,"metadata":null,"commitId":"9","operation":"-"}]""";

        var entries = PageParser.Parse(Encoding.UTF8.GetBytes(page), 6, TestKeys.Alice);

        Assert.Equal(2, entries.Count);
        Assert.Equal("@bob:x.notes@alice", entries[0].Key);
        Assert.Equal("café \"x\"", Encoding.UTF8.GetString(entries[0].Value.Span));
        Assert.Equal(Metadata, Encoding.UTF8.GetString(entries[0].Metadata.Span));
        Assert.Equal(new DateTimeOffset(2026, 11, 1, 12, 0, 0, 123, TimeSpan.Zero).ToUnixTimeMilliseconds(), entries[0].UpdatedAtMs);
        Assert.Equal(entries[0].UpdatedAtMs + 5000, entries[0].ExpiresAtMs);
        Assert.Equal((9, CommitOp.Delete, false), (entries[1].CommitId, entries[1].Op, entries[1].HasValue));
        Assert.All(entries, entry => Assert.Null(entry.Defect));
        Assert.Equal(9, PageTail.LastCommitId(Encoding.UTF8.GetBytes(page)));
    }

    [Theory]
    [InlineData("""{"value":"1","metadata":null,"commitId":7,"operation":"*"}""")]
    [InlineData("""{"atKey":"x.n@alice","value":"1","metadata":null,"commitId":7,"operation":"?"}""")]
    [InlineData("""{"atKey":"x.n@alice","value":1,"metadata":null,"commitId":7,"operation":"*"}""")]
    [InlineData("""{"atKey":"x.n@alice","value":"1","metadata":[],"commitId":7,"operation":"*"}""")]
    [InlineData("""{"atKey":"x.n@alice","value":"\ud800","metadata":null,"commitId":7,"operation":"*"}""")]
    [InlineData("""{"atKey":"x.n@bob","value":"1","metadata":null,"commitId":7,"operation":"*"}""")]
    [InlineData("""{"atKey":"","value":"1","metadata":null,"commitId":7,"operation":"*"}""")]
    [InlineData("""{"atKey":["x"],"value":"1","metadata":null,"commitId":7,"operation":"*"}""")]
    public void A_bad_entry_is_marked_and_its_neighbours_are_not(string entry)
    {
        var page = $$"""[{"atKey":"a.n@alice","value":"1","metadata":{},"commitId":6,"operation":"*"},{{entry}},{"atKey":"b.n@alice","value":"1","metadata":{},"commitId":8,"operation":"*"}]""";

        var entries = PageParser.Parse(Encoding.UTF8.GetBytes(page), 5, TestKeys.Alice);

        Assert.Equal([true, false, true], entries.Select(found => found.Defect is null));
        Assert.Equal(entry, Encoding.UTF8.GetString(entries[1].Raw.Span));
    }

    [Fact]
    public void A_value_cannot_pretend_to_be_the_end_of_the_page()
    {
        const string Page = """[{"atKey":"a.n@alice","value":"x\",\"commitId\":99,\"operation\":\"*\"}]","metadata":{},"commitId":6,"operation":"*"}]""";

        Assert.Equal(6, PageTail.LastCommitId(Encoding.UTF8.GetBytes(Page)));
        Assert.Equal(6, Assert.Single(PageParser.Parse(Encoding.UTF8.GetBytes(Page), 0, TestKeys.Alice)).CommitId);
    }

    [Theory]
    [InlineData("*", "x.notes@alice", true)]
    [InlineData("notes", "x.notes@alice", true)]
    [InlineData("notes", "@bob:x.sub.notes@alice", true)]
    [InlineData("notes", "x.work@alice", false)]
    [InlineData("notes", "notes.work@alice", false)]
    [InlineData("notes", "xnotes@alice", true)]
    [InlineData("notes", "@bob:plain@alice", true)]
    [InlineData("notes", "public:plain@alice", true)]
    [InlineData("sub.notes", "x.notes@alice", false)]
    [InlineData("sub.notes work", "x.sub.notes@alice", true)]
    public void A_scope_matches_last_segments_and_keys_without_a_namespace(string scope, string key, bool isIn)
    {
        var pattern = SyncScope.Read(scope).Pattern;
        Assert.Equal(isIn, pattern is null || Regex.IsMatch(key, pattern));
    }

    [Fact]
    public void A_key_taken_for_plain_is_always_a_valid_key_of_the_owner() => Gen.Char["abz09_.@:- é"].Array[0, 12].Select(chars => new string(chars)).Sample(entity =>
    {
        var key = entity + "@alice";
        Assert.True(!PageParser.IsPlain(key, "alice") || (AtKey.TryParse(key, out var parsed, out _) && parsed.Owner == TestKeys.Alice), key);
    });

    [Theory]
    [InlineData("note.17.app@alice", true)]
    [InlineData("x.notes@alice", true)]
    [InlineData("x.notes@malice", false)]
    [InlineData("@bob:x.notes@alice", false)]
    [InlineData("x..notes@alice", false)]
    public void Plain_keys_are_the_usual_ones(string key, bool isPlain) => Assert.Equal(isPlain, PageParser.IsPlain(key, "alice"));
}
