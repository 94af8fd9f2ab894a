using AtSync.Protocol;
using AtSync.Storage.Server;

namespace AtSync.Storage.Tests.Server;

/// <summary>Whatever instant a process dies at: what was acknowledged is there, and nothing is half there.</summary>
public sealed class CrashTests : IDisposable
{
    private static readonly AtSign _alice = AtSign.Parse("@alice");

    private readonly TempFolder _folder = new();

    private static CancellationToken None => CancellationToken.None;

    public void Dispose() => _folder.Dispose();

    private static SqliteEngine Open(TempFolder folder) =>
        SqliteEngine.Open(new SqliteEngineOptions { Folder = folder.Path, Shards = 1 }, new SeededRandom());

    [Fact]
    public async Task A_copy_taken_at_any_moment_holds_at_least_what_was_acknowledged_before_it()
    {
        await using var engine = Open(_folder);
        var store = await engine.AddAsync(_alice, None);
        var acknowledged = 0;
        var stop = false;
        var writing = Task.Run(async () =>
        {
            for (var n = 0; !Volatile.Read(ref stop); n++)
            {
                await store.ApplyAsync(History.Call(n));
                Volatile.Write(ref acknowledged, n + 1);
            }
        });
        for (var copies = 0; copies < 25; copies++)
        {
            // The next moment comes when the writer got some way, differently far each time.
            for (var target = Volatile.Read(ref acknowledged) + copies % 4; Volatile.Read(ref acknowledged) < target;)
            {
                await Task.Yield();
            }

            var before = Volatile.Read(ref acknowledged);
            using var copy = _folder.CopyAsAfterKill();
            await using var recovered = Open(copy);
            var found = await History.PrefixAsync((await recovered.FindAsync(_alice, None))!);
            Assert.InRange(found, before, int.MaxValue);
            Assert.Empty(await recovered.CheckAsync(None));
        }

        Volatile.Write(ref stop, true);
        await writing;
    }

    [Fact]
    public async Task A_log_cut_anywhere_gives_a_clean_prefix()
    {
        const int Calls = 30;
        var ends = new List<long>();
        using var whole = await WriteAndCopyAsync(Calls, ends);
        var wal = whole.File("keys-0.db-wal");
        var length = new FileInfo(wal).Length;
        var offsets = Enumerable.Range(0, 120).Select(i => length * i / 119).Concat(ends).Concat(ends.Select(end => end - 1)).Order().ToList();
        var last = 0;
        foreach (var offset in offsets)
        {
            using var cut = new TempFolder();
            File.Copy(whole.File("keys-0.db"), cut.File("keys-0.db"));
            using (var to = File.Create(cut.File("keys-0.db-wal")))
            {
                var bytes = await File.ReadAllBytesAsync(wal, None);
                await to.WriteAsync(bytes.AsMemory(0, (int)offset), None);
            }

            var found = await RecoverAsync(cut);
            Assert.Equal(ends.Count(end => end <= offset), found);
            Assert.InRange(found, last, Calls);
            last = found;
        }

        Assert.Equal(Calls, last);
    }

    [Fact]
    public async Task A_log_with_a_damaged_byte_gives_a_clean_prefix()
    {
        const int Calls = 20;
        var ends = new List<long>();
        using var whole = await WriteAndCopyAsync(Calls, ends);
        var wal = await File.ReadAllBytesAsync(whole.File("keys-0.db-wal"), None);
        var random = new Random(5);
        for (var i = 0; i < 60; i++)
        {
            var at = random.Next((int)ends[0], (int)ends[^1]);
            using var damaged = new TempFolder();
            File.Copy(whole.File("keys-0.db"), damaged.File("keys-0.db"));
            var bytes = wal.ToArray();
            bytes[at] ^= 0x40;
            await File.WriteAllBytesAsync(damaged.File("keys-0.db-wal"), bytes, None);

            // What stands before the damage is whole; some header bytes of a frame are not covered and change nothing.
            Assert.InRange(await RecoverAsync(damaged), ends.Count(end => end <= at), Calls);
        }
    }

    [Fact]
    public async Task A_checkpoint_that_died_after_any_page_loses_nothing()
    {
        const int Calls = 12;
        const int PageBytes = 4096;
        using var whole = await WriteAndCopyAsync(Calls, []);
        var older = await File.ReadAllBytesAsync(whole.File("keys-0.db"), None);
        using var done = whole.CopyAsAfterKill();
        Assert.Equal(Calls, await RecoverAsync(done));
        var newer = await File.ReadAllBytesAsync(done.File("keys-0.db"), None);
        Assert.True(newer.Length > older.Length);
        for (var pages = 0; pages * PageBytes <= newer.Length; pages++)
        {
            // Pages are copied in their order; those beyond are the old ones, or not there yet.
            using var interrupted = whole.CopyAsAfterKill();
            using (var file = File.OpenWrite(interrupted.File("keys-0.db")))
            {
                await file.WriteAsync(newer.AsMemory(0, pages * PageBytes), None);
            }

            Assert.Equal(Calls, await RecoverAsync(interrupted));
        }
    }

    [Fact]
    public async Task Writing_goes_on_after_a_crash_with_new_commit_ids()
    {
        using var whole = await WriteAndCopyAsync(10, []);
        await using var engine = Open(whole);
        var store = (await engine.FindAsync(_alice, None))!;
        Assert.Equal(30, (await store.ApplyAsync(History.Call(10)))[0].CommitId);
        Assert.Equal(11, await History.PrefixAsync(store));
    }

    [Fact]
    public async Task A_process_that_is_killed_loses_nothing_it_acknowledged()
    {
        var epoch = "";
        var killed = 0;
        for (var round = 0; round < 4; round++)
        {
            var acknowledged = killed;
            using (var child = WritingChild.Start(_folder.Path))
            {
                for (var lines = 0; lines < 40 + round * 60; lines++)
                {
                    acknowledged = await child.ReadAsync();
                }

                child.Kill();
                acknowledged = Math.Max(acknowledged, await child.ReadRestAsync());
            }

            await using var engine = Open(_folder);
            var store = (await engine.FindAsync(_alice, None))!;
            killed = await History.PrefixAsync(store);
            Assert.InRange(killed, acknowledged, int.MaxValue);
            Assert.True(epoch.Length == 0 || epoch == store.EpochId);
            epoch = store.EpochId;
            Assert.Empty(await engine.CheckAsync(None));
        }
    }

    /// <summary>Writes calls one by one and copies the files while they are open; <paramref name="ends"/> gets the length of the log after each.</summary>
    private async Task<TempFolder> WriteAndCopyAsync(int calls, List<long> ends)
    {
        // A first life ends in order, so that tables and atSign are in the database and not in the log that is going to be cut.
        await using (var first = Open(_folder))
        {
            await first.AddAsync(_alice, None);
        }

        await using var engine = Open(_folder);
        var store = (await engine.FindAsync(_alice, None))!;
        for (var n = 0; n < calls; n++)
        {
            await store.ApplyAsync(History.Call(n));
            ends.Add(new FileInfo(_folder.File("keys-0.db-wal")).Length);
        }

        return _folder.CopyAsAfterKill();
    }

    private static async Task<int> RecoverAsync(TempFolder folder)
    {
        await using var engine = Open(folder);
        return await History.PrefixAsync((await engine.FindAsync(_alice, None))!);
    }
}
