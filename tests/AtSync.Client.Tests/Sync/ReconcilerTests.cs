using System.Text;
using AtSync.Client.Local;
using AtSync.Client.Sync;
using AtSync.Protocol;
using AtSync.Storage.Local;

namespace AtSync.Client.Tests.Sync;

public sealed class ReconcilerTests
{
    private const string Key = "x.sub.notes@alice";

    [Theory]
    [InlineData(10, 20L, EntryDecisionKind.TakeRemote)]
    [InlineData(20, 10L, EntryDecisionKind.KeepLocal)]
    [InlineData(10, 10L, EntryDecisionKind.TakeRemote)]
    [InlineData(10, null, EntryDecisionKind.TakeRemote)]
    public void The_latest_edit_wins_and_ties_and_unknown_times_go_to_the_remote(long localMs, long? remoteMs, EntryDecisionKind expected)
    {
        var decision = Of(ConflictPolicy.LatestEdit).Decide(Remote("theirs", remoteMs), Local("mine"), Pending(localMs));

        Assert.Equal(expected, decision.Kind);
        Assert.Equal(expected == EntryDecisionKind.KeepLocal ? ConflictKind.RemoteLost : ConflictKind.LocalLost, decision.Conflict?.Kind);
    }

    [Fact]
    public void The_same_content_is_an_echo_whatever_the_server_added()
    {
        var remote = Remote("mine", 5) with { Metadata = "{\"createdBy\":\"@alice\",\"version\":\"3\",\"isEncrypted\":\"false\",\"updatedAt\":\"2026-11-01 12:00:00.000Z\"}"u8.ToArray() };

        Assert.Equal(new EntryDecision(EntryDecisionKind.OwnEcho), Of(ConflictPolicy.Remote).Decide(remote, Local("mine"), Pending(10)));
    }

    [Fact]
    public void The_same_value_with_another_vector_is_no_echo()
    {
        var remote = Remote("mine", 50) with { Metadata = "{\"ivNonce\":\"AAAA\",\"isEncrypted\":\"false\"}"u8.ToArray() };

        Assert.Equal(EntryDecisionKind.TakeRemote, Of(ConflictPolicy.LatestEdit).Decide(remote, Local("mine"), Pending(10)).Kind);
    }

    [Fact]
    public void Two_deletions_are_one()
    {
        var remote = Remote("", null) with { Op = CommitOp.Delete, HasValue = false };

        Assert.Equal(new EntryDecision(EntryDecisionKind.OwnEcho), Of(ConflictPolicy.LatestEdit).Decide(remote, null, Pending(10) with { Op = CommitOp.Delete }));
    }

    [Fact]
    public void What_the_edit_was_based_on_is_no_conflict()
    {
        Assert.Equal(
            new EntryDecision(EntryDecisionKind.KeepLocal),
            Of(ConflictPolicy.Remote).Decide(Remote("theirs", 99) with { CommitId = 3 }, Local("mine"), Pending(10) with { BaseCommitId = 3 }));
    }

    [Fact]
    public void A_change_of_metadata_alone_that_wins_takes_its_value_along()
    {
        var decision = Of(ConflictPolicy.Local).Decide(Remote("theirs", 99), Local("mine"), Pending(10) with { Op = CommitOp.UpdateMeta });

        Assert.Equal((EntryDecisionKind.Merge, CommitOp.UpdateAll), (decision.Kind, decision.Merged?.Op));
        Assert.Equal("mine", Encoding.UTF8.GetString(decision.Merged!.Value.Span));
    }

    [Fact]
    public void The_most_particular_namespace_decides()
    {
        var policies = new Dictionary<string, ConflictPolicy> { ["notes"] = ConflictPolicy.Remote, ["sub.notes"] = ConflictPolicy.Local };
        var reconciler = new Reconciler(ConflictPolicy.LatestEdit, policies, new TextCodec());

        Assert.Equal("local", reconciler.Decide(Remote("theirs", 99), Local("mine"), Pending(10)).Conflict?.Policy);
    }

    [Fact]
    public void A_merge_sees_both_versions_and_one_that_fails_falls_back_to_the_latest_edit()
    {
        var merging = Of(ConflictPolicy.Merge(versions => AtValue.OfText(versions.Local!.Text + "+" + versions.Remote!.Text)));
        var failing = Of(ConflictPolicy.Merge(_ => throw new InvalidOperationException()));

        var merged = merging.Decide(Remote("theirs", 99), Local("mine"), Pending(10));

        Assert.Equal((EntryDecisionKind.Merge, ConflictKind.Merged), (merged.Kind, merged.Conflict!.Value.Kind));
        Assert.Equal("mine+theirs", Encoding.UTF8.GetString(merged.Merged!.Value.Span));
        Assert.Equal(EntryDecisionKind.TakeRemote, failing.Decide(Remote("theirs", 99), Local("mine"), Pending(10)).Kind);
    }

    private static Reconciler Of(ConflictPolicy policy) => new(policy, new Dictionary<string, ConflictPolicy>(), new TextCodec());

    private static PulledEntry Remote(string value, long? updatedAtMs) => new()
    {
        Key = Key,
        CommitId = 7,
        Op = CommitOp.UpdateAll,
        Value = Encoding.UTF8.GetBytes(value),
        HasValue = true,
        Metadata = "{\"isEncrypted\":\"false\"}"u8.ToArray(),
        UpdatedAtMs = updatedAtMs,
    };

    private static LocalRecord Local(string value) => new()
    {
        Key = Key, Value = Encoding.UTF8.GetBytes(value), Metadata = "{\"isEncrypted\":\"false\"}"u8.ToArray(), IsPending = true,
    };

    private static OutboxItem Pending(long editTimeMs) => new() { Seq = 1, Key = Key, Op = CommitOp.UpdateAll, BaseCommitId = 0, EditTimeMs = editTimeMs };

    private sealed class TextCodec : IRecordCodec
    {
        public AtValue? TryOpen(string key, ReadOnlyMemory<byte> value, ReadOnlyMemory<byte> metadata, out string? problem)
        {
            problem = null;
            return AtValue.OfText(Encoding.UTF8.GetString(value.Span));
        }

        public LocalChange Seal(string key, AtValue value, ReadOnlyMemory<byte> previousMetadata, long editTimeMs) =>
            new() { Key = key, Op = CommitOp.UpdateAll, Value = value.Bytes, EditTimeMs = editTimeMs };
    }
}
