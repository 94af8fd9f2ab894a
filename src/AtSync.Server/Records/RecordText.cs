using AtSync.Protocol;
using AtSync.Server.Sessions;
using AtSync.Storage.Server;

namespace AtSync.Server.Records;

/// <summary>
/// Records as JSON, written by hand. The stored metadata is a piece of the answer already, so a sync entry is mostly copying; only what the
/// server owns is spelled here.
/// </summary>
internal sealed class RecordText
{
    private readonly AtSign _owner;
    private readonly byte[] _authors;

    public RecordText(AtSign owner)
    {
        _owner = owner;
        using var buffer = new AnswerBuffer();
        buffer.Write("{\"createdBy\":"u8);
        JsonText.WriteString(owner.ToString(), buffer);
        buffer.Write(",\"updatedBy\":"u8);
        JsonText.WriteString(owner.ToString(), buffer);
        buffer.Write(",\"createdAt\":\""u8);
        _authors = buffer.Written.ToArray();
    }

    /// <summary>
    /// One entry of a sync page: <c>{"atKey":…,"value":…,"metadata":{…},"commitId":…,"operation":"*"}</c>, metadata values all strings,
    /// absent members left out; value and metadata null for a deletion.
    /// </summary>
    public void WriteEntry(in LogEntryView entry, AnswerBuffer output)
    {
        output.Write("{\"atKey\":"u8);
        WriteString(entry.Key, output);
        if (entry.Op == CommitOp.Delete)
        {
            output.Write(",\"value\":null,\"metadata\":null,\"commitId\":"u8);
        }
        else
        {
            output.Write(",\"value\":"u8);
            if (entry.HasValue)
            {
                WriteString(entry.Value, output);
            }
            else
            {
                output.Write("null"u8);
            }

            output.Write(",\"metadata\":"u8);
            WriteMetadata(entry.Times, entry.Metadata, output);
            output.Write(",\"commitId\":"u8);
        }

        output.WriteNumber(entry.CommitId);
        output.Write(",\"operation\":\""u8);
        output.Write([(byte)entry.Op]);
        output.Write("\"}"u8);
    }

    /// <summary>The typed object of <c>llookup:meta</c>.</summary>
    public void WriteTypedMetadata(StoredRecord record, AnswerBuffer output) => AtMetadataJson.WriteTyped(Describe(record), output);

    /// <summary>The object of <c>llookup:all</c>: <c>{"key":…,"data":…,"metaData":{…}}</c>; no <c>data</c> for a record without a value.</summary>
    public void WriteAll(string key, StoredRecord record, AnswerBuffer output)
    {
        output.Write("{\"key\":"u8);
        JsonText.WriteString(key, output);
        if (record.HasValue)
        {
            output.Write(",\"data\":"u8);
            WriteString(record.Value.Span, output);
        }

        output.Write(",\"metaData\":"u8);
        WriteTypedMetadata(record, output);
        output.Write("}"u8);
    }

    /// <summary>A JSON string with its quotes; nearly always a plain copy.</summary>
    public static void WriteString(ReadOnlySpan<byte> utf8, AnswerBuffer output)
    {
        if (!JsonText.IsPlain(utf8))
        {
            JsonText.WriteString(utf8, output);
            return;
        }

        output.Reserve(utf8.Length + 2);
        output.Write("\""u8);
        output.Write(utf8);
        output.Write("\""u8);
    }

    private AtMetadata Describe(StoredRecord record) => MetadataRules.Read(record.Metadata.Span) with
    {
        CreatedBy = _owner.ToString(),
        UpdatedBy = _owner.ToString(),
        CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(record.Times.CreatedAtMs),
        UpdatedAt = DateTimeOffset.FromUnixTimeMilliseconds(record.Times.UpdatedAtMs),
        AvailableAt = TimeOf(record.Times.AvailableAtMs),
        ExpiresAt = TimeOf(record.Times.ExpiresAtMs),
        RefreshAt = TimeOf(record.Times.RefreshAtMs),
        Status = "active",
        Version = record.Times.Version,
    };

    private void WriteMetadata(in RecordTimes times, ReadOnlySpan<byte> members, AnswerBuffer output)
    {
        output.Write(_authors);
        WireDate.Write(times.CreatedAtMs, output);
        output.Write("\",\"updatedAt\":\""u8);
        WireDate.Write(times.UpdatedAtMs, output);
        output.Write("\""u8);
        WriteTime(",\"availableAt\":\""u8, times.AvailableAtMs, output);
        WriteTime(",\"expiresAt\":\""u8, times.ExpiresAtMs, output);
        WriteTime(",\"refreshAt\":\""u8, times.RefreshAtMs, output);
        output.Write(",\"status\":\"active\",\"version\":\""u8);
        output.WriteNumber(times.Version);
        output.Write("\""u8);
        if (!members.IsEmpty)
        {
            output.Write(","u8);
            output.Write(members);
        }

        output.Write("}"u8);
    }

    private static void WriteTime(ReadOnlySpan<byte> name, long? ms, AnswerBuffer output)
    {
        if (ms is { } value)
        {
            output.Write(name);
            WireDate.Write(value, output);
            output.Write("\""u8);
        }
    }

    private static DateTimeOffset? TimeOf(long? ms) => ms is { } value ? DateTimeOffset.FromUnixTimeMilliseconds(value) : null;
}
