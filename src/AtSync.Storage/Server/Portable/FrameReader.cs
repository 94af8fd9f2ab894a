using System.Buffers.Binary;
using System.Text;
using AtSync.Protocol;

namespace AtSync.Storage.Server.Portable;

/// <summary>Takes the fields of a frame one by one; a frame that is too short is damaged.</summary>
internal ref struct FrameReader(ReadOnlySpan<byte> payload)
{
    private ReadOnlySpan<byte> _rest = payload;

    /// <summary>A row of a store.</summary>
    public static StoredRecord ReadRow(ReadOnlySpan<byte> payload)
    {
        var reader = new FrameReader(payload);
        var flags = (RowFlags)reader.Byte();
        var op = (CommitOp)reader.Byte();
        if (!Enum.IsDefined(op) || (flags & ~(RowFlags.Value | RowFlags.Available | RowFlags.Expires | RowFlags.Refresh)) != 0)
        {
            throw StoreFile.Damaged("a row is of no known kind");
        }

        var commitId = reader.Long();
        var opTime = reader.Long();
        var times = new RecordTimes(
            reader.Long(), reader.Long(), reader.Long(),
            reader.LongIf(flags.HasFlag(RowFlags.Available)), reader.LongIf(flags.HasFlag(RowFlags.Expires)), reader.LongIf(flags.HasFlag(RowFlags.Refresh)));
        int keyBytes = reader.Short();
        var metadataBytes = reader.Int();
        var key = reader.Text(keyBytes);
        if (keyBytes == 0 || commitId < -1 || (op == CommitOp.Delete && commitId < 0))
        {
            throw StoreFile.Damaged("a row has no key or no place");
        }

        return new StoredRecord
        {
            Key = key,
            CommitId = commitId,
            Op = op,
            OpTimeMs = opTime,
            Times = times,
            Metadata = reader.Take(metadataBytes).ToArray(),
            HasValue = flags.HasFlag(RowFlags.Value),
            Value = reader._rest.ToArray(),
        };
    }

    /// <summary>A notification; its position is the engine's to give.</summary>
    public static StoredNotification ReadNotification(ReadOnlySpan<byte> payload)
    {
        var reader = new FrameReader(payload);
        var kind = (NotificationKind)reader.Byte();
        var status = (NotificationStatus)reader.Byte();
        if (!Enum.IsDefined(kind) || !Enum.IsDefined(status))
        {
            throw StoreFile.Damaged("a notification is of no known kind");
        }

        var created = reader.Long();
        var expires = reader.Long();
        var attempts = reader.Int();
        int idBytes = reader.Short();
        int peerBytes = reader.Short();
        int topicBytes = reader.Short();
        return new StoredNotification
        {
            Kind = kind,
            Status = status,
            CreatedAtMs = created,
            ExpiresAtMs = expires,
            Attempts = attempts,
            Id = reader.Text(idBytes),
            Peer = reader.Text(peerBytes),
            Topic = topicBytes == StoreFile.NoTopic ? null : reader.Text(topicBytes),

            // They lived side by side: none makes another pointless now.
            TopicMax = int.MaxValue,
            Body = reader._rest.ToArray(),
        };
    }

    /// <summary>The head of a store.</summary>
    public static StoreHead ReadHead(ReadOnlySpan<byte> payload)
    {
        var reader = new FrameReader(payload);
        return new StoreHead(reader.Text(StoreFile.EpochBytes), reader.Long(), reader.Long(), reader.Long());
    }

    /// <summary>What the end says.</summary>
    public static (long Rows, long Notifications, byte[] Digest) ReadEnd(ReadOnlySpan<byte> payload)
    {
        var reader = new FrameReader(payload);
        return (reader.Long(), reader.Long(), reader.Take(StoreFile.DigestBytes).ToArray());
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count < 0 || count > _rest.Length)
        {
            throw StoreFile.Damaged("a frame is shorter than it says");
        }

        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }

    private byte Byte() => Take(1)[0];

    private ushort Short() => BinaryPrimitives.ReadUInt16LittleEndian(Take(sizeof(ushort)));

    private int Int() => BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)));

    private long Long() => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)));

    private long? LongIf(bool isThere) => isThere ? Long() : null;

    private string Text(int count) => Encoding.UTF8.GetString(Take(count));
}
