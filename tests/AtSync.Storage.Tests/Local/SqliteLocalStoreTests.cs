using AtSync.Storage.Local;

namespace AtSync.Storage.Tests.Local;

/// <summary>The conformance suite on the store in a file.</summary>
public sealed class SqliteLocalStoreTests : LocalStoreConformance
{
    private readonly StoreFolderFixture _folder = new();

    private protected override async ValueTask<ILocalStore> OpenAsync(LocalStoreLimits limits) => await _folder.OpenAsync(limits, time: Time);

    private protected override void CleanUp() => _folder.Dispose();
}
