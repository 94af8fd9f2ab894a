using AtSync.Transport;

namespace AtSync.Server.Sessions;

/// <summary>The one writer of a connection: answers and notifications take turns, each whole and in a single write.</summary>
internal sealed class SessionOutput(IConnection connection) : IDisposable
{
    // Held for one write. Nothing else is awaited under it.
    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>False when the peer is gone.</summary>
    public async ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        await _turn.WaitAsync(CancellationToken.None);
        try
        {
            var result = await connection.Output.WriteAsync(bytes, CancellationToken.None);
            return !result.IsCompleted && !result.IsCanceled;
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();
}
