using AtSync.Protocol;
using AtSync.Storage.Server;
using AtSync.Storage.Server.Shards;
using AtSync.Storage.Sqlite;

namespace AtSync.Storage.Tests.Server;

public sealed class SqliteEngineTests : TransferConformance
{
    private readonly TempFolder _folder = new();
    private readonly TempFolder _other = new();

    protected override IStorageEngine Open() => OpenSqlite();

    protected override IStorageEngine OpenOther() =>
        SqliteEngine.Open(new SqliteEngineOptions { Folder = _other.Path, Shards = 2 }, new SeededRandom(2));

    public override void Dispose()
    {
        _folder.Dispose();
        _other.Dispose();
    }

    private SqliteEngine OpenSqlite() => SqliteEngine.Open(new SqliteEngineOptions { Folder = _folder.Path }, new SeededRandom());

    [Fact]
    public async Task Everything_is_there_after_a_restart_and_commit_ids_go_on()
    {
        string epoch;
        await using (var engine = OpenSqlite())
        {
            var store = await engine.AddAsync(Alice, None);
            epoch = store.EpochId;
            await store.ApplyAsync(Change.Put("a", "1"), Change.Put("b", "2"), Change.Delete("b"), Change.Put("c", "3"));
            await store.ApplyAsync(Change.Delete("c", logged: false));
        }

        await using (var engine = OpenSqlite())
        {
            var store = await engine.FindAsync(Alice, None);
            Assert.NotNull(store);
            Assert.Equal(epoch, store.EpochId);
            Assert.Equal((3, 1, 2), (store.LastCommitId, store.RecordCount, store.ByteCount));
            Assert.Equal([0L, 2], (await store.LogAsync()).ConvertAll(entry => entry.CommitId));
            Assert.Equal(4, await store.ApplyOneAsync(Change.Put("d", "4")));
            Assert.Empty(await engine.CheckAsync(None));
        }
    }

    [Fact]
    public async Task The_number_of_files_is_fixed_when_the_folder_is_made()
    {
        await using (var engine = OpenSqlite())
        {
            await engine.AddAsync(Alice, None);
        }

        await using (var engine = SqliteEngine.Open(new SqliteEngineOptions { Folder = _folder.Path, Shards = 7 }, new SeededRandom()))
        {
            Assert.Equal(4, engine.Shards.Count);
            Assert.NotNull(await engine.FindAsync(Alice, None));
        }
    }

    [Fact]
    public async Task AtSigns_are_spread_over_all_files()
    {
        await using var engine = OpenSqlite();
        for (var i = 0; i < 100; i++)
        {
            await engine.AddAsync(AtSign.Parse($"@p{i}"), None);
        }

        foreach (var shard in engine.Shards)
        {
            using var database = shard.OpenAside();
            Assert.InRange(database.ReadLong("SELECT count(*) FROM tenant"), 10, 50);
        }
    }

    [Fact]
    public async Task A_folder_is_open_once()
    {
        await using (OpenSqlite())
        {
            Assert.Equal(StoreFault.Locked, Assert.Throws<StoreException>(OpenSqlite).Fault);
        }

        await using var again = OpenSqlite();
    }

    [Fact]
    public async Task Two_lookups_share_one_store()
    {
        await using var engine = OpenSqlite();
        var added = await engine.AddAsync(Alice, None);
        Assert.Same(added, await engine.FindAsync(Alice, None));
    }

    [Fact]
    public async Task A_probe_commits_once_in_every_file()
    {
        await using var engine = OpenSqlite();
        var before = engine.Shards.Select(shard => shard.Writer.Transactions).ToList();

        await engine.ProbeAsync(None);

        Assert.All(engine.Shards.Zip(before), pair => Assert.Equal(pair.Second + 1, pair.First.Writer.Transactions));
        Assert.Empty(await engine.CheckAsync(None));
    }

    [Fact]
    public async Task After_the_end_calls_are_refused()
    {
        var engine = OpenSqlite();
        var store = await engine.AddAsync(Alice, None);
        await engine.DisposeAsync();
        await engine.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await store.ApplyAsync(Change.Put("a", "1")));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await store.GetAsync("a", None));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await engine.CheckAsync(None));
    }

    [Fact]
    public async Task What_was_asked_for_before_the_end_is_done()
    {
        var engine = OpenSqlite();
        var store = await engine.AddAsync(Alice, None);
        var calls = Enumerable.Range(0, 200).Select(i => store.ApplyAsync(Change.Put($"k{i}", "v")).AsTask()).ToArray();
        await engine.DisposeAsync();
        await Task.WhenAll(calls);
        await using var again = OpenSqlite();
        Assert.Equal(200, (await again.FindAsync(Alice, None))!.RecordCount);
    }

    [Fact]
    public async Task The_records_of_a_removed_atSign_are_cleared_away()
    {
        await using (var engine = OpenSqlite())
        {
            var store = await engine.AddAsync(Alice, None);
            await store.ApplyAsync(Enumerable.Range(0, 1200).Select(i => (StoreChange)Change.Put($"k{i}", "v")).ToArray());
            await engine.RemoveAsync(Alice, None);
            Assert.Empty(await engine.CheckAsync(None));
        }

        await using (var engine = OpenSqlite())
        {
            // The sweep runs while the writer is idle: any job queued now waits at most for one step of it.
            long left;
            do
            {
                left = 0;
                foreach (var shard in engine.Shards)
                {
                    using var database = shard.OpenAside();
                    left += database.ReadLong("SELECT count(*) FROM record") + database.ReadLong("SELECT count(*) FROM tenant");
                }

                await Task.Yield();
            }
            while (left > 0);
        }
    }

    [Fact]
    public async Task A_store_of_the_version_before_quotas_counts_its_notifications_when_it_is_opened()
    {
        await using (var engine = OpenSqlite())
        {
            var store = await engine.AddAsync(Alice, None);
            await store.Notifications.AddAsync(
                new StoredNotification
                {
                    Id = "a",
                    Kind = NotificationKind.Received,
                    Status = NotificationStatus.Delivered,
                    Peer = "@bob",
                    CreatedAtMs = 1,
                    ExpiresAtMs = 2,
                    Body = new byte[5],
                },
                null,
                None);
        }

        foreach (var file in Directory.GetFiles(_folder.Path, "keys-*.db"))
        {
            using var database = SqliteDatabase.Open(new SqliteOptions { Path = file }, ShardSchema.Schema);
            database.Execute("DROP INDEX record_refresh; DROP INDEX notification_topic; ALTER TABLE notification DROP COLUMN topic");
            foreach (var column in new[] { "notifications", "notification_bytes", "max_records", "max_bytes", "max_notifications", "max_notification_bytes", "epoch_from", "epoch_commit_id" })
            {
                database.Execute($"ALTER TABLE tenant DROP COLUMN {column}");
            }

            database.Execute("PRAGMA user_version=2");
        }

        await using (var engine = OpenSqlite())
        {
            var line = (await engine.FindAsync(Alice, None))!.Summary;
            Assert.Equal((1, 10), (line.Notifications, line.NotificationBytes));
            Assert.Equal(StoreQuota.Unset, line.OwnQuota);
            Assert.Empty(await engine.CheckAsync(None));
        }
    }
}
