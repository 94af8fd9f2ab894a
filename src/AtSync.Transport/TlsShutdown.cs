using System.Net.Security;

namespace AtSync.Transport;

/// <summary>
/// Sends close_notify. Peers tell an orderly end from a cut by it, and the C client's connection test waits for it; neither SslStream's
/// dispose nor Kestrel sends it.
/// </summary>
internal static class TlsShutdown
{
    /// <summary>True when it left in time. No write may be pending. Never throws.</summary>
    public static async ValueTask<bool> TrySendAsync(SslStream tls, TimeSpan limit, TimeProvider timeProvider)
    {
        Task? sending = null;
        try
        {
            sending = tls.ShutdownAsync();
            await sending.WaitAsync(limit, timeProvider);
            return true;
        }
        catch (TimeoutException)
        {
            // The peer takes no bytes. The send ends with the connection; look at its failure then, so that it is not reported as unobserved.
            _ = sending!.ContinueWith(
                static task => _ = task.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            return false;
        }
        catch (Exception failure) when (failure is IOException or InvalidOperationException or OperationCanceledException)
        {
            // The connection is gone already, or a second shutdown.
            return false;
        }
    }
}
