using AtSync.Client.Tests.Files;

namespace AtSync.Client.Tests;

/// <summary>Two devices of one atSign and our own atServer: what one writes, the other reads.</summary>
public class TwoDevicesTests
{
    [Fact]
    public async Task Values_of_every_kind_arrive_as_they_were_written()
    {
        await using var world = await RealServer.StartAsync();
        var keys = await world.ActivateAsync();
        await using var a = await world.OpenAsync(keys);
        await using var b = await world.OpenAsync(keys);
        await a.PutAsync("note.app", "line\n\"🦄\"");
        await a.PutAsync("empty.app", "");
        await a.PutAsync("bytes.app", new byte[] { 0, 1, 255 });
        await a.PutAsync("public:card.app", "one\ntwo");
        Assert.True((await a.SyncAsync()).InSync);
        Assert.True((await b.SyncAsync()).InSync);
        Assert.Equal("line\n\"🦄\"", (await b.GetAsync("note.app"))!.Text);
        Assert.Equal("", (await b.GetAsync("empty.app"))!.Text);
        Assert.Equal(new byte[] { 0, 1, 255 }, (await b.GetAsync("bytes.app"))!.Bytes.ToArray());
        Assert.Equal("one\ntwo", (await b.GetAsync("public:card.app"))!.Text);
        Assert.NotNull((await b.GetStatusAsync()).LastSyncedAt);
    }

    [Fact]
    public async Task An_encoding_that_no_longer_applies_is_cleared_on_the_server()
    {
        await using var world = await RealServer.StartAsync();
        var keys = await world.ActivateAsync();
        await using var a = await world.OpenAsync(keys);
        await using var b = await world.OpenAsync(keys);
        await a.PutAsync("public:card.app", "one\ntwo");
        await a.SyncAsync();
        await a.PutAsync("public:card.app", "b25l");
        await a.SyncAsync();
        await b.SyncAsync();
        Assert.Equal("b25l", (await b.GetAsync("public:card.app"))!.Text);
        Assert.Null((await b.GetAsync("public:card.app"))!.Metadata.Encoding);
        await a.WriteRemoteAsync(new AtWrite("public:card.app", AtValue.OfText("x\ny")));
        await a.WriteRemoteAsync(new AtWrite("public:card.app", AtValue.OfText("b25l")));
        Assert.Equal("b25l", (await b.GetRemoteAsync("public:card.app"))!.Text);
    }

    [Fact]
    public async Task Straight_to_the_server_and_back()
    {
        await using var world = await RealServer.StartAsync();
        var keys = await world.ActivateAsync();
        await using var a = await world.OpenAsync(keys);
        Assert.True(await a.WriteRemoteAsync(new AtWrite("note.app", AtValue.OfText("remote"))) > 0);
        Assert.Null(await a.GetAsync("note.app"));
        Assert.Equal("remote", (await a.GetRemoteAsync("note.app"))!.Text);
        Assert.Contains("note.app@alice", await a.ScanRemoteAsync("^note"));
        await a.SyncAsync();
        Assert.Equal("remote", (await a.GetAsync("note.app"))!.Text);
        await a.WriteRemoteAsync(new AtWrite("note.app", null));
        Assert.Null(await a.GetRemoteAsync("note.app"));
    }

