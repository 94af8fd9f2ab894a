using System.Runtime.CompilerServices;
using AtSync.Protocol;
using AtSync.Server;
using AtSync.Storage.Server;
using AtSync.Transport;
using AtSync.Transport.Kestrel;
using Microsoft.Extensions.Logging;

namespace AtSync.App.Hosting;

/// <summary>
/// A running atServer: storage, host, listener, and the places where its atSigns are found. What serves and what administers is started on one
/// of these; there is no other way. The data folder stays the caller's, who holds its lock.
/// </summary>
/// <remarks>Members may be called concurrently; adding and removing one atSign waits for its turn.</remarks>
internal sealed class ServerProgram : IAsyncDisposable
{
    private readonly StartedParts _parts;

    // One change of what is hosted at a time: they are rare, and places and atDirectory follow the store in order.
    private readonly SemaphoreSlim _hosting = new(1, 1);
    private readonly IPlaces _places;
    private readonly Registrar _registrar;

    private ServerProgram(StartedParts parts, IStorageEngine storage, AtServerHost server, KestrelListener listener, IPlaces places, Registrar registrar)
    {
        _parts = parts;
        Storage = storage;
        Server = server;
        Listener = listener;
        _places = places;
        _registrar = registrar;
    }

    public IStorageEngine Storage { get; }

    public AtServerHost Server { get; }

    public KestrelListener Listener { get; }

    /// <summary>Opens the storage, listens, and serves what is hosted.</summary>
    /// <exception cref="AtSync.Storage.StoreException">The storage is held by another process, damaged or newer.</exception>
    /// <exception cref="NetworkException">A port is in use.</exception>
    public static async Task<ServerProgram> StartAsync(ServerSetup setup, CancellationToken cancellationToken)
    {
        var parts = new StartedParts();
        try
        {
            var storage = parts.Add<IStorageEngine>(SqliteEngine.Open(
                setup.Storage, Crypto.SystemRandomSource.Instance, setup.LoggerFactory.CreateLogger<SqliteEngine>()));
            var server = parts.Add(new AtServerHost(setup.Server(storage)));
            var listener = parts.Add(await KestrelListener.StartAsync(
                setup.Listener(server.HandleAsync) with { PageHandler = server.GetPageAsync }, cancellationToken));
            var places = await setup.PlacesAsync(listener, server, cancellationToken);
            await places.StartAsync(ListAsync(storage, cancellationToken), cancellationToken);
            var registrar = parts.Add(new Registrar(
                setup.Registry, storage, places, setup.TimeProvider, setup.LoggerFactory.CreateLogger("AtSync.Hosting")));
            registrar.Start();
            // What was owed to other atSigns when the process ended is taken up again.
            await server.ResumeAsync(cancellationToken);
            return new ServerProgram(parts, storage, server, listener, places, registrar);
        }
        catch
        {
            await parts.DisposeAsync();
            throw;
        }
    }

    /// <summary>Something that works on this server, such as its administration; ends before the server does.</summary>
    public T Add<T>(T part)
        where T : IAsyncDisposable => _parts.Add(part);

    /// <summary>Hosts an atSign, with a one-time secret of its own when it is new.</summary>
    public ValueTask<HostOutcome> HostAsync(AtSign atSign, CancellationToken cancellationToken) =>
        HostAsync(atSign, stop => Server.AddAsync(atSign, CramSecret.Make(), stop), cancellationToken);

    /// <summary>
    /// Hosts an atSign: its place is opened, <paramref name="store"/> puts it into the storage (true: it was not there), connections find it, the
    /// atDirectory is told. When <paramref name="store"/> fails nothing has changed. Doing it again completes what is missing.
    /// </summary>
    /// <exception cref="NetworkException">Its port can't be listened on.</exception>
    /// <exception cref="ArgumentException">It can't have a place here; the message says why.</exception>
    public async ValueTask<HostOutcome> HostAsync(AtSign atSign, Func<CancellationToken, ValueTask<bool>> store, CancellationToken cancellationToken)
    {
        await _hosting.WaitAsync(cancellationToken);
        try
        {
            var address = await _places.OpenAsync(atSign, cancellationToken);
            bool isNew;
            try
            {
                isNew = await store(cancellationToken);
            }
            catch
            {
                if (await Storage.FindAsync(atSign, CancellationToken.None) is null)
                {
                    await _places.CloseAsync(atSign, forget: false, CancellationToken.None);
                }

                throw;
            }

            // It is hosted now: what follows is not left half done because the caller went away.
            await _places.KeepAsync(atSign, CancellationToken.None);
            var isRegistered = await _registrar.RegisterAsync(atSign, address, CancellationToken.None);
            var state = await DescribeAsync(atSign, CancellationToken.None)
                ?? throw new InvalidOperationException($"{atSign} was put into the store and is not there.");
            return new HostOutcome(state, isNew, isRegistered);
        }
        finally
        {
            _hosting.Release();
        }
    }

    /// <summary>Deletes an atSign with everything it holds, takes it out of the atDirectory, and closes its place. False when it was not hosted.</summary>
    public async ValueTask<bool> RemoveAsync(AtSign atSign, CancellationToken cancellationToken)
    {
        await _hosting.WaitAsync(cancellationToken);
        try
        {
            // The store first: from it the entry follows, also after a crash in between.
            var wasHosted = await Server.RemoveAsync(atSign, cancellationToken);
            var isUnregistered = await _registrar.UnregisterAsync(atSign, CancellationToken.None);
            // An entry that is still there is found again by the address.
            await _places.CloseAsync(atSign, forget: isUnregistered, CancellationToken.None);
            return wasHosted;
        }
        finally
        {
            _hosting.Release();
        }
    }

    /// <summary>A hosted atSign with its address; null when it is not hosted.</summary>
    public async ValueTask<ReadyAtSign?> DescribeAsync(AtSign atSign, CancellationToken cancellationToken) =>
        await Server.DescribeAsync(atSign, cancellationToken) is { } state
            ? new ReadyAtSign(atSign, _places.Find(atSign)?.ToString() ?? "", state.Secret, state.IsActivated)
            : null;

    /// <summary>Where a hosted atSign is found; null when it is not hosted.</summary>
    public string? AddressOf(AtSign atSign) => _places.Find(atSign)?.ToString();

    /// <summary>Stops listening, lets sessions end politely until the token fires, then cuts the rest.</summary>
    public Task DrainAsync(CancellationToken cancellationToken) =>
        // Sessions first: they answer what they are at and close; the listener then finds nothing to abort.
        Task.WhenAll(Server.DrainAsync(cancellationToken), Listener.DrainAsync(cancellationToken));

    public async ValueTask DisposeAsync()
    {
        await _parts.DisposeAsync();
        _places.Dispose();
        _hosting.Dispose();
    }

    private static async IAsyncEnumerable<AtSign> ListAsync(IStorageEngine storage, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var hosted in storage.ListAsync(cancellationToken))
        {
            yield return hosted.AtSign;
        }
    }
}

/// <summary>What became of hosting an atSign.</summary>
/// <param name="AtSign">It, with its address and, until it is activated, its secret.</param>
/// <param name="IsNew">It was not hosted before.</param>
/// <param name="IsRegistered">The atDirectory knows, or is kept by somebody else; false: it will be told as soon as it can be reached.</param>
internal sealed record HostOutcome(ReadyAtSign AtSign, bool IsNew, bool IsRegistered);
