using System.Diagnostics;
using AtSync.Protocol;
using AtSync.Storage.Server;
using AtSync.Storage.Server.Shards;

namespace AtSync.Storage.Tests.Server;

/// <summary>Clearing, expiry and giving space back happen in small slices, between which everybody else has their turn.</summary>
public sealed class UpkeepTests(ITestOutputHelper output) : IDisposable
{
    private static readonly AtSign _alice = AtSign.Parse("@alice");
    private static readonly AtSign _bob = AtSign.Parse("@bob");

    private readonly TempFolder _folder = new();

    private static CancellationToken None => CancellationToken.None;

    public void Dispose() => _folder.Dispose();

    private SqliteEngine Open() => SqliteEngine.Open(new SqliteEngineOptions { Folder = _folder.Path, Shards = 1 }, new SeededRandom());

    [Fact]
    public async Task A_removed_atSign_gives_its_space_back_in_slices_while_another_one_writes()
    {
        await using var engine = Open();
        await FillAsync(await engine.AddAsync(_alice, None), records: 6000, valueBytes: 4000);
        var bob = await engine.AddAsync(_bob, None);
        var file = _folder.File("keys-0.db");
        var upkeep = engine.Shards[0].Writer.Upkeep;
        await engine.RemoveAsync(_alice, None);
        var worst = TimeSpan.Zero;
        var writes = 0;
        long pages;
        do
        {
            var start = Stopwatch.GetTimestamp();
            await bob.ApplyOneAsync(Change.Put($"k{writes++ % 10}", "v"));
            var took = Stopwatch.GetElapsedTime(start);
            worst = took > worst ? took : worst;
            using var database = engine.Shards[0].OpenAside();
            pages = database.ReadLong("PRAGMA page_count");
        }
        while (pages > 200);

        output.WriteLine($"{writes} writes of @bob meanwhile, the slowest {worst.TotalMilliseconds:N1} ms; {upkeep.Work}");
        Assert.InRange(upkeep.Work.RowsMax, 1, ShardUpkeep.RowsPerSlice);
        Assert.InRange(upkeep.Work.PagesMax, 1, ShardUpkeep.PagesPerSlice);
        Assert.True(upkeep.Work.Slices >= 6000 / ShardUpkeep.RowsPerSlice + 6000 / ShardUpkeep.PagesPerSlice, upkeep.Work.ToString());
        Assert.Equal(10, Math.Min(10, bob.RecordCount));
        Assert.Empty(await engine.CheckAsync(None));
        await engine.DisposeAsync();
        Assert.InRange(new FileInfo(file).Length, 1, 2_000_000);
    }

    [Fact]
    public async Task Large_values_end_a_slice_before_its_rows_do()
    {
        await using var engine = Open();
        await FillAsync(await engine.AddAsync(_alice, None), records: 12, valueBytes: 3_000_000);
        var upkeep = engine.Shards[0].Writer.Upkeep;
        await engine.RemoveAsync(_alice, None);
        long left;
        do
        {
            using var database = engine.Shards[0].OpenAside();
            left = database.ReadLong("SELECT count(*) FROM tenant");
            await Task.Yield();
        }
        while (left > 0);

        Assert.InRange(upkeep.Work.RowsMax, 1, 2);
    }

    [Fact]
    public async Task Expiry_removes_a_bounded_number_of_rows_and_bytes_at_a_time()
    {
        await using var engine = Open();
        var store = await engine.AddAsync(_alice, None);
        await FillAsync(store, records: 2500, valueBytes: 10, expiresAtMs: 5);
        await FillAsync(store, records: 6, valueBytes: 3_000_000, expiresAtMs: 6, prefix: "large");
        var counts = new List<int>();
        int some;
        do
        {
            some = (await store.RemoveExpiredAsync(10, 1000, None)).Count;
            counts.Add(some);
        }
        while (some > 0);

        Assert.Equal([1000, 1000, 502, 2, 2, 0], counts);
        Assert.Equal((0, 0), (store.RecordCount, store.ByteCount));
        Assert.Empty(await engine.CheckAsync(None));
    }

    [Fact]
    public async Task A_little_free_space_is_kept_for_what_comes()
    {
        await using var engine = Open();
        await FillAsync(await engine.AddAsync(_alice, None), records: 300, valueBytes: 4000);
        await engine.RemoveAsync(_alice, None);
        var bob = await engine.AddAsync(_bob, None);
        for (var i = 0; i < 250; i++)
        {
            await bob.ApplyOneAsync(Change.Put("k", "v"));
        }

        Assert.Equal(0, engine.Shards[0].Writer.Upkeep.Work.PagesMax);
    }

    private static async Task FillAsync(IKeyStore store, int records, int valueBytes, long? expiresAtMs = null, string prefix = "k")
    {
        var value = new string('v', valueBytes);
        foreach (var chunk in Enumerable.Range(0, records).Chunk(500))
        {
            await store.ApplyAsync([.. chunk.Select(i => Change.Put($"{prefix}{i}", value, expiresAtMs: expiresAtMs))], None);
        }
    }
}
