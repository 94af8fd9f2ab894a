using AtSync.Protocol;
using AtSync.Storage.Server;

namespace AtSync.Storage.Tests.Server;

/// <summary>What every engine does with atSigns.</summary>
public abstract class EngineConformance : IDisposable
{
    protected static readonly AtSign Alice = AtSign.Parse("@alice");
    protected static readonly AtSign Bob = AtSign.Parse("@bob");

    protected static CancellationToken None => CancellationToken.None;

    protected abstract IStorageEngine Open();

    public abstract void Dispose();

    protected async Task<(IStorageEngine Engine, IKeyStore Store)> OpenWithAliceAsync()
    {
        var engine = Open();
        return (engine, await engine.AddAsync(Alice, None));
    }

    [Fact]
    public async Task An_unknown_atSign_has_no_store()
    {
        await using var engine = Open();
        Assert.Null(await engine.FindAsync(Alice, None));
    }

    [Fact]
    public async Task An_added_atSign_has_an_empty_store_with_an_epoch()
    {
        var (engine, added) = await OpenWithAliceAsync();
        await using var _ = engine;
        var found = await engine.FindAsync(Alice, None);
        Assert.NotNull(found);
        Assert.Equal(Alice, found.Owner);
        Assert.Equal(added.EpochId, found.EpochId);
        Assert.Matches("^[0-9a-f]{32}$", found.EpochId);
        Assert.Equal((-1, 0, 0), (found.LastCommitId, found.RecordCount, found.ByteCount));
        Assert.Equal(-1, await found.LastLoggedCommitIdAsync(None));
        Assert.Empty(await found.LogAsync());
        Assert.Empty(await found.KeysAsync());
    }

    [Fact]
    public async Task An_atSign_is_added_once()
    {
        var (engine, store) = await OpenWithAliceAsync();
        await using var _ = engine;
        await store.ApplyAsync(Change.Put("a", "1"));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await engine.AddAsync(Alice, None));
        Assert.Equal("1", await store.ValueAsync("a"));
    }

    [Fact]
    public async Task AtSigns_do_not_see_each_other()
    {
        var (engine, alice) = await OpenWithAliceAsync();
        await using var _ = engine;
        var bob = await engine.AddAsync(Bob, None);
        await alice.ApplyAsync(Change.Put("a", "of alice"), Change.Put("b", "of alice", expiresAtMs: 1));
        await bob.ApplyAsync(Change.Put("a", "of bob"));
        Assert.NotEqual(alice.EpochId, bob.EpochId);
        Assert.Equal("of alice", await alice.ValueAsync("a"));
        Assert.Equal("of bob", await bob.ValueAsync("a"));
        Assert.Equal(["a"], await bob.KeysAsync());
        Assert.Equal(0, Assert.Single(await bob.LogAsync()).CommitId);
        Assert.Empty(await bob.RemoveExpiredAsync(100, 10, None));
        Assert.Equal((1, 0), (alice.LastCommitId, bob.LastCommitId));
    }

    [Fact]
    public async Task A_removed_atSign_is_gone_and_comes_back_empty_with_another_epoch()
    {
        var (engine, store) = await OpenWithAliceAsync();
        await using var _ = engine;
        await store.ApplyAsync(Change.Put("a", "1"), Change.Put("b", "2", expiresAtMs: 1));
        Assert.True(await engine.RemoveAsync(Alice, None));
        Assert.False(await engine.RemoveAsync(Alice, None));
        Assert.Null(await engine.FindAsync(Alice, None));
        var again = await engine.AddAsync(Alice, None);
        Assert.NotEqual(store.EpochId, again.EpochId);
        Assert.Equal((-1, 0, 0), (again.LastCommitId, again.RecordCount, again.ByteCount));
        Assert.Empty(await again.KeysAsync());
        Assert.Equal(0, await again.ApplyOneAsync(Change.Put("a", "3")));
        Assert.Empty(await engine.CheckAsync(None));
    }

    [Fact]
    public async Task A_store_held_over_its_removal_reads_nothing_and_refuses_writes()
    {
        var (engine, store) = await OpenWithAliceAsync();
        await using var _ = engine;
        await store.ApplyAsync(Change.Put("a", "1", expiresAtMs: 1));
        await engine.RemoveAsync(Alice, None);
        Assert.Null(await store.GetAsync("a", None));
        Assert.Empty(await store.KeysAsync());
        Assert.Empty(await store.LogAsync());
        Assert.Empty(await store.RemoveExpiredAsync(100, 10, None));
        Assert.Equal(0, store.RecordCount);
        var failure = await Assert.ThrowsAsync<StoreException>(async () => await store.ApplyAsync(Change.Put("b", "2")));
        Assert.Contains("@alice", failure.Message, StringComparison.Ordinal);
        var again = await engine.AddAsync(Alice, None);
        await Assert.ThrowsAsync<StoreException>(async () => await store.ApplyAsync(Change.Put("b", "2")));
        Assert.Equal(0, again.RecordCount);
    }

    [Fact]
    public async Task The_list_is_in_order_and_counts()
    {
        await using var engine = Open();
        foreach (var name in new[] { "zoe", "bob", "bo", "\u00e9va", "alice", "\uff41", "\U0001F984" })
        {
            var store = await engine.AddAsync(AtSign.Parse(name), None);
            await store.ApplyAsync(Change.Put("k", name), Change.Delete("x"));
        }

        var list = new List<StoreSummary>();
        await foreach (var line in engine.ListAsync(None))
        {
            list.Add(line);
        }

        Assert.Equal(["alice", "bo", "bob", "zoe", "\u00e9va", "\uff41", "\U0001F984"], list.ConvertAll(line => line.AtSign.Name));
        Assert.Equal(new StoreSummary(Alice, 1, 6, 1, 0, 0), list[0]);
    }

    [Fact]
    public async Task Many_atSigns_are_listed_once_each()
    {
        await using var engine = Open();
        for (var i = 0; i < 60; i++)
        {
            await engine.AddAsync(AtSign.Parse($"@p{i}"), None);
        }

        var names = new HashSet<string>();
        await foreach (var line in engine.ListAsync(None))
        {
            Assert.True(names.Add(line.AtSign.Name));
        }

        Assert.Equal(60, names.Count);
    }
}
