using System.Buffers;
using System.Net.Security;

namespace AtSync.Transport;

/// <summary>
/// The orderly end of a TLS connection: close_notify, then a time in which the peer's last bytes are taken. Peers tell an orderly end from a
/// cut by it, and the C client's connection test waits for it; neither SslStream's dispose nor Kestrel sends it.
/// </summary>
/// <remarks>Both methods need the stream for themselves: no read and no write may be under way (<see cref="OperationGate"/>).</remarks>
internal static class TlsShutdown
{
    private const int BufferBytes = 16_384;

    /// <summary>Sends close_notify; true when it left in time. When the peer takes no bytes the connection is aborted, which ends the sending. Never throws.</summary>
    public static async ValueTask<bool> TrySendAsync(SslStream tls, TimeSpan limit, Action abort, TimeProvider timeProvider)
    {
        try
        {
            var sending = tls.ShutdownAsync();
            try
            {
                await sending.WaitAsync(limit, timeProvider);
                return true;
            }
            catch (TimeoutException)
            {
                // Nothing of it may be left behind: the stream is disposed next.
                abort();
                await sending;
                return false;
            }
        }
        catch (Exception)
        {
            // The connection is gone, was shut down before, or OpenSSL is in a state without an end; its exceptions have types of their own.
            return false;
        }
    }

    /// <summary>
    /// Takes and drops what the peer still sends, until its end, the time or the bytes: late bytes that nobody takes make the kernel answer with
    /// a reset, which would cost the peer what we sent last. Never throws.
    /// </summary>
    /// <returns>Bytes taken.</returns>
    public static async ValueTask<long> LingerAsync(SslStream tls, TimeSpan limit, long bytesMax, TimeProvider timeProvider)
    {
        var taken = 0L;
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        using var time = new CancellationTokenSource(limit, timeProvider);
        try
        {
            while (taken < bytesMax && await tls.ReadAsync(buffer, time.Token) is var count and > 0)
            {
                taken += count;
            }
        }
        catch (Exception failure) when (failure is IOException or InvalidOperationException or OperationCanceledException)
        {
            // It keeps its side open and had its time, or it is gone.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return taken;
    }
}
