using AtSync.Protocol;
using AtSync.Server;
using AtSync.Storage;
using AtSync.Storage.Server;
using AtSync.Transport;
using Microsoft.Extensions.Logging;

namespace AtSync.App.Hosting;

/// <summary>
/// Keeps the atDirectory's entries of this server's atSigns true: each hosted one is found under its address, and no address of this server
/// stands there for one that is not hosted any more. What can't be done now, because the atDirectory is away or the process died in the middle,
/// is made good by comparing the two lists, at each start and after each failure.
/// </summary>
/// <remarks>Both lists come in the same order and are read side by side, so that nothing is held per atSign.</remarks>
internal sealed class Registrar(
    IAddressBook? book, IStorageEngine storage, IPlaces places, TimeProvider timeProvider, ILogger logger) : IAsyncDisposable
{
    private static readonly TimeSpan RetryMin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RetryMax = TimeSpan.FromMinutes(1);

    private readonly CancellationTokenSource _stop = new();

    // Guards _retrying.
    private readonly Lock _gate = new();
    private Task _retrying = Task.CompletedTask;

    /// <summary>Makes the atDirectory true; what fails is tried again until it succeeds. Call it once, when all places are open.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!await TryAsync(() => ReconcileAsync(cancellationToken)))
        {
            RetryLater();
        }
    }

    /// <summary>Tells the atDirectory where the atSign is. False: not possible now, it will be told later. True also where there is no atDirectory to tell.</summary>
    public async ValueTask<bool> RegisterAsync(AtSign atSign, HostPort address, CancellationToken cancellationToken)
    {
        if (book is null || await TryAsync(() => SetAsync(book, atSign, address.ToString(), cancellationToken)))
        {
            return true;
        }

        RetryLater();
        return false;
    }

    /// <summary>Takes the atSign out of the atDirectory, unless it is elsewhere by now. False: not possible now, it will be done later.</summary>
    public async ValueTask<bool> UnregisterAsync(AtSign atSign, CancellationToken cancellationToken)
    {
        if (book is null || await TryAsync(() => RemoveOursAsync(book, atSign, cancellationToken)))
        {
            return true;
        }

        RetryLater();
        return false;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        Task retrying;
        lock (_gate)
        {
            retrying = _retrying;
        }

        await retrying;
        _stop.Dispose();
    }

    private static async Task SetAsync(IAddressBook book, AtSign atSign, string address, CancellationToken cancellationToken)
    {
        if (await book.FindAsync(atSign, cancellationToken) != address)
        {
            await book.SetAsync(atSign, address, cancellationToken);
        }
    }

    private async Task RemoveOursAsync(IAddressBook book, AtSign atSign, CancellationToken cancellationToken)
    {
        if (places.Find(atSign) is { } ours && await book.FindAsync(atSign, cancellationToken) == ours.ToString())
        {
            await book.RemoveAsync(atSign, cancellationToken);
        }
    }

    private async Task ReconcileAsync(CancellationToken cancellationToken)
    {
        if (book is null)
        {
            return;
        }

        await using var listed = book.ListAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        var hasEntry = await listed.MoveNextAsync();
        await foreach (var hosted in storage.ListAsync(cancellationToken))
        {
            while (hasEntry && Compare(listed.Current.AtSign, hosted.AtSign) < 0)
            {
                await RemoveDepartedAsync(book, listed.Current, cancellationToken);
                hasEntry = await listed.MoveNextAsync();
            }

            var entry = hasEntry && listed.Current.AtSign == hosted.AtSign ? listed.Current.Address : null;
            if (places.Find(hosted.AtSign)?.ToString() is { } address && address != entry)
            {
                await book.SetAsync(hosted.AtSign, address, cancellationToken);
            }
        }

        while (hasEntry)
        {
            await RemoveDepartedAsync(book, listed.Current, cancellationToken);
            hasEntry = await listed.MoveNextAsync();
        }
    }

    /// <summary>An entry of an atSign that was not hosted when the list was read.</summary>
    private async ValueTask RemoveDepartedAsync(IAddressBook book, (AtSign AtSign, string Address) entry, CancellationToken cancellationToken)
    {
        if (entry.AtSign is var atSign && places.Find(atSign)?.ToString() == entry.Address
            && await storage.FindAsync(atSign, cancellationToken) is null)
        {
            await book.RemoveAsync(atSign, cancellationToken);
        }
    }

    private static int Compare(AtSign left, AtSign right) => Utf8Order.Instance.Compare(left.Name, right.Name);

    private async Task<bool> TryAsync(Func<Task> step)
    {
        try
        {
            await step();
            return true;
        }
        catch (Exception failure) when (failure is StoreException or NetworkException or IOException)
        {
            HostingLog.NotRegistered(logger, failure.Message);
            return false;
        }
    }

    private void RetryLater()
    {
        lock (_gate)
        {
            if (_retrying.IsCompleted && !_stop.IsCancellationRequested)
            {
                _retrying = RetryAsync();
            }
        }
    }

    private async Task RetryAsync()
    {
        try
        {
            var wait = RetryMin;
            do
            {
                await Task.Delay(wait, timeProvider, _stop.Token);
                wait = wait * 2 < RetryMax ? wait * 2 : RetryMax;
            }
            while (!await TryAsync(() => ReconcileAsync(_stop.Token)));

            HostingLog.RegisteredAgain(logger);
        }
        catch (OperationCanceledException)
        {
            // The server ends; the next start begins with a comparison.
        }
    }
}
