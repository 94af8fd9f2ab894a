using AtSync.Client.Conflicts;
using AtSync.Protocol;
using AtSync.Storage.Local;

namespace AtSync.Client.Tests.Conflicts;

public class ConflictInboxTests
{
    private const string Key = "note.app@alice";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_conflict_shows_both_versions_opened(bool onDisk)
    {
        await using var test = await TestClient.OpenAsync(onDisk);
        var commitId = await LoseAsync(test);
        var conflict = Assert.Single(await ListAsync(test));
        Assert.Equal(Key, conflict.Key.Full);
        Assert.Equal(("mine", "theirs"), (conflict.Local!.Value!.Text, conflict.Remote!.Value!.Text));
        Assert.Equal((ConflictKind.LocalLost, "test", commitId), (conflict.Kind, conflict.Policy, conflict.Remote.CommitId));
        Assert.Equal(conflict.Id, (await test.Client.Conflicts.GetAsync(conflict.Id))!.Id);
        Assert.Null(await test.Client.Conflicts.GetAsync(conflict.Id + 1));
        Assert.Equal("theirs", (await test.Client.GetAsync("note.app"))!.Text);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Keeping_the_local_version_is_an_ordinary_write_on_top_of_the_remote_one(bool onDisk)
    {
        await using var test = await TestClient.OpenAsync(onDisk);
        var commitId = await LoseAsync(test);
        await using var changes = test.Client.WatchAsync().GetAsyncEnumerator();
        Assert.True(await test.Client.Conflicts.KeepLocalAsync((await ListAsync(test))[0].Id));
        Assert.Equal("mine", (await test.Client.GetAsync("note.app"))!.Text);
        var item = Assert.Single(await PendingAsync(test));
        Assert.Equal((commitId, CommitOp.UpdateAll), (item.BaseCommitId, item.Op));
        Assert.Empty(await ListAsync(test));
        Assert.True(await changes.MoveNextAsync());
        Assert.Equal(Key, changes.Current.Key.Full);
    }

    [Fact]
    public async Task Keeping_what_is_the_record_already_writes_nothing()
    {
        await using var test = await TestClient.OpenAsync();
        await LoseAsync(test);
        Assert.True(await test.Client.Conflicts.KeepRemoteAsync((await ListAsync(test))[0].Id));
        Assert.Equal("theirs", (await test.Client.GetAsync("note.app"))!.Text);
        Assert.Empty(await PendingAsync(test));
        Assert.Empty(await ListAsync(test));
    }

    [Fact]
    public async Task Keeping_the_remote_version_that_lost_replaces_the_local_one()
    {
        await using var test = await TestClient.OpenAsync();
        await test.Client.PutAsync("note.app", "mine");
        var commitId = await ConflictMaker.KeepLocalAsync(test, Key, "theirs");
        Assert.True(await test.Client.Conflicts.KeepRemoteAsync((await ListAsync(test))[0].Id));
        Assert.Equal("theirs", (await test.Client.GetAsync("note.app"))!.Text);
        Assert.Equal(commitId, Assert.Single(await PendingAsync(test)).BaseCommitId);
    }

    [Fact]
    public async Task Keeping_the_local_version_against_a_deletion_is_based_on_the_deletion()
    {
        await using var test = await TestClient.OpenAsync();
        await test.Client.PutAsync("note.app", "mine");
        var commitId = await ConflictMaker.DeleteByRemoteAsync(test, Key);
        var conflict = Assert.Single(await ListAsync(test));
        Assert.Null(conflict.Remote);
        Assert.True(await test.Client.Conflicts.KeepLocalAsync(conflict.Id));
        Assert.Equal("mine", (await test.Client.GetAsync("note.app"))!.Text);
        Assert.Equal(commitId, Assert.Single(await PendingAsync(test)).BaseCommitId);
    }

    [Fact]
    public async Task Keeping_a_deletion_deletes()
    {
        await using var test = await TestClient.OpenAsync();
        await test.Client.PutAsync("note.app", "mine");
        await ConflictMaker.KeepLocalAsync(test, Key, null);
        Assert.True(await test.Client.Conflicts.KeepRemoteAsync((await ListAsync(test))[0].Id));
        Assert.Null(await test.Client.GetAsync("note.app"));
        Assert.Equal(CommitOp.Delete, Assert.Single(await PendingAsync(test)).Op);
    }

    [Fact]
    public async Task A_conflict_that_is_not_there_is_neither_kept_nor_an_error()
    {
        await using var test = await TestClient.OpenAsync();
        Assert.False(await test.Client.Conflicts.KeepLocalAsync(1));
        Assert.False(await test.Client.Conflicts.KeepRemoteAsync(1));
    }

    private static async Task<long> LoseAsync(TestClient test)
    {
        await test.Client.PutAsync("note.app", "mine");
        return await ConflictMaker.ReplaceByRemoteAsync(test, Key, "theirs");
    }

    private static async Task<IReadOnlyList<OutboxItem>> PendingAsync(TestClient test) =>
        await test.Store.ReadOutboxAsync(0, long.MaxValue, 10, long.MaxValue, CancellationToken.None);

    private static async Task<List<Conflict>> ListAsync(TestClient test)
    {
        var conflicts = new List<Conflict>();
        await foreach (var conflict in test.Client.Conflicts.ListAsync())
        {
            conflicts.Add(conflict);
        }

        return conflicts;
    }
}
