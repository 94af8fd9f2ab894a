using Microsoft.Extensions.Logging;

namespace AtSync.Transport.Kestrel;

/// <summary>Runs the protocol's handler on a connection; what it throws ends that connection only.</summary>
internal static class HandlerRun
{
    public static async Task RunAsync(ConnectionHandler handler, IConnection connection, Func<bool> isEnding, ILogger log, string connectionId)
    {
        try
        {
            await handler(connection);
        }
        catch (Exception failure) when (isEnding() && failure is IOException or OperationCanceledException or NetworkException)
        {
            // The peer went, or the listener drains, in the middle of something: an ordinary end.
            Log.HandlerInterrupted(log, connectionId, failure.GetType().Name);
        }
        catch (Exception failure)
        {
            Log.HandlerFailed(log, failure, connectionId);
            connection.Abort();
        }
    }
}
