using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using AtSync.Protocol;

namespace AtSync.Storage.Server.Portable;

/// <summary>Writes a <see cref="StoreFile"/> to a stream while a store is visited.</summary>
internal sealed class StoreFileWriter : IStoreVisitor, IDisposable
{
    private const int FlushBytes = 256 * 1024;

    private readonly Stream _stream;
    private readonly IProgress<WorkProgress>? _progress;
    private readonly IncrementalHash _digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly ArrayBufferWriter<byte> _buffer = new(FlushBytes * 2);
    private readonly AtSign _atSign;
    private long _rows;
    private long _records;
    private long _notifications;

    public StoreFileWriter(Stream stream, AtSign atSign, IProgress<WorkProgress>? progress)
    {
        _stream = stream;
        _atSign = atSign;
        _progress = progress;
    }

    /// <summary>What <see cref="Head"/> said.</summary>
    public StoreHead? Written { get; private set; }

    /// <inheritdoc/>
    public void Head(StoreHead head)
    {
        Written = head;
        _buffer.Write(StoreFile.FirstLine(_atSign));
        Begin(FrameKind.Head, StoreFile.EpochBytes + 3 * sizeof(long));
        _buffer.Write(Encoding.ASCII.GetBytes(head.EpochId));
        Write(head.LastCommitId);
        Write(head.Records);
        Write(head.Bytes);
    }

    /// <inheritdoc/>
    public void Row(in LogEntryView row)
    {
        var times = row.Times;
        var flags = (row.HasValue ? RowFlags.Value : 0) | (times.AvailableAtMs is null ? 0 : RowFlags.Available)
            | (times.ExpiresAtMs is null ? 0 : RowFlags.Expires) | (times.RefreshAtMs is null ? 0 : RowFlags.Refresh);
        var optional = (times.AvailableAtMs is null ? 0 : 1) + (times.ExpiresAtMs is null ? 0 : 1) + (times.RefreshAtMs is null ? 0 : 1);
        Begin(FrameKind.Row, 2 + (5 + optional) * sizeof(long) + sizeof(ushort) + sizeof(uint) + row.Key.Length + row.Metadata.Length + row.Value.Length);
        Write((byte)flags);
        Write((byte)row.Op);
        Write(row.CommitId);
        Write(row.OpTimeMs);
        Write(times.Version);
        Write(times.CreatedAtMs);
        Write(times.UpdatedAtMs);
        WriteIfAny(times.AvailableAtMs);
        WriteIfAny(times.ExpiresAtMs);
        WriteIfAny(times.RefreshAtMs);
        Write(checked((ushort)row.Key.Length));
        Write(row.Metadata.Length);
        _buffer.Write(row.Key);
        _buffer.Write(row.Metadata);
        _buffer.Write(row.Value);
        _rows++;
        _records += row.Op == CommitOp.Delete ? 0 : 1;
        FlushWhenFull();
    }

    /// <inheritdoc/>
    public void Notification(StoredNotification notification)
    {
        var id = Encoding.UTF8.GetBytes(notification.Id);
        var peer = Encoding.UTF8.GetBytes(notification.Peer);
        var topic = notification.Topic is null ? [] : Encoding.UTF8.GetBytes(notification.Topic);
        Begin(
            FrameKind.Notification,
            2 + 2 * sizeof(long) + sizeof(int) + 3 * sizeof(ushort) + id.Length + peer.Length + topic.Length + notification.Body.Length);
        Write((byte)notification.Kind);
        Write((byte)notification.Status);
        Write(notification.CreatedAtMs);
        Write(notification.ExpiresAtMs);
        Write(notification.Attempts);
        Write(checked((ushort)id.Length));
        Write(checked((ushort)peer.Length));
        Write(notification.Topic is null ? StoreFile.NoTopic : checked((ushort)topic.Length));
        _buffer.Write(id);
        _buffer.Write(peer);
        _buffer.Write(topic);
        _buffer.Write(notification.Body.Span);
        _notifications++;
        FlushWhenFull();
    }

    /// <summary>Writes the end; without it the file is cut off.</summary>
    public void End()
    {
        Flush();
        var digest = _digest.GetHashAndReset();
        Begin(FrameKind.End, 2 * sizeof(long) + StoreFile.DigestBytes);
        Write(_rows);
        Write(_notifications);
        _buffer.Write(digest);
        Flush();
    }

    /// <inheritdoc/>
    public void Dispose() => _digest.Dispose();

    private void Begin(FrameKind kind, int payloadBytes)
    {
        Write(payloadBytes + 1);
        Write((byte)kind);
    }

    private void FlushWhenFull()
    {
        if (_buffer.WrittenCount >= FlushBytes)
        {
            Flush();
            _progress?.Report(new WorkProgress(_records, Written!.Records));
        }
    }

    private void Flush()
    {
        _digest.AppendData(_buffer.WrittenSpan);
        _stream.Write(_buffer.WrittenSpan);
        _buffer.ResetWrittenCount();
    }

    private void Write(byte value)
    {
        _buffer.GetSpan(1)[0] = value;
        _buffer.Advance(1);
    }

    private void Write(ushort value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(_buffer.GetSpan(sizeof(ushort)), value);
        _buffer.Advance(sizeof(ushort));
    }

    private void Write(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_buffer.GetSpan(sizeof(int)), value);
        _buffer.Advance(sizeof(int));
    }

    private void Write(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_buffer.GetSpan(sizeof(long)), value);
        _buffer.Advance(sizeof(long));
    }

    private void WriteIfAny(long? value)
    {
        if (value is { } number)
        {
            Write(number);
        }
    }
}
