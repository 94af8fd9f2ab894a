using System.Net;
using AtSync.Directory;
using AtSync.Storage.Server;
using AtSync.Transport;
using AtSync.Transport.Kestrel;

namespace AtSync.App.Hosting;

/// <summary>A running atDirectory: addresses, answers, listener.</summary>
internal sealed class DirectoryProgram : IAsyncDisposable
{
    private readonly StartedParts _parts;

    private DirectoryProgram(StartedParts parts, IAddressBook addresses, AtDirectory directory, KestrelListener listener, int port)
    {
        _parts = parts;
        Addresses = addresses;
        Directory = directory;
        Listener = listener;
        Port = port;
    }

    /// <summary>May be read and changed while it runs.</summary>
    public IAddressBook Addresses { get; }

    public AtDirectory Directory { get; }

    public KestrelListener Listener { get; }

    public int Port { get; }

    /// <summary>Opens the file of addresses and listens.</summary>
    /// <exception cref="AtSync.Storage.StoreException">The file is damaged or newer.</exception>
    /// <exception cref="NetworkException">The port is in use.</exception>
    public static async Task<DirectoryProgram> StartAsync(
        string addressFile,
        Func<IAddressBook, AtDirectoryOptions> options,
        Func<ConnectionHandler, KestrelListenerOptions> listening,
        IReadOnlyList<IPAddress> listenOn,
        int port,
        CancellationToken cancellationToken)
    {
        var parts = new StartedParts();
        try
        {
            var addresses = parts.Add<IAddressBook>(SqliteAddressBook.Open(addressFile));
            var directory = new AtDirectory(options(addresses));
            var listener = parts.Add(await KestrelListener.StartAsync(
                listening(directory.HandleAsync) with { PageHandler = directory.GetPageAsync }, cancellationToken));
            foreach (var address in listenOn)
            {
                port = await listener.AddPortAsync(address, port, cancellationToken);
            }

            return new DirectoryProgram(parts, addresses, directory, listener, port);
        }
        catch
        {
            await parts.DisposeAsync();
            throw;
        }
    }

    /// <summary>Something that works on this directory, such as its administration; ends before the directory does.</summary>
    public T Add<T>(T part)
        where T : IAsyncDisposable => _parts.Add(part);

    /// <summary>Stops listening, lets connections end politely until the token fires, then cuts the rest.</summary>
    public Task DrainAsync(CancellationToken cancellationToken) => Listener.DrainAsync(cancellationToken);

    public ValueTask DisposeAsync() => _parts.DisposeAsync();
}
