using AtSync.Storage.Local;
using Microsoft.Extensions.Logging;

namespace AtSync.Client.Sync;

/// <summary>Takes the signals of the store, which come from every process that has it open, and hands each to all who wait in this one.</summary>
internal sealed class SignalPump(ILocalStore store, TimeProvider timeProvider, ILogger log) : IAsyncDisposable
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);
    private readonly CancellationTokenSource _stop = new();

    // Guards everything below.
    private readonly Lock _gate = new();
    private TaskCompletionSource _next = New();
    private Task? _pumping;

    /// <summary>Called with each signal; must be quick.</summary>
    public Action? Signalled { get; set; }

    /// <summary>Completes with the next signal. Starts the pump when it does not run yet.</summary>
    public Task NextAsync()
    {
        Start();
        lock (_gate)
        {
            return _next.Task;
        }
    }

    /// <summary>Starts pumping; once.</summary>
    public void Start()
    {
        lock (_gate)
        {
            _pumping ??= PumpAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        Task? pumping;
        lock (_gate)
        {
            pumping = _pumping ??= Task.CompletedTask;
        }

        await pumping;
        _stop.Dispose();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task PumpAsync()
    {
        // Started under the lock by whoever needs it first; nothing of it may run there.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding | ConfigureAwaitOptions.ContinueOnCapturedContext);
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await store.WaitForSignalAsync(_stop.Token);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                // The outermost catch of this loop. Without signals the safety poll still works.
                Log.SignalFailed(log, failure);
                await Task.Delay(RetryDelay, timeProvider, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
                continue;
            }

            TaskCompletionSource told;
            lock (_gate)
            {
                told = _next;
                _next = New();
            }

            told.TrySetResult();
            Signalled?.Invoke();
        }
    }
}
