using AtSync.Protocol;
using AtSync.Storage.Server;
using CsCheck;

namespace AtSync.Storage.Tests.Server;

/// <summary>Backups taken while everything goes on, and engines made from them.</summary>
public sealed class BackupTests : IDisposable
{
    private static readonly AtSign _alice = AtSign.Parse("@alice");
    private static readonly AtSign _bob = AtSign.Parse("@bob");

    private readonly TempFolder _folder = new();
    private readonly TempFolder _backups = new();

    private static CancellationToken None => CancellationToken.None;

    public void Dispose()
    {
        _folder.Dispose();
        _backups.Dispose();
    }

    private static SqliteEngine Open(string folder, int seed = 1) => SqliteEngine.Open(new SqliteEngineOptions { Folder = folder }, new SeededRandom(seed));

    private async Task<SqliteEngine> RestoreAsync(string backup, string name, string? replaced = null)
    {
        await EngineRestore.RunAsync(backup, _backups.File(name), replaced, new SeededRandom(77), None);
        return Open(_backups.File(name));
    }

    [Fact]
    public void A_restored_backup_holds_what_was_backed_up() =>
        Gen.Select(Gen.Int[0, 9], Gen.String[Gen.Char.AlphaNumeric, 0, 5000], Gen.Bool, Gen.Bool).Array[0, 80].Sample(
            history =>
            {
                using var folder = new TempFolder();
                using var backups = new TempFolder();
                RoundTripAsync(history, folder, backups).GetAwaiter().GetResult();
            },
            iter: 6,
            threads: 2);

    private static async Task RoundTripAsync((int Key, string Value, bool Logged, bool Deletes)[] history, TempFolder folder, TempFolder backups)
    {
        await using var engine = Open(folder.Path);
        foreach (var atSign in new[] { _alice, _bob })
        {
            var store = await engine.AddAsync(atSign, None);
            await store.ApplyAsync(
                [.. history.Select(step => step.Deletes ? Change.Delete($"k{step.Key}", step.Logged) : Change.Put($"k{step.Key}", step.Value, step.Logged))], None);
        }

        await engine.BackUpAsync(backups.File("1"), null, None);
        var restored = await EngineRestore.RunAsync(backups.File("1"), backups.File("2"), null, new SeededRandom(5), None);
        Assert.Equal([_alice, _bob], restored.Stores.Select(store => store.AtSign));
        await using var other = Open(backups.File("2"));
        foreach (var atSign in new[] { _alice, _bob })
        {
            var before = (await Contents.ReadAsync(engine, atSign))!;
            var after = (await Contents.ReadAsync(other, atSign))!;
            Assert.Equal(before.ToString(), after.ToString());
            Assert.Equal(before.LastCommitId, after.LastCommitId);
            Assert.NotEqual(before.EpochId, after.EpochId);
        }

        Assert.Empty(await other.CheckAsync(None));
    }

    [Fact]
    public async Task Backups_taken_while_thousands_of_writes_run_fail_none_and_hold_a_prefix_of_them()
    {
        const int Calls = 7000;
        await using var engine = Open(_folder.Path);
        var store = await engine.AddAsync(_alice, None);
        var bob = await engine.AddAsync(_bob, None);
        var acknowledged = 0;
        var writing = Task.Run(async () =>
        {
            // Several in flight share an fsync; History.Call(n) follows n-1 in the queue.
            var inFlight = new Queue<Task>();
            for (var n = 0; n < Calls; n++)
            {
                inFlight.Enqueue(store.ApplyAsync(History.Call(n)).AsTask());
                if (inFlight.Count == 64)
                {
                    await inFlight.Dequeue();
                    Volatile.Write(ref acknowledged, acknowledged + 1);
                }
            }

            await Task.WhenAll(inFlight);
        });
        var backups = new List<(string Folder, int Before)>();
        while (!writing.IsCompleted && backups.Count < 3)
        {
            backups.Add((_backups.File($"b{backups.Count}"), Volatile.Read(ref acknowledged)));
            await engine.BackUpAsync(backups[^1].Folder, null, None);
        }

        await writing;
        Assert.Equal(Calls, await History.PrefixAsync(store));
        Assert.NotEmpty(backups);
        foreach (var (folder, before) in backups)
        {
            await using var restored = await RestoreAsync(folder, Path.GetFileName(folder) + "r");
            Assert.InRange(await History.PrefixAsync((await restored.FindAsync(_alice, None))!), before, Calls);
            Assert.NotNull(await restored.FindAsync(_bob, None));
            Assert.Empty(await restored.CheckAsync(None));
        }

        Assert.Equal(-1, bob.LastCommitId);
    }

