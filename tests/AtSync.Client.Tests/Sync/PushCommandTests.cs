using System.Buffers;
using System.Collections.Frozen;
using System.Text;
using AtSync.Client.Remote;
using AtSync.Client.Sync;
using AtSync.Protocol;
using AtSync.Storage.Local;

namespace AtSync.Client.Tests.Sync;

public sealed class PushCommandTests
{
    private const long NowMs = 1_793_534_400_000;
    private static readonly ServerFeatures Ours = new("3.17.0", "e", new[] { ServerFeatures.IfCommit }.ToFrozenSet());

    [Fact]
    public void An_update_says_all_of_its_metadata_and_when_it_was_made() => Assert.Equal(
        "update:uAt:2026-11-01T12:00:00.000Z:isEncrypted:true:ivNonce:AAAA:immutable:true:appMetadata:eyJ9:@bob:x.notes@alice v",
        Text(Item("@bob:x.notes@alice", """{"isEncrypted":"true","ivNonce":"AAAA","immutable":"true","appMetadata":"eyJ9","version":"4","createdBy":"@alice"}"""), Ours)
            .Replace(".000000Z", ".000Z", StringComparison.Ordinal));

    [Theory]
    [InlineData("3.0.52", "update:isEncrypted:false:public:x.notes@alice v")]
    [InlineData("3.5.0", "update:isEncrypted:false:immutable:true:public:x.notes@alice v")]
    [InlineData(null, "update:isEncrypted:false:public:x.notes@alice v")]
    public void A_server_gets_only_the_forms_it_takes(string? version, string expected) => Assert.Equal(
        expected,
        Text(Item("public:x.notes@alice", """{"isEncrypted":"false","immutable":"true","appMetadata":"eyJ9"}"""), new ServerFeatures(version, null, FrozenSet<string>.Empty)));

    [Theory]
    [InlineData(0, "update:isEncrypted:false:x.notes@alice v")]
    [InlineData(5, "update:isEncrypted:false:encoding:null:x.notes@alice v")]
    public void A_cleared_attribute_is_sent_only_over_a_record_that_exists(long baseCommitId, string expected) => Assert.Equal(
        expected,
        Text(Item("x.notes@alice", """{"isEncrypted":"false","encoding":"null"}""") with { BaseCommitId = baseCommitId }, ServerFeatures.None));

    [Fact]
    public void Life_and_birth_are_what_is_left_of_them()
    {
        var item = Item("x.notes@alice", """{"ttl":"9000","ttb":"5000","isEncrypted":"false"}""");
        item = item with { Record = item.Record! with { AvailableAtMs = NowMs + 1000, ExpiresAtMs = NowMs + 10_000 } };

        Assert.Equal("update:ttl:9000:ttb:1000:isEncrypted:false:x.notes@alice v", Text(item, ServerFeatures.None));
        Assert.Null(PushCommand.Create(item, ServerFeatures.None, NowMs + 10_000).Command);
    }

    [Fact]
    public void Deletions_say_when_where_the_server_takes_it()
    {
        var item = new OutboxItem { Seq = 1, Key = "public:x.notes@alice", Op = CommitOp.Delete, BaseCommitId = 1, EditTimeMs = NowMs };

        Assert.Equal("delete:public:x.notes@alice", Text(item, ServerFeatures.None));
        Assert.StartsWith("delete:dAt:2026-11-01T12:00:00", Text(item, Ours), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("local:x.notes@alice")]
    [InlineData("cached:@alice:x.notes@bob")]
    public void What_stays_on_the_device_is_not_pushed(string key) => Assert.Equal(PushDraft.Nothing, PushCommand.Create(Item(key, "{}"), Ours, NowMs));

    private static OutboxItem Item(string key, string metadata) => new()
    {
        Seq = 1,
        Key = key,
        Op = CommitOp.UpdateAll,
        BaseCommitId = 0,
        EditTimeMs = NowMs,
        Record = new LocalRecord { Key = key, Value = "v"u8.ToArray(), Metadata = Encoding.UTF8.GetBytes(metadata) },
    };

    private static string Text(OutboxItem item, ServerFeatures features)
    {
        var output = new ArrayBufferWriter<byte>();
        PushCommand.Create(item, features, NowMs).Command!.WriteTo(output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
