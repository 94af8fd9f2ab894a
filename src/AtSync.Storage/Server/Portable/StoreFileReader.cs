using System.Buffers.Binary;
using System.Security.Cryptography;
using AtSync.Protocol;

namespace AtSync.Storage.Server.Portable;

/// <summary>Reads a <see cref="StoreFile"/> frame by frame and checks order, counts and digest. What it throws names the damage.</summary>
internal sealed class StoreFileReader(Stream stream) : IDisposable
{
    private readonly IncrementalHash _digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _head = new byte[StoreFile.FrameHeadBytes];
    private byte[] _payload = new byte[64 * 1024];
    private long _rows;
    private long _notifications;

    /// <summary>Whose the file is, and the head of its store. First.</summary>
    public async ValueTask<(AtSign AtSign, StoreHead Head)> ReadHeadAsync(CancellationToken cancellationToken)
    {
        var line = new List<byte>();
        while (true)
        {
            if (await stream.ReadAsync(_head.AsMemory(0, 1), cancellationToken) == 0 || line.Count == StoreFile.LineBytesMax)
            {
                throw StoreFile.Damaged("it does not begin as an export of an atSign does");
            }

            _digest.AppendData(_head, 0, 1);
            if (_head[0] == (byte)'\n')
            {
                break;
            }

            line.Add(_head[0]);
        }

        var atSign = StoreFile.ReadFirstLine([.. line]);
        var (kind, payload) = await ReadFrameAsync(cancellationToken);
        if (kind != FrameKind.Head)
        {
            throw StoreFile.Damaged("its head is missing");
        }

        _digest.AppendData(_head);
        _digest.AppendData(payload.Span);
        return (atSign, FrameReader.ReadHead(payload.Span));
    }

    /// <summary>The next row or notification; neither after the last, when everything was found to be whole.</summary>
    public async ValueTask<(StoredRecord? Row, StoredNotification? Notification)> ReadNextAsync(CancellationToken cancellationToken)
    {
        var (kind, payload) = await ReadFrameAsync(cancellationToken);
        switch (kind)
        {
            case FrameKind.Row:
                Count(ref _rows, payload.Span);
                return (FrameReader.ReadRow(payload.Span), null);
            case FrameKind.Notification:
                Count(ref _notifications, payload.Span);
                return (null, FrameReader.ReadNotification(payload.Span));
            case FrameKind.End:
                await CheckEndAsync(payload, cancellationToken);
                return (null, null);
            default:
                throw StoreFile.Damaged($"a frame of kind {(int)kind} has no place here");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _digest.Dispose();

    private void Count(ref long counter, ReadOnlySpan<byte> payload)
    {
        counter++;
        _digest.AppendData(_head);
        _digest.AppendData(payload);
    }

    private async ValueTask CheckEndAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        var (rows, notifications, digest) = FrameReader.ReadEnd(payload.Span);
        if (rows != _rows || notifications != _notifications || !_digest.GetHashAndReset().AsSpan().SequenceEqual(digest))
        {
            throw StoreFile.Damaged("its checksum does not fit its content");
        }

        if (await stream.ReadAsync(_head.AsMemory(0, 1), cancellationToken) != 0)
        {
            throw StoreFile.Damaged("something follows its end");
        }
    }

    /// <summary>The payload is valid until the next call.</summary>
    private async ValueTask<(FrameKind Kind, ReadOnlyMemory<byte> Payload)> ReadFrameAsync(CancellationToken cancellationToken)
    {
        await ReadExactlyAsync(_head, cancellationToken);
        var length = BinaryPrimitives.ReadInt32LittleEndian(_head) - 1;
        if (length is < 0 or > StoreFile.FrameBytesMax)
        {
            throw StoreFile.Damaged("a frame has no possible length");
        }

        if (length > _payload.Length)
        {
            _payload = new byte[Math.Max(length, _payload.Length * 2)];
        }

        var payload = _payload.AsMemory(0, length);
        await ReadExactlyAsync(payload, cancellationToken);
        return ((FrameKind)_head[^1], payload);
    }

    private async ValueTask ReadExactlyAsync(Memory<byte> target, CancellationToken cancellationToken)
    {
        try
        {
            await stream.ReadExactlyAsync(target, cancellationToken);
        }
        catch (EndOfStreamException)
        {
            throw StoreFile.Truncated();
        }
    }
}
