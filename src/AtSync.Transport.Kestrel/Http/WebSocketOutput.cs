using System.Net.WebSockets;
using System.Text;
using System.Text.Unicode;

namespace AtSync.Transport.Kestrel.Http;

/// <summary>
/// Each write is one message. Messages are text, which browsers insist be whole UTF-8: a character that a write cut in two goes with the next
/// one, and what is no UTF-8 at all goes as a binary message.
/// </summary>
internal sealed class WebSocketOutput(WebSocket socket) : Stream
{
    private const int CharacterBytesMax = 4;

    /// <summary>The beginning of a character whose end has not come yet.</summary>
    private readonly byte[] _cut = new byte[CharacterBytesMax];
    private int _cutBytes;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_cutBytes > 0)
        {
            var whole = new byte[_cutBytes + buffer.Length];
            _cut.AsSpan(0, _cutBytes).CopyTo(whole);
            buffer.Span.CopyTo(whole.AsSpan(_cutBytes));
            buffer = whole;
            _cutBytes = 0;
        }

        var rest = CutOff(buffer.Span);
        var message = buffer[..^rest];
        buffer.Span[^rest..].CopyTo(_cut);
        _cutBytes = rest;
        if (!message.IsEmpty)
        {
            await SendAsync(message, cancellationToken);
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    private async ValueTask SendAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        var type = Utf8.IsValid(message.Span) ? WebSocketMessageType.Text : WebSocketMessageType.Binary;
        try
        {
            await socket.SendAsync(message, type, endOfMessage: true, cancellationToken);
        }
        catch (WebSocketException failure)
        {
            // What users of a stream expect of one that broke.
            throw new IOException(failure.Message, failure);
        }
    }

    /// <summary>How many of the last bytes begin a character that the rest would complete.</summary>
    private static int CutOff(ReadOnlySpan<byte> bytes)
    {
        for (var count = 1; count < CharacterBytesMax && count <= bytes.Length; count++)
        {
            if ((bytes[^count] & 0xC0) == 0xC0)
            {
                return Rune.DecodeFromUtf8(bytes[^count..], out _, out _) == System.Buffers.OperationStatus.NeedMoreData ? count : 0;
            }
        }

        return 0;
    }
}
