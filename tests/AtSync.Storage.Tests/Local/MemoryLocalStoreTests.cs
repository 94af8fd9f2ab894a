using AtSync.Storage.Local;

namespace AtSync.Storage.Tests.Local;

/// <summary>The conformance suite on the store in memory.</summary>
public sealed class MemoryLocalStoreTests : LocalStoreConformance
{
    private readonly MemoryLocalFile _file = new(LocalFixtures.Alice, new SeededRandom(1));

    private protected override ValueTask<ILocalStore> OpenAsync(LocalStoreLimits limits) =>
        new(new MemoryLocalStore(_file, Time, limits));
}
