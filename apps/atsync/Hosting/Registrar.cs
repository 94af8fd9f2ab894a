using AtSync.Protocol;
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

    // One step at a time: whether an atSign is hosted, and the entry that follows from it, belong together.
    private readonly SemaphoreSlim _turn = new(1, 1);

    // Guards the rest.
    private readonly Lock _gate = new();
    private Task _comparing = Task.CompletedTask;
    private bool _isComparing;
    private int _missed;

    /// <summary>Begins to make the atDirectory true; what fails is tried again until it succeeds. Call it once, when all places are open.</summary>
    public void Start() => Compare(TimeSpan.Zero);

    /// <summary>Tells the atDirectory where a hosted atSign is. False: not possible now, it will be told later. True also where there is none to tell.</summary>
    public async ValueTask<bool> RegisterAsync(AtSign atSign, HostPort address, CancellationToken cancellationToken) =>
        book is null || await TryOrLaterAsync(() => SetAsync(book, atSign, address.ToString(), cancellationToken));

    /// <summary>Takes an atSign that is not hosted any more out of the atDirectory, unless it is elsewhere by now. False: not possible now, it will be done later.</summary>
    public async ValueTask<bool> UnregisterAsync(AtSign atSign, CancellationToken cancellationToken) =>
        book is null || await TryOrLaterAsync(() => RemoveAsync(book, atSign, cancellationToken));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        Task comparing;
        lock (_gate)
        {
            comparing = _comparing;
        }

        await comparing;
        _turn.Dispose();
        _stop.Dispose();
    }

    private async Task SetAsync(IAddressBook to, AtSign atSign, string address, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (await storage.FindAsync(atSign, cancellationToken) is not null && await to.FindAsync(atSign, cancellationToken) != address)
            {
                await to.SetAsync(atSign, address, cancellationToken);
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task RemoveAsync(IAddressBook from, AtSign atSign, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (await storage.FindAsync(atSign, cancellationToken) is null
                && places.Find(atSign) is { } ours && await from.FindAsync(atSign, cancellationToken) == ours.ToString())
            {
                await from.RemoveAsync(atSign, cancellationToken);
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task ReconcileAsync(IAddressBook with, CancellationToken cancellationToken)
    {
        await using var listed = with.ListAsync("", cancellationToken).GetAsyncEnumerator(cancellationToken);
        var hasEntry = await listed.MoveNextAsync();
        await foreach (var hosted in storage.ListAsync(cancellationToken))
        {
            for (; hasEntry && Utf8Order.Instance.Compare(listed.Current.AtSign.Name, hosted.AtSign.Name) < 0; hasEntry = await listed.MoveNextAsync())
            {
                await RemoveIfOursAsync(listed.Current);
            }

            var entry = hasEntry && listed.Current.AtSign == hosted.AtSign ? listed.Current.Address : null;
            if (places.Find(hosted.AtSign)?.ToString() is { } address && address != entry)
            {
                await SetAsync(with, hosted.AtSign, address, cancellationToken);
            }
        }

        for (; hasEntry; hasEntry = await listed.MoveNextAsync())
        {
            await RemoveIfOursAsync(listed.Current);
        }

        Task RemoveIfOursAsync((AtSign AtSign, string Address) entry) => places.Find(entry.AtSign)?.ToString() == entry.Address
            ? RemoveAsync(with, entry.AtSign, cancellationToken)
            : Task.CompletedTask;
    }

    private async ValueTask<bool> TryOrLaterAsync(Func<Task> step)
    {
        var isDone = await TryAsync(step);
        if (!isDone)
        {
            lock (_gate)
            {
                // A comparison under way may be past this atSign.
                _missed++;
            }

            Compare(RetryMin);
        }

        return isDone;
    }

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

    private void Compare(TimeSpan wait)
    {
        lock (_gate)
        {
            if (book is not null && !_isComparing && !_stop.IsCancellationRequested)
            {
                _isComparing = true;
                _comparing = CompareAsync(book, wait);
            }
        }
    }

    private async Task CompareAsync(IAddressBook with, TimeSpan wait)
    {
        try
        {
            await Task.Yield();
            while (true)
            {
                await Task.Delay(wait, timeProvider, _stop.Token);
                var missed = Missed();
                if (await TryAsync(() => ReconcileAsync(with, _stop.Token)) && IsOver(missed))
                {
                    HostingLog.Registered(logger);
                    return;
                }

                wait = wait < RetryMin ? RetryMin : wait * 2 < RetryMax ? wait * 2 : RetryMax;
            }
        }
        catch (OperationCanceledException)
        {
            // The server ends; the next start begins with a comparison.
        }
    }

    private int Missed()
    {
        lock (_gate)
        {
            return _missed;
        }
    }

    /// <summary>Whether nothing failed since: then this comparison is the last one.</summary>
    private bool IsOver(int missed)
    {
        lock (_gate)
        {
            _isComparing = _missed != missed;
            return !_isComparing;
        }
    }
}
