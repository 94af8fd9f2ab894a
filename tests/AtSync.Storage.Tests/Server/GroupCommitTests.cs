using AtSync.Protocol;
using AtSync.Storage.Server;
using AtSync.Storage.Server.Shards;

namespace AtSync.Storage.Tests.Server;

public sealed class GroupCommitTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static CancellationToken None => CancellationToken.None;

    public void Dispose() => _folder.Dispose();

    private SqliteEngine Open() => SqliteEngine.Open(new SqliteEngineOptions { Folder = _folder.Path, Shards = 1 }, new SeededRandom());

    /// <summary>Holds the writer inside a transaction until it is let go, so that what is queued meanwhile is known.</summary>
    private sealed class Hold
    {
        private readonly ManualResetEventSlim _go = new();
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Reached => _reached.Task;

        public Change Change => new("hold", (_, _) =>
        {
            _reached.TrySetResult();
            _go.Wait();
            return ChangeDecision.Put(AtSync.Storage.Tests.Server.Change.Record("hold", ""), logged: true);
        });

        public void LetGo() => _go.Set();
    }

    [Fact]
    public async Task Callers_that_wait_share_one_transaction()
    {
        await using var engine = Open();
        var store = await engine.AddAsync(AtSign.Parse("@alice"), None);
        var bob = await engine.AddAsync(AtSign.Parse("@bob"), None);
        var before = engine.Shards[0].Writer.Transactions;
        var hold = new Hold();
        var held = store.ApplyAsync(hold.Change).AsTask();
        await hold.Reached;
        var calls = Enumerable.Range(0, 300).Select(i => (i % 2 == 0 ? store : bob).ApplyAsync(Change.Put($"k{i}", "v")).AsTask()).ToArray();
        Assert.All(calls, call => Assert.False(call.IsCompleted));
        hold.LetGo();
        await Task.WhenAll([held, .. calls]);
        Assert.Equal(before + 1, engine.Shards[0].Writer.Transactions);
        Assert.Equal((151, 150), (store.RecordCount, bob.RecordCount));
    }

    [Fact]
    public async Task A_lone_writer_does_not_wait_for_company()
    {
        await using var engine = Open();
        var store = await engine.AddAsync(AtSign.Parse("@alice"), None);
        var before = engine.Shards[0].Writer.Transactions;
        for (var i = 0; i < 20; i++)
        {
            await store.ApplyAsync(Change.Put("k", $"{i}"));
        }

        Assert.Equal(before + 20, engine.Shards[0].Writer.Transactions);
    }

    [Fact]
    public async Task A_call_that_fails_takes_no_neighbour_with_it_and_leaves_nothing_half_done()
    {
        await using var engine = Open();
        var store = await engine.AddAsync(AtSign.Parse("@alice"), None);
        var hold = new Hold();
        var held = store.ApplyAsync(hold.Change).AsTask();
        await hold.Reached;
        var good = store.ApplyAsync(Change.Put("good", "1")).AsTask();
        var bad = store.ApplyAsync(Change.Put("half", "1"), new Change("bad", (_, _) => throw new FormatException("a bug"))).AsTask();
        var later = store.ApplyAsync(Change.Put("later", "1")).AsTask();
        hold.LetGo();
        await Task.WhenAll(held, good, later);
        await Assert.ThrowsAsync<FormatException>(() => bad);
        Assert.Equal(["good", "hold", "later"], await store.KeysAsync());
        Assert.Equal([0L, 1, 2], (await store.LogAsync()).ConvertAll(entry => entry.CommitId));
        Assert.Equal((2, 3), (store.LastCommitId, store.RecordCount));
        Assert.Empty(await engine.CheckAsync(None));
    }

    [Fact]
    public async Task A_full_queue_makes_callers_wait_and_keeps_their_order()
    {
        await using var engine = Open();
        var store = await engine.AddAsync(AtSign.Parse("@alice"), None);
        var hold = new Hold();
        var held = store.ApplyAsync(hold.Change).AsTask();
        await hold.Reached;
        var calls = Enumerable.Range(0, ShardWriter.QueueMax + 500).Select(i => store.ApplyAsync(Change.Put("k", $"{i}")).AsTask()).ToArray();
        using var cancel = new CancellationTokenSource();
        var cancelled = store.ApplyAsync([Change.Put("never", "")], cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        hold.LetGo();
        await held;
        var results = await Task.WhenAll(calls);
        Assert.Equal(Enumerable.Range(1, calls.Length).Select(id => (long)id), results.Select(result => result[0].CommitId));
        Assert.Null(await store.GetAsync("never", None));
    }

    [Fact]
    public async Task Cancelling_the_wait_does_not_undo_the_change()
    {
        await using var engine = Open();
        var store = await engine.AddAsync(AtSign.Parse("@alice"), None);
        var hold = new Hold();
        var held = store.ApplyAsync(hold.Change).AsTask();
        await hold.Reached;
        using var cancel = new CancellationTokenSource();
        var call = store.ApplyAsync([Change.Put("a", "1")], cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        hold.LetGo();
        await held;
        await store.ApplyAsync(Change.Put("after", "1"));
        Assert.Equal("1", await store.ValueAsync("a"));
    }

    [Fact]
    public async Task A_reader_sees_neither_half_of_a_transaction_nor_waits_for_it()
    {
        await using var engine = Open();
        var store = await engine.AddAsync(AtSign.Parse("@alice"), None);
        await store.ApplyAsync(Change.Put("a", "old"));
        var hold = new Hold();
        var held = store.ApplyAsync(Change.Put("a", "new"), hold.Change).AsTask();
        await hold.Reached;
        Assert.Equal("old", await store.ValueAsync("a"));
        Assert.Equal(0, store.LastCommitId);
        hold.LetGo();
        await held;
        Assert.Equal("new", await store.ValueAsync("a"));
        Assert.Equal(2, store.LastCommitId);
    }
}
