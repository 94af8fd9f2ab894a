using AtSync.Protocol;
using AtSync.Storage.Local;
using static AtSync.Storage.Tests.Local.LocalFixtures;

namespace AtSync.Storage.Tests.Local;

public abstract partial class LocalStoreConformance
{
    private static readonly SharedHistory _until20 = new(20, IsCertain: true);

    [Fact]
    public async Task What_a_restored_remote_has_lost_waits_to_be_pushed_and_what_it_deleted_goes()
    {
        await Store.PullAsync(Entry("known", 10, "1"), Entry("deleted", 11, "1"), Entry("lost", 30, "1"), Entry("cached:@bob:x@alice", 31, "1"));
        var seqs = await Store.WriteAsync([Put("own", "1"), Put("own-old", "1")], default);
        await Store.SettleAsync(Accepted(seqs[0], "own", 32), Accepted(seqs[1], "own-old", 12));
        await Store.BeginResyncAsync([], default);
        await Store.PullSharedAsync(_until20, Decider.Never, Entry("known", 10, "1"));

        Assert.Equal(["cached:@bob:x@alice", "deleted", "own-old"], (await Store.EndResyncAsync(_until20, default)).Order());
        var waiting = await Store.OutboxAsync();
        Assert.Equal(["lost", "own"], waiting.Select(item => item.Key).Order());
        Assert.All(waiting, item => Assert.Equal((0L, CommitOp.UpdateAll), (item.BaseCommitId, item.Op)));
        Assert.Equal(["known", "lost", "own"], await Store.KeysAsync());
        await AssertSoundAsync();
    }

    [Fact]
    public async Task An_edit_that_a_restored_remote_has_lost_is_pushed_again_on_top_of_what_it_has()
    {
        await Store.PullAsync(Entry("edited", 30, "newer"), Entry("behind", 5, "1"));
        await Store.BeginResyncAsync([], default);
        var outcome = await Store.PullSharedAsync(_until20, Decider.Never, Entry("behind", 9, "2"), Entry("edited", 10, "older"));

        Assert.Equal(["behind"], outcome.Applied.Select(change => change.Key));
        Assert.Empty(await Store.EndResyncAsync(_until20, default));
        var item = Assert.Single(await Store.OutboxAsync());
        Assert.Equal(("edited", 10L), (item.Key, item.BaseCommitId));
        Assert.Equal("newer", await Store.ValueAsync("edited"));
        Assert.Equal("2", await Store.ValueAsync("behind"));
        await AssertSoundAsync();
    }

    [Fact]
    public async Task What_another_device_brought_back_already_is_no_second_edit_and_what_it_changed_is_a_conflict()
    {
        await Store.PullAsync(Entry("same", 30, "1"), Entry("other", 31, "mine"));
        await Store.BeginResyncAsync([], default);
        var decider = Decider.Always(EntryDecisionKind.KeepLocal, ConflictKind.RemoteLost);
        var outcome = await Store.PullSharedAsync(_until20, decider, Entry("same", 41, "1"), Entry("other", 42, "theirs"));

        Assert.Empty(outcome.Applied);
        Assert.Equal(1, outcome.Conflicts);
        var asked = Assert.Single(decider.Asked);
        Assert.Equal(("other", 0L), (asked.Remote.Key, asked.Pending.BaseCommitId));
        Assert.Empty(await Store.EndResyncAsync(_until20, default));
        Assert.Equal(("other", 42L), (await Store.OutboxAsync()) is [var item] ? (item.Key, item.BaseCommitId) : default);
        await AssertSoundAsync();
    }

    [Fact]
    public async Task A_pending_edit_of_what_a_restored_remote_has_is_no_conflict()
    {
        await Store.PullAsync(Entry("a", 10, "1"), Entry("b", 30, "1"));
        await Store.WriteAsync([Put("a", "mine"), Put("b", "mine")], default);
        await Store.BeginResyncAsync([], default);
        var outcome = await Store.PullSharedAsync(_until20, Decider.Never, Entry("b", 8, "older"), Entry("a", 10, "1"));

        Assert.Equal(0, outcome.Conflicts);
        Assert.Empty(await Store.EndResyncAsync(_until20, default));
        Assert.Equal([("a", 10L), ("b", 8L)], (await Store.OutboxAsync()).Select(item => (item.Key, item.BaseCommitId)).Order());
        await AssertSoundAsync();
    }

    [Fact]
    public async Task Where_the_shared_history_is_not_certain_a_difference_is_the_reconcilers_to_decide()
    {
        await Store.PullAsync(Entry("same", 3, "1"), Entry("other", 4, "mine"), Entry("lost", 5, "1"));
        await Store.BeginResyncAsync([], default);
        var nothing = new SharedHistory(-1, IsCertain: false);
        var decider = Decider.Always(EntryDecisionKind.TakeRemote, ConflictKind.LocalLost);
        var outcome = await Store.PullSharedAsync(nothing, decider, Entry("same", 1, "1"), Entry("other", 2, "theirs"));

        Assert.Equal(["other"], outcome.Applied.Select(change => change.Key));
        Assert.Empty(await Store.EndResyncAsync(nothing, default));
        Assert.Equal(["lost"], (await Store.OutboxAsync()).Select(item => item.Key));
        Assert.Equal("theirs", await Store.ValueAsync("other"));
        Assert.Equal("mine", Text(Assert.Single(await Store.ListConflictsAsync(long.MaxValue, 9, default)).Local.Value));
        await AssertSoundAsync();
    }
}
