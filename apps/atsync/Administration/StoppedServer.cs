using AtSync.App.Hosting;
using AtSync.Crypto;
using AtSync.Server;
using AtSync.Server.Administration;
using AtSync.Storage.Server;
using Microsoft.Extensions.Logging;

namespace AtSync.App.Administration;

/// <summary>The stores of a server that does not run, open for administration; nothing listens.</summary>
internal sealed class StoppedServer : IAsyncDisposable
{
    private readonly StartedParts _parts = new();
    private readonly DataFolder _folder;

    private StoppedServer(DataFolder folder) => _folder = folder;

    public Server.Administration.Administration Administration { get; private set; } = null!;

    /// <summary>Takes the data folder and opens its stores.</summary>
    /// <exception cref="AtSync.Storage.StoreException">Held by a running program, damaged, or newer.</exception>
    public static async Task<StoppedServer> OpenAsync(string data, ILoggerFactory loggerFactory)
    {
        var server = new StoppedServer(DataFolder.Open(data));
        try
        {
            var storage = server._parts.Add(SqliteEngine.Open(
                new SqliteEngineOptions { Folder = server._folder.ServerFolder }, SystemRandomSource.Instance, loggerFactory.CreateLogger<SqliteEngine>()));
            var host = server._parts.Add(new AtServerHost(new AtServerOptions
            {
                Storage = storage,
                TimeProvider = TimeProvider.System,
                Random = SystemRandomSource.Instance,
                LoggerFactory = loggerFactory,
            }));
            server.Administration = new Server.Administration.Administration(new AdministrationOptions
            {
                Host = host,
                Hosting = new StoppedHosting(host),
                BackUpOthersAsync = (target, stop) => DataBackup.CopyOthersAsync(server._folder.Path, target, stop),
            });
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _parts.DisposeAsync();
        _folder.Dispose();
    }
}
