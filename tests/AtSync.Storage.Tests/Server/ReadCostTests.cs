using AtSync.Protocol;
using AtSync.Storage.Server;
using AtSync.Storage.Server.Shards;
using AtSync.Storage.Sqlite;

namespace AtSync.Storage.Tests.Server;

/// <summary>What reads cost, counted in steps of SQLite's machine instead of time.</summary>
public sealed class ReadCostTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static CancellationToken None => CancellationToken.None;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Skipped_deletions_cost_nothing()
    {
        await using var engine = SqliteEngine.Open(new SqliteEngineOptions { Folder = _folder.Path, Shards = 1, ReadersPerShard = 1 }, new SeededRandom());
        var store = await engine.AddAsync(AtSign.Parse("@alice"), None);
        await store.ApplyAsync(Enumerable.Range(0, 5000).Select(i => (StoreChange)Change.Delete($"dead{i}")).ToArray());
        await store.ApplyAsync(Change.Put("live", "1"));
        var all = await StepsAsync(engine, store, skipDeletesUntil: -1);
        var skipped = await StepsAsync(engine, store, skipDeletesUntil: 4999);
        Assert.True(all > 5000, $"{all} steps for 5001 entries");
        Assert.True(skipped < 200, $"{skipped} steps for one entry");
    }

    [Fact]
    public async Task Reading_the_log_from_its_end_costs_nothing_per_earlier_entry()
    {
        await using var engine = SqliteEngine.Open(new SqliteEngineOptions { Folder = _folder.Path, Shards = 1, ReadersPerShard = 1 }, new SeededRandom());
        var store = await engine.AddAsync(AtSign.Parse("@alice"), None);
        await store.ApplyAsync(Enumerable.Range(0, 5000).Select(i => (StoreChange)Change.Put($"k{i}", "v")).ToArray());
        Assert.InRange(await StepsAsync(engine, store, skipDeletesUntil: -1, after: 4998), 1, 200);
    }

    [Theory]
    [InlineData("SELECT key FROM record WHERE tenant=1 AND key='a'", "record_key (tenant=? AND key=?)")]
    [InlineData("SELECT key FROM record WHERE tenant=1 AND key>='a' AND key<'b' AND deleted=0 ORDER BY key", "record_key (tenant=? AND key>? AND key<?)")]
    [InlineData("SELECT id FROM record WHERE tenant=1 AND expires<=5 ORDER BY expires LIMIT 1", "record_expiry (tenant=? AND expires<?)")]
    [InlineData("SELECT max(commit_id) FROM record WHERE tenant=1 AND deleted=1 AND commit_id IS NOT NULL", "record_log (tenant=? AND deleted=?")]
    public void Every_read_goes_through_an_index(string sql, string index) => Assert.Contains(index, Plan(sql), StringComparison.Ordinal);

    [Fact]
    public void The_log_is_walked_in_the_order_of_its_index()
    {
        var plan = Plan(ShardReader.LogSql(deleted: 0));
        Assert.Contains("record_log (tenant=? AND deleted=? AND commit_id>?)", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("TEMP B-TREE", plan, StringComparison.Ordinal);
    }

    private string Plan(string sql)
    {
        using var database = SqliteDatabase.Open(new SqliteOptions { Path = _folder.File("plan.db") }, ShardSchema.Schema);
        using var statement = database.PrepareOnce("EXPLAIN QUERY PLAN " + sql);
        var plan = "";
        while (statement.Step())
        {
            plan += statement.Text(3) + "\n";
        }

        return plan;
    }

    private static async Task<int> StepsAsync(SqliteEngine engine, IKeyStore store, long skipDeletesUntil, long after = -1)
    {
        var before = await ReadStepsAsync(engine);
        await store.LogAsync(after, skipDeletesUntil);
        return await ReadStepsAsync(engine) - before;
    }

    private static async Task<int> ReadStepsAsync(SqliteEngine engine)
    {
        using var lease = await engine.Shards[0].Readers.RentAsync(None);
        return lease.Reader.LogSteps;
    }
}