    [Fact]
    public async Task A_folder_is_restored_from_the_key_file_alone()
    {
        await using var world = await RealServer.StartAsync();
        var keys = await world.ActivateAsync();
        using var source = new TestFolder();
        using var target = new TestFolder();
        source.Write("a b/ü.txt", "small");
        source.Write("big", FileRecordsTests.Bytes(7_000_000, 1));
        await using (var a = await world.OpenAsync(keys))
        {
            await a.Files.PutFolderAsync(source.Path);
            Assert.True((await a.SyncAsync()).InSync);
        }

        await using var c = await world.OpenAsync(keys);
        await c.SyncAsync();
        Assert.Equal(2, (await c.Files.RestoreFolderAsync(target.Path)).Files);
        Assert.Equal(source.Files(), target.Files());
        Assert.Equal(await File.ReadAllBytesAsync(source["big"], TestContext.Current.CancellationToken), await File.ReadAllBytesAsync(target["big"], TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Replaced_chunks_go_after_the_push_on_every_device()
    {
        await using var world = await RealServer.StartAsync();
        var keys = await world.ActivateAsync();
        await using var a = await world.OpenAsync(keys);
        await using var b = await world.OpenAsync(keys);
        await a.Files.PutAsync("f", new MemoryStream(FileRecordsTests.Bytes(50_000, 1)), null);
        await a.SyncAsync();
        await b.SyncAsync();
        await a.Files.PutAsync("f", new MemoryStream(FileRecordsTests.Bytes(50_000, 2)), null);
        await a.SyncAsync();
        Assert.Equal(1, await a.Files.CollectGarbageAsync());
        await a.SyncAsync();
        await b.SyncAsync();
        Assert.Equal(0, await b.Files.CollectGarbageAsync());
        var copy = new MemoryStream();
        Assert.NotNull(await b.Files.GetAsync("f", copy));
        Assert.Equal(FileRecordsTests.Bytes(50_000, 2), copy.ToArray());
    }

    [Fact]
    public async Task Of_two_edits_the_loser_is_kept_and_can_be_taken_back()
    {
        await using var world = await RealServer.StartAsync();
        var keys = await world.ActivateAsync();
        await using var a = await world.OpenAsync(keys);
        await using var b = await world.OpenAsync(keys, options => options with { ConflictPolicy = ConflictPolicy.Remote });
        await a.PutAsync("note.app", "base");
        await a.SyncAsync();
        await b.SyncAsync();
        await a.PutAsync("note.app", "of a");
        await b.PutAsync("note.app", "of b");
        await a.SyncAsync();
        await b.SyncAsync();
        Assert.Equal("of a", (await b.GetAsync("note.app"))!.Text);
        await foreach (var conflict in b.Conflicts.ListAsync())
        {
            Assert.Equal(("of b", "of a"), (conflict.Local!.Value!.Text, conflict.Remote!.Value!.Text));
            Assert.True(await b.Conflicts.KeepLocalAsync(conflict.Id));
        }

        Assert.True((await b.SyncAsync()).InSync);
        await a.SyncAsync();
        Assert.Equal("of b", (await a.GetAsync("note.app"))!.Text);
    }

    [Fact]
    public async Task A_merge_sees_both_versions_opened()
    {
        await using var world = await RealServer.StartAsync();
        var keys = await world.ActivateAsync();
        await using var a = await world.OpenAsync(keys);
        await using var b = await world.OpenAsync(keys, options => options with
        {
            ConflictPolicy = ConflictPolicy.Merge(versions => AtValue.OfText($"{versions.Remote!.Text}+{versions.Local!.Text}")),
        });
        await a.PutAsync("note.app", "a");
        await b.PutAsync("note.app", "b");
        await a.SyncAsync();
        await b.SyncAsync();
        await a.SyncAsync();
        Assert.Equal("a+b", (await a.GetAsync("note.app"))!.Text);
        Assert.Equal("a+b", (await b.GetAsync("note.app"))!.Text);
    }

    [Fact]
    public async Task What_comes_from_another_device_is_told_as_remote()
    {
        await using var world = await RealServer.StartAsync();
        var keys = await world.ActivateAsync();
        await using var a = await world.OpenAsync(keys);
        await using var b = await world.OpenAsync(keys);
        await b.SyncAsync();
        await using var changes = b.WatchAsync("^note").GetAsyncEnumerator(TestContext.Current.CancellationToken);
        await a.PutAsync("note.app", "x");
        await a.SyncAsync();
        await b.SyncAsync();
        Assert.True(await changes.MoveNextAsync());
        Assert.Equal(("note.app@alice", true), (changes.Current.Key.Full, changes.Current.IsRemote));
        Assert.True(changes.Current.CommitId > 0);
    }

    [Fact]
    public async Task A_failed_round_is_remembered_until_one_succeeds()
    {
        await using var world = await RealServer.StartAsync();
        var keys = await world.ActivateAsync();
        await using var a = await world.OpenAsync(keys with { EnrollmentId = "nobody" });
        var failure = await Assert.ThrowsAsync<AtException>(() => a.SyncAsync());
        Assert.Equal(AtFault.Refused, failure.Fault);
        Assert.Equal(failure.Message, (await a.GetStatusAsync()).LastError);
    }
}
