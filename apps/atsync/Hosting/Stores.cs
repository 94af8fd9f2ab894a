using AtSync.Storage.Server;
using Microsoft.Extensions.Logging;

namespace AtSync.App.Hosting;

/// <summary>Which engine the program's servers keep their data in.</summary>
internal static class Stores
{
    public static Task<IStorageEngine> OpenEngineAsync(
        string folder, TimeProvider timeProvider, ILoggerFactory loggerFactory, CancellationToken cancellationToken) => throw new NotImplementedException();

    public static Task<IAddressBook> OpenAddressBookAsync(string folder, CancellationToken cancellationToken) => throw new NotImplementedException();
}
