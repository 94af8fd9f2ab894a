using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.InteropServices;
using AtSync.Protocol;
using AtSync.Protocol.Responses;
using AtSync.Transport;

namespace AtSync.Client.Remote;

/// <summary>
/// The one reader of a connection: answers go to the oldest request, notification lines to <see cref="Notified"/>, and whatever else comes ends the
/// connection. It never waits for anything but bytes.
/// </summary>
internal sealed class ConnectionReader(
    PipeReader input, HostPort address, AtSign atSign, PendingRequests pending, ConnectionWatch watch, Action<AtException> fail)
{
    /// <summary>The most bytes of one message from the peer: a page with one record of the largest size, every character escaped once.</summary>
    public const int MessageBytesMax = 16 * 1024 * 1024;

    /// <summary>Answers from this size on lie in arrays of the shared pool.</summary>
    private const int PooledBytesMin = 128 * 1024;

    private readonly ResponseReader _messages = new(atSign.ToString(), MessageBytesMax);
    private bool _isGreeted;

    /// <summary>Called once, with the first prompt.</summary>
    public required Action Greeted { get; init; }

    /// <summary>Called with each notification line; must be quick and must not throw.</summary>
    public Action<NotificationLine>? Notified { get; set; }

    /// <summary>Reads until the connection is over; by then it has been failed with the reason.</summary>
    public async Task RunAsync()
    {
        try
        {
            while (true)
            {
                var result = await input.ReadAsync();
                watch.Received();
                var buffer = result.Buffer;
                if (!_isGreeted && !buffer.IsEmpty && buffer.FirstSpan[0] == (byte)'@')
                {
                    _isGreeted = true;
                    watch.Greeted();
                    Greeted();
                }

                var isSound = TakeMessages(ref buffer, result.IsCompleted);
                if (isSound && !result.IsCompleted)
                {
                    input.AdvanceTo(buffer.Start, buffer.End);
                    continue;
                }

                if (isSound)
                {
                    fail(PeerClosed());
                }

                input.AdvanceTo(buffer.End);
                return;
            }
        }
        catch (NetworkException failure)
        {
            fail(Faults.Of(failure));
        }
        catch (Exception failure) when (pending.Failure is not null && failure is InvalidOperationException or OperationCanceledException)
        {
            // Closed by this side under the read.
        }
        catch (Exception failure)
        {
            // The outermost catch of this loop: whatever it was, nobody may wait for an answer that will not be read.
            fail(new AtException(AtFault.Network, $"Reading from {address} failed.", inner: failure));
        }
    }

    /// <summary>False when nothing more may be read: the peer broke the rules, and the connection has been failed.</summary>
    private bool TakeMessages(ref ReadOnlySequence<byte> buffer, bool isEnd)
    {
        while (true)
        {
            switch (_messages.TryRead(ref buffer, out var payload, isEnd))
            {
                case ReceivedKind.NeedMore:
                    return true;
                case ReceivedKind.Data:
                    if (!pending.TryAnswer(Copy(payload), refusal: null))
                    {
                        fail(Faults.NotTheProtocol($"{address} sent an answer that nobody asked for."));
                        return false;
                    }

                    watch.Answered();
                    break;
                case ReceivedKind.Error:
                    var refusal = Faults.Of(ResponseReader.ParseError(Copy(payload).Span), atSign);
                    if (!pending.TryAnswer(default, refusal))
                    {
                        // Unasked, it is the last word of a server that turns the connection away.
                        fail(refusal);
                        return false;
                    }

                    watch.Answered();
                    break;
                case ReceivedKind.Notification:
                    if (Notified is { } notified && NotificationLine.TryParse(Copy(payload).Span, out var line))
                    {
                        notified(line);
                    }

                    break;
                case ReceivedKind.TooLong:
                    fail(Faults.NotTheProtocol($"{address} sent a message of more than {MessageBytesMax} bytes."));
                    return false;
                default:
                    fail(Faults.NotTheProtocol($"{address} sent something that is neither an answer nor a notification."));
                    return false;
            }
        }
    }

    /// <summary>Gives an answer's array back, when it is one of the pool's. Nothing may look at it afterwards.</summary>
    public static void Release(ReadOnlyMemory<byte> payload)
    {
        if (payload.Length >= PooledBytesMin && MemoryMarshal.TryGetArray(payload, out var segment))
        {
            ArrayPool<byte>.Shared.Return(segment.Array!);
        }
    }

    private AtException PeerClosed() => _isGreeted
        ? new AtException(AtFault.Network, $"{address} closed the connection.")
        : Faults.NotTheProtocol($"{address} closed the connection without a greeting.");

    private static ReadOnlyMemory<byte> Copy(in ReadOnlySequence<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return default;
        }

        // A page of megabytes may go back to the pool when it is applied; whatever is not given back is collected like any other array.
        var length = checked((int)bytes.Length);
        var copy = length >= PooledBytesMin ? ArrayPool<byte>.Shared.Rent(length) : GC.AllocateUninitializedArray<byte>(length);
        bytes.CopyTo(copy);
        return copy.AsMemory(0, length);
    }
}
