using AtSync.Protocol;
using AtSync.Storage.Server;
using AtSync.Storage.Server.Shards;
using AtSync.Storage.Sqlite;
using Microsoft.Extensions.Logging;

namespace AtSync.Storage.Tests.Server;

/// <summary>Files that are damaged, foreign, newer or full: a named fault, never a crash, never another file harmed.</summary>
public sealed class DamageTests : IDisposable
{
    private static readonly AtSign _alice = AtSign.Parse("@alice");

    /// <summary>What a program of a later year would make of the file.</summary>
    private static readonly SqliteSchema _newer = ShardSchema.Schema with
    {
        Migrations = [.. ShardSchema.Schema.Migrations, .. Enumerable.Repeat("SELECT 1", 99 - ShardSchema.Schema.Version)],
    };

    private readonly TempFolder _folder = new();

    private static CancellationToken None => CancellationToken.None;

    public void Dispose() => _folder.Dispose();

    private SqliteEngine Open(int shards = 1, long pagesMax = 0, ILogger<SqliteEngine>? logger = null) =>
        SqliteEngine.Open(new SqliteEngineOptions { Folder = _folder.Path, Shards = shards, PagesPerShardMax = pagesMax }, new SeededRandom(), logger);

    private async Task MakeAsync(int shards = 1, int records = 200)
    {
        await using var engine = Open(shards);
        var store = await engine.AddAsync(_alice, None);
        await store.ApplyAsync(Enumerable.Range(0, records).Select(i => (StoreChange)Change.Put($"k{i}", new string('v', 300), expiresAtMs: i)).ToArray());
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_refused_untouched()
    {
        var path = _folder.File("keys-0.db");
        foreach (var content in new[] { "hello", new string('x', 10_000) })
        {
            await File.WriteAllTextAsync(path, content, None);
            var failure = Assert.Throws<StoreException>(() => Open());
            Assert.Equal(StoreFault.Corrupt, failure.Fault);
            Assert.Contains(path, failure.Message, StringComparison.Ordinal);
            Assert.Equal(content, await File.ReadAllTextAsync(path, None));
        }
    }

    [Fact]
    public async Task A_database_of_another_program_is_refused()
    {
        var other = new SqliteSchema("diary", 0x1234, ["CREATE TABLE entry(id INTEGER PRIMARY KEY)"]);
        SqliteDatabase.Open(new SqliteOptions { Path = _folder.File("keys-0.db") }, other).Dispose();
        Assert.Equal(StoreFault.Corrupt, Assert.Throws<StoreException>(() => Open()).Fault);
        await Task.CompletedTask;
    }

    [Fact]
    public async Task A_damaged_file_gives_a_named_fault_wherever_the_damage_is()
    {
        await MakeAsync();
        var path = _folder.File("keys-0.db");
        var good = await File.ReadAllBytesAsync(path, None);
        var random = new Random(3);
        var corrupt = 0;
        for (var i = 0; i < 40; i++)
        {
            var bad = good.ToArray();
            random.NextBytes(bad.AsSpan(random.Next(i % 8 == 0 ? 0 : 100, bad.Length - 600), 600));
            await File.WriteAllBytesAsync(path, bad, None);
            try
            {
                await using var engine = Open();
                if (await engine.FindAsync(_alice, None) is not { } store)
                {
                    continue;
                }

                corrupt += (await engine.CheckAsync(None)).Count > 0 ? 1 : 0;
                await store.LogAsync();
                await store.KeysAsync();
                await store.ApplyAsync(Enumerable.Range(0, 200).Select(k => (StoreChange)Change.Put($"k{k}", "new")).ToArray());
                await store.RemoveExpiredAsync(1000, 1000, None);
            }
            catch (StoreException failure)
            {
                Assert.Equal(StoreFault.Corrupt, failure.Fault);
                corrupt++;
            }
            finally
            {
                File.Delete(path + "-wal");
                File.Delete(path + "-shm");
            }
        }

        // Damage inside a value alone is not visible to SQLite.
        Assert.InRange(corrupt, 20, int.MaxValue);
    }

    [Fact]
    public async Task A_truncated_database_is_noticed()
    {
        await MakeAsync();
        var path = _folder.File("keys-0.db");
        using (var file = new FileStream(path, FileMode.Open))
        {
            file.SetLength(file.Length / 2);
        }

        try
        {
            await using var engine = Open();
            Assert.NotEmpty(await engine.CheckAsync(None));
            var store = (await engine.FindAsync(_alice, None))!;
            var failure = await Assert.ThrowsAsync<StoreException>(() => store.LogAsync());
            Assert.Equal(StoreFault.Corrupt, failure.Fault);
        }
        catch (StoreException failure)
        {
            Assert.Equal(StoreFault.Corrupt, failure.Fault);
        }
    }

    [Fact]
    public async Task A_newer_version_is_refused_and_no_byte_changed()
    {
        await MakeAsync();
        using (var database = SqliteDatabase.Open(new SqliteOptions { Path = _folder.File("keys-0.db") }, _newer))
        {
            Assert.Equal(99, database.ReadLong("PRAGMA user_version"));
        }

        var before = Contents();
        var failure = Assert.Throws<StoreException>(() => Open());
        Assert.Equal(StoreFault.NewerVersion, failure.Fault);
        Assert.Contains("newer", failure.Message, StringComparison.Ordinal);
        Assert.Equal(before, Contents());
    }

    [Fact]
    public async Task A_newer_version_that_is_still_in_the_log_only_is_refused_and_no_byte_changed()
    {
        await MakeAsync();
        using var database = SqliteDatabase.Open(new SqliteOptions { Path = _folder.File("keys-0.db") }, _newer);
        using var killed = _folder.CopyAsAfterKill();
        var wal = await File.ReadAllBytesAsync(killed.File("keys-0.db-wal"), None);
        var db = await File.ReadAllBytesAsync(killed.File("keys-0.db"), None);
        Assert.NotEmpty(wal);
        var failure = Assert.Throws<StoreException>(
            () => SqliteEngine.Open(new SqliteEngineOptions { Folder = killed.Path }, new SeededRandom()));
        Assert.Equal(StoreFault.NewerVersion, failure.Fault);
        Assert.Equal(wal, await File.ReadAllBytesAsync(killed.File("keys-0.db-wal"), None));
        Assert.Equal(db, await File.ReadAllBytesAsync(killed.File("keys-0.db"), None));
    }

    [Fact]
    public async Task A_missing_file_of_the_folder_is_noticed_and_not_made_anew()
    {
        await MakeAsync(shards: 4);
        for (var i = 0; i < 4; i++)
        {
            var path = _folder.File($"keys-{i}.db");
            File.Move(path, path + ".away");
            try
            {
                // The first file tells how many there are; without it the folder looks new unless another one holds atSigns.
                Assert.Equal(StoreFault.Corrupt, Assert.Throws<StoreException>(() => Open(shards: 4)).Fault);
            }
            finally
            {
                File.Move(path + ".away", path, overwrite: true);
            }
        }
    }

    [Fact]
    public async Task A_file_that_lost_its_content_is_noticed_and_not_made_anew()
    {
        await MakeAsync(shards: 1);
        await File.WriteAllBytesAsync(_folder.File("keys-0.db"), [], None);
        Assert.Contains("keys-0.db", Assert.Throws<StoreException>(() => Open(shards: 1)).Message, StringComparison.Ordinal);
        Assert.Equal(0, new FileInfo(_folder.File("keys-0.db")).Length);
    }

    [Fact]
    public async Task Files_that_changed_places_are_noticed()
    {
        await MakeAsync(shards: 2);
        File.Move(_folder.File("keys-0.db"), _folder.File("x"));
        File.Move(_folder.File("keys-1.db"), _folder.File("keys-0.db"));
        File.Move(_folder.File("x"), _folder.File("keys-1.db"));
        Assert.Equal(StoreFault.Corrupt, Assert.Throws<StoreException>(() => Open(shards: 2)).Fault);
    }

    [Fact]
    public async Task Opening_that_died_half_way_is_finished_by_the_next()
    {
        await using (Open(shards: 3))
        {
        }

        File.Delete(_folder.File("keys-0.db"));
        await using var engine = Open(shards: 2);
        var store = await engine.AddAsync(_alice, None);
        Assert.Equal(0, await store.ApplyOneAsync(Change.Put("a", "1")));
        Assert.Equal(2, engine.Shards.Count);
    }

    [Fact]
    public async Task The_check_finds_an_index_that_does_not_agree_and_wrong_counts()
    {
        await MakeAsync();
        using (var database = SqliteDatabase.Open(new SqliteOptions { Path = _folder.File("keys-0.db") }, ShardSchema.Schema))
        {
            database.Execute("UPDATE tenant SET records=records+1; UPDATE tenant SET last_commit_id=5");
            database.Execute("INSERT INTO record SELECT 9999, 77, 'lost', 0, NULL, 42, 0, 0, 0, 0, NULL, NULL, NULL, '', ''");
            database.Execute("PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql=replace(sql, 'expires IS NOT NULL', 'expires>100') WHERE name='record_expiry'");
        }

        using (var database = SqliteDatabase.Open(new SqliteOptions { Path = _folder.File("keys-0.db") }, ShardSchema.Schema))
        {
            database.Execute("REINDEX record_expiry");
            database.Execute("PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql=replace(sql, 'expires>100', 'expires IS NOT NULL') WHERE name='record_expiry'");
        }

        await using var engine = Open();
        var findings = await engine.CheckAsync(None);
        Assert.Contains(findings, finding => finding.Contains("index record_expiry has 99 rows, the table 200", StringComparison.Ordinal));
        Assert.Contains(findings, finding => finding.Contains("@alice: 201 records", StringComparison.Ordinal));
        Assert.Contains(findings, finding => finding.Contains("commit id 199 is in the log, but the last one given out is 5", StringComparison.Ordinal));
        Assert.Contains(findings, finding => finding.Contains("record 9999 belongs to no atSign", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_full_disk_fails_only_the_calls_that_do_not_fit_and_is_recovered_from()
    {
        var log = new LineLog();
        await using var engine = Open(pagesMax: 60, logger: log);
        var store = await engine.AddAsync(_alice, None);
        var acknowledged = new List<string>();
        StoreException? full = null;
        for (var n = 0; full is null; n++)
        {
            try
            {
                await store.ApplyAsync(Change.Put($"a{n}", new string('v', 3000)), Change.Put($"b{n}", new string('v', 3000)));
                acknowledged.AddRange([$"a{n}", $"b{n}"]);
            }
            catch (StoreException failure)
            {
                full = failure;
            }
        }

        Assert.Equal(StoreFault.Full, full.Fault);
        Assert.Contains("keys-0.db", full.Message, StringComparison.Ordinal);
        Assert.Contains("room", full.Message, StringComparison.Ordinal);
        Assert.Equal(acknowledged.Order(StringComparer.Ordinal), await store.KeysAsync());
        Assert.Equal((acknowledged.Count, acknowledged.Count - 1), (store.RecordCount, store.LastCommitId));

        // What fits is still taken, side by side with what does not.
        var calls = new[]
        {
            store.ApplyAsync(Change.Put("big", new string('v', 300_000))).AsTask(),
            store.ApplyAsync(Change.Put("a0", "small")).AsTask(),
            store.ApplyAsync(Change.Put("big2", new string('v', 300_000))).AsTask(),
        };
        await calls[1];
        Assert.Equal(StoreFault.Full, (await Assert.ThrowsAsync<StoreException>(() => calls[0])).Fault);
        Assert.Equal(StoreFault.Full, (await Assert.ThrowsAsync<StoreException>(() => calls[2])).Fault);
        Assert.Empty(await engine.CheckAsync(None));

        // However many calls meet it, a full disk is said once.
        for (var n = 0; n < 20; n++)
        {
            await Assert.ThrowsAsync<StoreException>(() => store.ApplyAsync(Change.Put("big", new string('v', 300_000))).AsTask());
        }

        Assert.Single(log.Lines, line => line.Contains("No space is left", StringComparison.Ordinal));
        Assert.DoesNotContain(log.Lines, line => line.Contains("Exception", StringComparison.Ordinal));

        // Room is made, and it goes on.
        await store.ApplyAsync(acknowledged.ConvertAll(key => (StoreChange)Change.Delete(key, logged: false)).ToArray());
        Assert.Equal(acknowledged.Count + 1, await store.ApplyOneAsync(Change.Put("again", new string('v', 3000))));
        Assert.Empty(await engine.CheckAsync(None));
    }

    [Fact]
    public void A_folder_that_can_not_be_made_is_a_named_fault()
    {
        File.WriteAllText(_folder.File("file"), "");
        var failure = Assert.Throws<StoreException>(
            () => SqliteEngine.Open(new SqliteEngineOptions { Folder = _folder.File("file") + "/sub" }, new SeededRandom()));
        Assert.Equal(StoreFault.Unreadable, failure.Fault);
    }

    [Fact]
    public void Options_that_make_no_sense_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Open(shards: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Open(shards: SqliteEngineOptions.ShardsMax + 1));
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    private List<(string, string)> Contents() =>
        Directory.GetFiles(_folder.Path, "keys*").Order(StringComparer.Ordinal)
            .Select(file => (Path.GetFileName(file), Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file))))).ToList();

    private sealed class LineLog : ILogger<SqliteEngine>
    {
        public System.Collections.Concurrent.ConcurrentQueue<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue($"{formatter(state, exception)} {exception}");
    }
}
