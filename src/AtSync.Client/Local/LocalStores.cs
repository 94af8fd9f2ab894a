using AtSync.Storage.Local;

namespace AtSync.Client.Local;

/// <summary>Opens the store in a client's folder.</summary>
internal static class LocalStores
{
    public static ValueTask<ILocalStore> OpenAsync(AtClientOptions options, CancellationToken cancellationToken) => throw new NotImplementedException();
}
