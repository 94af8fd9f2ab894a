using AtSync.Storage.Local;

namespace AtSync.Client.Local;

/// <summary>Opens the store in a client's folder.</summary>
internal static class LocalStores
{
    public static async ValueTask<ILocalStore> OpenAsync(AtClientOptions options, CancellationToken cancellationToken) => await SqliteLocalStore.OpenAsync(
        new LocalStoreOptions
        {
            Folder = options.StoreDirectory,
            AtSign = options.AtSign,
            Random = options.Random,
            TimeProvider = options.TimeProvider,
        },
        cancellationToken);
}
