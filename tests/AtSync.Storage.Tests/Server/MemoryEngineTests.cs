using AtSync.Storage.Server;

namespace AtSync.Storage.Tests.Server;

public sealed class MemoryEngineTests : TransferConformance
{
    protected override IStorageEngine Open() => new MemoryEngine(new SeededRandom());

    protected override IStorageEngine OpenOther() => new MemoryEngine(new SeededRandom(2));

    public override void Dispose()
    {
    }

    [Fact]
    public async Task Every_call_completes_before_it_returns()
    {
        var engine = new MemoryEngine(new SeededRandom());
        var added = engine.AddAsync(Alice, None).AsTask();
        Assert.True(added.IsCompletedSuccessfully);
        var store = await added;
        Assert.True(store.ApplyAsync([Change.Put("a", "1")], None).AsTask().IsCompletedSuccessfully);
        Assert.True(store.GetAsync("a", None).AsTask().IsCompletedSuccessfully);
    }
}
