using AtSync.Storage.Local;
using AtSync.Storage.Sqlite;
using static AtSync.Storage.Tests.Local.LocalFixtures;

namespace AtSync.Storage.Tests.Local;

/// <summary>The file of a local store: whose it is, which version, and what happens when it is damaged or full.</summary>
public sealed class LocalFileTests : IDisposable
{
    private readonly StoreFolderFixture _folder = new();

    private string DatabasePath => Path.Combine(_folder.Path, "local.db");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_store_is_the_same_after_a_restart()
    {
        string deviceId;
        await using (var store = await _folder.OpenAsync())
        {
            deviceId = store.DeviceId;
            await store.PutAsync("a", "1");
            await store.PullAsync(Entry("b", 4, "2"));
        }

        await using var again = await _folder.OpenAsync();
        Assert.Equal(deviceId, again.DeviceId);
        Assert.Equal(["a", "b"], await again.KeysAsync());
        Assert.Equal(4, await again.GetCursorAsync(CursorNames.Main, default));
        Assert.Single(await again.OutboxAsync());
    }

    [Fact]
    public async Task Only_its_user_may_read_it()
    {
        if (OperatingSystem.IsWindows())
        {
            // Access lists instead of modes; the folder inherits its parent's.
            return;
        }

        var folder = Path.Combine(_folder.Path, "new");
        await using var store = await _folder.OpenAsync(folder: folder);
        await store.PutAsync("a", "1");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder));
        foreach (var file in Directory.GetFiles(folder, "local.db*"))
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }
    }

    [Fact]
    public async Task Another_atSign_is_refused_with_both_names()
    {
        await (await _folder.OpenAsync()).DisposeAsync();
        var before = await File.ReadAllBytesAsync(DatabasePath, TestContext.Current.CancellationToken);
        var failure = await Assert.ThrowsAsync<StoreException>(async () => await _folder.OpenAsync(atSign: "@bob"));
        Assert.Equal(StoreFault.OtherOwner, failure.Fault);
        Assert.Contains("@alice", failure.Message, StringComparison.Ordinal);
        Assert.Contains("@bob", failure.Message, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllBytesAsync(DatabasePath, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_newer_store_is_left_untouched()
    {
        await (await _folder.OpenAsync()).DisposeAsync();
        using (var database = SqliteDatabase.Open(new SqliteOptions { Path = DatabasePath }, AtSync.Storage.Local.Sqlite.LocalSchema.Instance))
        {
            database.Execute("PRAGMA user_version=99");
        }

        var before = await File.ReadAllBytesAsync(DatabasePath, TestContext.Current.CancellationToken);
        var failure = await Assert.ThrowsAsync<StoreException>(async () => await _folder.OpenAsync());
        Assert.Equal(StoreFault.NewerVersion, failure.Fault);
        Assert.Equal(before, await File.ReadAllBytesAsync(DatabasePath, TestContext.Current.CancellationToken));
        Assert.False(File.Exists(DatabasePath + "-wal"));
    }

    [Theory]
    [InlineData("not a database at all, but long enough to be taken for something with a header of one hundred bytes or more")]
    [InlineData("x")]
    public async Task A_foreign_file_is_refused_and_left_as_it_is(string content)
    {
        await File.WriteAllTextAsync(DatabasePath, content, TestContext.Current.CancellationToken);
        Assert.Equal(StoreFault.Corrupt, (await Assert.ThrowsAsync<StoreException>(async () => await _folder.OpenAsync())).Fault);
        Assert.Equal(content, await File.ReadAllTextAsync(DatabasePath, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_damaged_store_is_reported_never_a_crash()
    {
        await using (var store = await _folder.OpenAsync())
        {
            await store.WriteAsync([.. Enumerable.Range(0, 500).Select(i => Put($"key{i:D3}", new string('x', 300)))], default);
        }

        var sound = await File.ReadAllBytesAsync(DatabasePath, TestContext.Current.CancellationToken);
        for (var seed = 0; seed < 40; seed++)
        {
            var damaged = sound.ToArray();
            var random = new Random(seed);
            var start = random.Next(damaged.Length - 2000);
            random.NextBytes(damaged.AsSpan(start, 2000));
            File.Delete(DatabasePath + "-wal");
            File.Delete(DatabasePath + "-shm");
            await File.WriteAllBytesAsync(DatabasePath, damaged, TestContext.Current.CancellationToken);
            await AssertOnlyStoreFaultsAsync();
        }
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task A_store_that_lost_its_content_is_told_and_its_log_is_left(bool isFileThere, bool hasLog)
    {
        await (await _folder.OpenAsync()).DisposeAsync();
        File.Delete(DatabasePath);
        if (isFileThere)
        {
            await File.WriteAllBytesAsync(DatabasePath, [], TestContext.Current.CancellationToken);
        }

        if (hasLog)
        {
            await File.WriteAllTextAsync(DatabasePath + "-wal", "the latest edits", TestContext.Current.CancellationToken);
        }

        var failure = await Assert.ThrowsAsync<StoreException>(async () => await _folder.OpenAsync());
        Assert.Equal(StoreFault.Corrupt, failure.Fault);
        Assert.Contains("local.db", failure.Message, StringComparison.Ordinal);
        Assert.Equal(hasLog, File.Exists(DatabasePath + "-wal"));
    }

    [Fact]
    public async Task A_store_whose_making_was_interrupted_is_made_anew()
    {
        await File.WriteAllBytesAsync(DatabasePath, [], TestContext.Current.CancellationToken);
        await using var store = await _folder.OpenAsync();
        await store.PutAsync("a", "1");
    }

    [Fact]
    public async Task A_full_store_refuses_the_write_says_so_and_keeps_working()
    {
        await using var store = await _folder.OpenAsync(new LocalStoreLimits { FileBytesMax = 400_000 });
        var written = 0;
        StoreException? failure = null;
        while (failure is null)
        {
            try
            {
                await store.PutAsync($"key{written}", new string('x', 20_000));
                written++;
            }
            catch (StoreException e)
            {
                failure = e;
            }
        }

        Assert.Equal(StoreFault.Full, failure.Fault);
        Assert.InRange(written, 5, 30);
        Assert.Equal(written, (await store.OutboxAsync()).Count);
        Assert.Empty(await store.CheckAsync(default));
        await store.DeleteAsync("key0");
        await store.DeleteAsync("key1");
        await store.PutAsync("small", "fits");
        Assert.Equal("fits", await store.ValueAsync("small"));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_is_reported()
    {
        var file = Path.Combine(_folder.Path, "file");
        await File.WriteAllTextAsync(file, "", TestContext.Current.CancellationToken);
        Assert.Equal(
            StoreFault.Unreadable, (await Assert.ThrowsAsync<StoreException>(async () => await _folder.OpenAsync(folder: Path.Combine(file, "sub")))).Fault);
        Assert.Equal(StoreFault.Unreadable, (await Assert.ThrowsAsync<StoreException>(async () => await _folder.OpenAsync(folder: file))).Fault);
    }

    [Fact]
    public async Task A_resync_leaves_an_archive_copy_and_keeps_the_newest_few()
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        await using var store = await _folder.OpenAsync(new LocalStoreLimits { ArchivesMax = 2 }, time: time);
        await store.PullAsync(Entry("a", 1, "before"));
        for (var i = 0; i < 3; i++)
        {
            await store.BeginResyncAsync([], default);
            time.Advance(TimeSpan.FromSeconds(1));
        }

        await store.EndResyncAsync(null, default);
        Assert.Empty(await store.KeysAsync());
        var archives = Directory.GetFiles(_folder.Path, "archive-*").Order().ToList();
        Assert.Equal(2, archives.Count);
        using var copy = new StoreFolderFixture();
        File.Move(archives[1], Path.Combine(copy.Path, "local.db"));
        await using var archived = await copy.OpenAsync();
        Assert.Equal("before", await archived.ValueAsync("a"));
    }

    private async Task AssertOnlyStoreFaultsAsync()
    {
        try
        {
            await using var store = await _folder.OpenAsync();
            await store.KeysAsync();
            await store.OutboxAsync();
            await store.PutAsync("key100", "new");
            await store.PullAsync(Decider.Always(EntryDecisionKind.TakeRemote), Entry("key200", 1, "new"), Entry("zzz", 2, "new"));
            await store.CheckAsync(default);
        }
        catch (StoreException failure)
        {
            Assert.Contains("local.db", failure.Message, StringComparison.Ordinal);
        }
    }
}