    [Fact]
    public async Task Commit_ids_go_on_above_those_of_the_backup_and_of_the_stores_it_replaces()
    {
        await using (var engine = Open(_folder.Path))
        {
            var store = await engine.AddAsync(_alice, None);
            await store.ApplyAsync(Change.Put("a", "1"), Change.Put("b", "1"));
            await engine.BackUpAsync(_backups.File("old"), null, None);
            await store.ApplyAsync(Change.Put("a", "2"), Change.Put("c", "1"), Change.Put("d", "1"));
            await engine.AddAsync(_bob, None);
        }

        var result = await EngineRestore.RunAsync(_backups.File("old"), _backups.File("new"), _folder.Path, new SeededRandom(9), None);
        Assert.Equal([_bob], result.Missing);
        Assert.Null(result.ReplacedProblem);
        Assert.Equal(4, Assert.Single(result.Stores).LastCommitId);
        await using var restored = Open(_backups.File("new"));
        var again = (await restored.FindAsync(_alice, None))!;
        Assert.Equal(4, again.LastCommitId);
        Assert.Equal(1, again.Origin!.LastCommitId);
        Assert.Equal(1, await again.LastLoggedCommitIdAsync(None));
        Assert.Equal(5, await again.ApplyOneAsync(Change.Put("e", "1")));
        Assert.Equal(["a", "b", "e"], await again.KeysAsync());
    }

    [Fact]
    public async Task Stores_that_are_too_damaged_to_be_asked_do_not_stand_in_the_way()
    {
        await using (var engine = Open(_folder.Path))
        {
            await (await engine.AddAsync(_alice, None)).ApplyAsync(Change.Put("a", "1"));
            await engine.BackUpAsync(_backups.File("old"), null, None);
        }

        foreach (var file in Directory.GetFiles(_folder.Path, "*.db"))
        {
            await File.WriteAllTextAsync(file, new string('x', 9000), None);
        }

        var result = await EngineRestore.RunAsync(_backups.File("old"), _backups.File("new"), _folder.Path, new SeededRandom(9), None);
        Assert.Contains("damaged", result.ReplacedProblem, StringComparison.Ordinal);
        await using var restored = Open(_backups.File("new"));
        Assert.Equal("1", await (await restored.FindAsync(_alice, None))!.ValueAsync("a"));
    }

    [Fact]
    public async Task A_folder_that_holds_no_backup_or_half_of_one_is_refused()
    {
        var failure = await Assert.ThrowsAsync<StoreException>(() => RestoreAsync(_backups.File("none"), "r0"));
        Assert.Contains("no backup", failure.Message, StringComparison.Ordinal);
        await using var engine = Open(_folder.Path);
        await engine.BackUpAsync(_backups.File("half"), null, None);
        File.Delete(Path.Combine(_backups.File("half"), "keys-1.db"));
        failure = await Assert.ThrowsAsync<StoreException>(() => RestoreAsync(_backups.File("half"), "r1"));
        Assert.Contains("keys-1.db", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backup_is_its_owners_alone_and_can_be_stopped()
    {
        await using var engine = Open(_folder.Path);
        await engine.BackUpAsync(_backups.File("1"), null, None);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_backups.File("1"), "keys-0.db")));
        }

        await Assert.ThrowsAsync<OperationCanceledException>(
            async () => await engine.BackUpAsync(_backups.File("2"), null, new CancellationToken(canceled: true)));
        var failure = await Assert.ThrowsAsync<StoreException>(async () => await engine.BackUpAsync(_backups.File("1"), null, None));
        Assert.Contains("keys-0.db", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_import_that_died_leaves_nothing()
    {
        await using var engine = Open(_folder.Path);
        await (await engine.AddAsync(_alice, None)).ApplyAsync(Change.Put("a", "1"));
        await using var import = await engine.BeginImportAsync(_alice, None);
        await import.AddAsync([.. Enumerable.Range(0, 900).Select(i => Change.Record($"k{i}", "v") with { CommitId = i })], [], None);
        using var copy = _folder.CopyAsAfterKill();
        await using var recovered = Open(copy.Path);
        Assert.Equal(["a"], await (await recovered.FindAsync(_alice, None))!.KeysAsync());
        Assert.Empty(await recovered.CheckAsync(None));
        long left;
        do
        {
            left = 0;
            foreach (var shard in recovered.Shards)
            {
                using var database = shard.OpenAside();
                left += database.ReadLong("SELECT count(*) FROM record");
            }

            await Task.Yield();
        }
        while (left > 1);
    }
}
