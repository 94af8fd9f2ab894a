using System.Buffers;
using System.Text.Json;
using AtSync.App.CommandLine;
using AtSync.Client;
using AtSync.Protocol;

namespace AtSync.App.Bulk;

/// <summary>
/// Writes the data of one atSign as lines that <see cref="ImportReader"/> reads: own data only (no system, hidden or <c>cached:</c> keys), owner omitted,
/// in ordinal order of the key. Only the keys are held in memory.
/// </summary>
/// <remarks>
/// Equal stores give equal files whenever they are written: a life time is written as the point in time at which it ends (<c>expiresAt</c>), since the
/// rest of it in milliseconds would be another number at every export. A birth that is still to come is written the same way (<c>availableAt</c>); one that is over says nothing any more.
/// </remarks>
internal static class Exporter
{
    /// <summary>Bytes gathered before they go to the file.</summary>
    private const int FlushBytes = 1 << 18;

    public static async Task<long> WriteAsync(AtClient client, Stream destination, Action<long, long>? progress, CancellationToken cancellationToken)
    {
        var keys = await KeysAsync(client, cancellationToken);
        var buffer = new ArrayBufferWriter<byte>(FlushBytes * 2);
        var written = 0L;
        foreach (var (key, record) in keys)
        {
            // Deleted or expired since it was listed: then it is no data.
            if (await client.GetStoredAsync(record.Key.Full, cancellationToken) is { } value)
            {
                var isUnborn = record.AvailableAt is not null && await client.GetAsync(record.Key.Full, cancellationToken) is null;
                Output.FormatLine(buffer, writer => WriteMembers(writer, key, value, record, isUnborn ? record.AvailableAt : null));
                written++;
            }

            if (buffer.WrittenCount >= FlushBytes)
            {
                await destination.WriteAsync(buffer.WrittenMemory, cancellationToken);
                buffer.ResetWrittenCount();
                progress?.Invoke(written, keys.Count);
            }
        }

        await destination.WriteAsync(buffer.WrittenMemory, cancellationToken);
        progress?.Invoke(written, keys.Count);
        return written;
    }

    private static async Task<List<(string Key, AtRecord Record)>> KeysAsync(AtClient client, CancellationToken cancellationToken)
    {
        var keys = new List<(string Key, AtRecord Record)>();
        await foreach (var record in client.ScanAsync(includeUnborn: true, cancellationToken: cancellationToken))
        {
            if (record.Key is { IsCached: false, Kind: AtKeyKind.Self or AtKeyKind.Public or AtKeyKind.Shared } key && key.Owner == client.AtSign)
            {
                keys.Add((key.Full[..^key.Owner.Value.ToString().Length], record));
            }
        }

        keys.Sort((left, right) => string.CompareOrdinal(left.Key, right.Key));
        return keys;
    }

    private static void WriteMembers(Utf8JsonWriter writer, string key, AtValue value, AtRecord record, DateTimeOffset? birth)
    {
        writer.WriteString("key"u8, key);
        RecordJson.WriteValue(writer, value);
        var isImmutable = record.Metadata.Immutable == true;
        if (record.ExpiresAt is null && birth is null && !isImmutable)
        {
            return;
        }

        writer.WriteStartObject("metadata"u8);
        if (record.ExpiresAt is { } expires)
        {
            writer.WriteString("expiresAt"u8, expires.UtcDateTime);
        }

        if (birth is { } available)
        {
            writer.WriteString("availableAt"u8, available.UtcDateTime);
        }

        if (isImmutable)
        {
            writer.WriteBoolean("immutable"u8, true);
        }

        writer.WriteEndObject();
    }
}
