namespace AtSync.Storage.Tests.Local;

/// <summary>One store, two processes.</summary>
public sealed class LocalProcessTests
{
    [Fact]
    public async Task Two_processes_write_at_once_and_a_signal_wakes_the_other()
    {
        using var folder = new StoreFolderFixture();
        await using var store = await folder.OpenAsync();
        var signalled = store.WaitForSignalAsync(TestContext.Current.CancellationToken);
        using var child = StoreChild.Start("write100", folder.Path);
        for (var i = 1; i <= 100; i++)
        {
            await store.PutAsync($"parent{i}", $"{i}");
        }

        await signalled;
        await child.WaitForExitAsync();
        Assert.Equal(200, (await store.CountAsync(default)).Pending);
        Assert.Equal(200, (await store.OutboxAsync()).Select(i => i.Seq).Distinct().Count());
        Assert.Empty(await store.CheckAsync(default));
    }

    [Fact]
    public async Task A_process_that_opens_and_closes_the_store_takes_nothing_from_one_that_has_it_open()
    {
        using var folder = new StoreFolderFixture();
        await using var store = await folder.OpenAsync();
        await store.PutAsync("early", "1");

        // More connections come and go in this process: none of them may drop its locks on the file.
        await (await folder.OpenAsync()).DisposeAsync();
        Assert.NotNull(await store.GetAsync("early", default));
        using (var child = StoreChild.Start("write100", folder.Path))
        {
            await child.WaitForExitAsync();
        }

        Assert.True(File.Exists(Path.Combine(folder.Path, "local.db-wal")), "the other process took itself for the last one");
        await store.PutAsync("late", "still here");
        using var reader = StoreChild.Start("read", folder.Path);
        Assert.Equal("still here", await reader.ReadLineAsync());
        await reader.WaitForExitAsync();
    }

    [Fact]
    public async Task The_sync_lock_is_freed_by_the_death_of_its_process()
    {
        using var folder = new StoreFolderFixture();
        await using var store = await folder.OpenAsync();
        using var child = StoreChild.Start("lock", folder.Path);
        Assert.Equal("held", await child.ReadLineAsync());
        Assert.Null(store.TryTakeSyncLock());
        child.Kill();
        var held = store.TryTakeSyncLock();
        Assert.NotNull(held);
        using var second = StoreChild.Start("lock", folder.Path);
        Assert.Equal("refused", await second.ReadLineAsync());
        await second.WaitForExitAsync();
    }
}
