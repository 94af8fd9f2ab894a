using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using AtSync.Protocol.Grammar;

namespace AtSync.Protocol.Responses;

/// <summary>
/// The JSON of a <c>notification: </c> line. Reads 2024 and 2026 forms; writes the 2026 one: every member always present.
/// <code>
/// notification: {"id":"…","from":"@bob","to":"@alice","key":"@alice:phone.wavi@bob","value":"…","operation":"update","epochMillis":1729733000000,
///   "messageType":"MessageType.key","isEncrypted":true,"metadata":{…}}
/// </code>
/// </summary>
public sealed record NotificationLine
{
    private static ReadOnlySpan<byte> Prefix => "notification: "u8;

    /// <summary><c>-1</c> for a statistics notification.</summary>
    public required string Id { get; init; }

    /// <summary>Sender with <c>@</c>.</summary>
    public required string From { get; init; }

    /// <summary>Recipient with <c>@</c>.</summary>
    public required string To { get; init; }

    /// <summary>Notification text, case kept.</summary>
    public required string Key { get; init; }

    /// <summary>Value, or null.</summary>
    public string? Value { get; init; }

    /// <summary><c>update</c> or <c>delete</c>.</summary>
    public required string Operation { get; init; }

    /// <summary>Unix ms.</summary>
    public required long EpochMs { get; init; }

    /// <summary><c>MessageType.key</c> or <c>MessageType.text</c>.</summary>
    public string MessageType { get; init; } = "MessageType.key";

    /// <summary>Whether the value is sealed.</summary>
    public bool IsEncrypted { get; init; }

    /// <summary>The metadata members, or null for JSON null.</summary>
    public AtMetadata? Metadata { get; init; }

    /// <summary>For a statistics notification: the server's last commit id; null otherwise.</summary>
    public long? StatsCommitId => Id == "-1" && long.TryParse(Value, System.Globalization.CultureInfo.InvariantCulture, out var id) ? id : null;

    /// <summary>Reads the JSON; members in any order, numbers as text or numbers. Unknown members are passed over.</summary>
    public static bool TryParse(ReadOnlySpan<byte> json, [NotNullWhen(true)] out NotificationLine? line)
    {
        line = null;
        try
        {
            var reader = new Utf8JsonReader(json);
            return reader.Read() && reader.TokenType == JsonTokenType.StartObject && TryRead(ref reader, json, out line);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>
    /// Writes <c>notification: {json}</c> and a newline: the 2026 members. With <paramref name="leavesNullsOut"/> those of the metadata that are null are
    /// left out: clients that do not say who they are may be old ones, which refuse members they do not know.
    /// </summary>
    public void WriteTo(IBufferWriter<byte> output, bool leavesNullsOut = false)
    {
        ArgumentNullException.ThrowIfNull(output);
        output.Write(Prefix);
        WriteJson(output, leavesNullsOut);
        output.Write("\n"u8);
    }

    /// <summary>Writes the JSON object alone, as <c>notify:list</c> has it.</summary>
    public void WriteJson(IBufferWriter<byte> output, bool leavesNullsOut = false)
    {
        var writer = new VerbWriter(output);
        WriteHead(ref writer, Id, From, To, Key);
        if (Value is null)
        {
            writer.Literal("null"u8);
        }
        else
        {
            JsonText.String(ref writer, Value);
        }

        WriteTail(ref writer, Operation, EpochMs, MessageType, IsEncrypted);
        if (Metadata is null)
        {
            writer.Literal("null}"u8);
            writer.Flush();
            return;
        }

        writer.Flush();
        WriteMetadata(Metadata, output, leavesNullsOut);
        writer.Literal("}"u8);
        writer.Flush();
    }

    /// <summary>Writes the statistics notification (metadata null).</summary>
    public static void WriteStats(AtSign owner, long commitId, bool isDelete, long nowMs, IBufferWriter<byte> output)
    {
        var writer = new VerbWriter(output);
        var atSign = owner.ToString();
        writer.Literal(Prefix);
        WriteHead(ref writer, "-1", atSign, atSign, "statsNotification." + atSign);
        writer.Byte((byte)'"');
        writer.Number(commitId);
        writer.Byte((byte)'"');
        WriteTail(ref writer, isDelete ? "delete" : "update", nowMs, "MessageType.key", isEncrypted: false);
        writer.Literal("null}\n"u8);
        writer.Flush();
    }

    private static void WriteHead(ref VerbWriter writer, string id, string from, string to, string key)
    {
        writer.Literal("{\"id\":"u8);
        JsonText.String(ref writer, id);
        writer.Literal(",\"from\":"u8);
        JsonText.String(ref writer, from);
        writer.Literal(",\"to\":"u8);
        JsonText.String(ref writer, to);
        writer.Literal(",\"key\":"u8);
        JsonText.String(ref writer, key);
        writer.Literal(",\"value\":"u8);
    }

    private static void WriteTail(ref VerbWriter writer, string operation, long epochMs, string messageType, bool isEncrypted)
    {
        writer.Literal(",\"operation\":"u8);
        JsonText.String(ref writer, operation);
        writer.Literal(",\"epochMillis\":"u8);
        writer.Number(epochMs);
        writer.Literal(",\"messageType\":"u8);
        JsonText.String(ref writer, messageType);
        writer.Literal(",\"isEncrypted\":"u8);
        writer.Flag(isEncrypted);
        writer.Literal(",\"metadata\":"u8);
    }

    private static void WriteMetadata(AtMetadata metadata, IBufferWriter<byte> output, bool leavesNullsOut)
    {
        var members = new MemberWriter(output, isTyped: true, leavesNullsOut);
        members.Begin();
        members.NumberOrNull("ttr"u8, metadata.Ttr);
        members.NumberOrNull("ttl"u8, metadata.Ttl);
        members.NumberOrNull("ttb"u8, metadata.Ttb);
        members.TextOrNull("sharedKeyEnc"u8, metadata.SharedKeyEnc);
        members.TextOrNull("pubKeyCS"u8, metadata.PubKeyCS);
        members.TextOrNull("dataSignature"u8, metadata.DataSignature);
        members.TextOrNull("encKeyName"u8, metadata.EncKeyName);
        members.TextOrNull("encAlgo"u8, metadata.EncAlgo);
        members.TextOrNull("ivNonce"u8, metadata.IvNonce);
        members.TextOrNull("skeEncKeyName"u8, metadata.SkeEncKeyName);
        members.TextOrNull("skeEncAlgo"u8, metadata.SkeEncAlgo);

        // The reference prints its word for nothing as a text here.
        members.Text("availableAt"u8, metadata.AvailableAt is { } born ? AtMetadataJson.FormatTime(born) : "null");
        members.Text("expiresAt"u8, metadata.ExpiresAt is { } expiry ? AtMetadataJson.FormatTime(expiry) : "null");
        members.TextOrNull("pubKeyHash"u8, metadata.PubKeyHash is null ? null : HashText(metadata));
        if (metadata.AppMetadata is null)
        {
            members.Null("appMetadata"u8);
        }
        else
        {
            members.AppMetadata(metadata.AppMetadata);
        }

        foreach (var member in metadata.Unknown)
        {
            members.Unknown(member);
        }

        members.End();
    }

    private static string HashText(AtMetadata metadata)
    {
        var text = new ArrayBufferWriter<byte>();
        var members = new MemberWriter(text, isTyped: true);
        members.Begin();
        members.Text("hash"u8, metadata.PubKeyHash);
        members.Text("hashingAlgo"u8, metadata.HashingAlgo);
        members.End();
        return Encoding.UTF8.GetString(text.WrittenSpan);
    }

    private static bool TryRead(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, out NotificationLine? line)
    {
        string? id = null, from = null, to = null, key = null, value = null, operation = null, messageType = null;
        long? epochMs = null;
        var isEncrypted = false;
        AtMetadata? metadata = null;
        line = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("id"u8)) { id = Text(ref reader); }
            else if (reader.ValueTextEquals("from"u8)) { from = Text(ref reader); }
            else if (reader.ValueTextEquals("to"u8)) { to = Text(ref reader); }
            else if (reader.ValueTextEquals("key"u8)) { key = Text(ref reader); }
            else if (reader.ValueTextEquals("value"u8)) { value = Text(ref reader); }
            else if (reader.ValueTextEquals("operation"u8)) { operation = Text(ref reader); }
            else if (reader.ValueTextEquals("messageType"u8)) { messageType = Text(ref reader); }
            else if (reader.ValueTextEquals("isEncrypted"u8)) { isEncrypted = bool.TryParse(Text(ref reader), out var flag) && flag; }
            else if (reader.ValueTextEquals("epochMillis"u8))
            {
                epochMs = long.TryParse(Text(ref reader), System.Globalization.CultureInfo.InvariantCulture, out var number) ? number : null;
            }
            else if (reader.ValueTextEquals("metadata"u8))
            {
                reader.Read();
                if (reader.TokenType == JsonTokenType.StartObject && !AtMetadataReader.TryRead(ref reader, json, out metadata, out _))
                {
                    return false;
                }

                reader.Skip();
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        if (id is null || from is null || to is null || key is null || operation is null || epochMs is null)
        {
            return false;
        }

        line = new NotificationLine
        {
            Id = id,
            From = from,
            To = to,
            Key = key,
            Value = value,
            Operation = operation,
            EpochMs = epochMs.Value,
            MessageType = messageType ?? "MessageType.key",
            IsEncrypted = isEncrypted,
            Metadata = metadata,
        };
        return true;
    }

    /// <summary>The next value as text; null for JSON null and for objects.</summary>
    private static string? Text(ref Utf8JsonReader reader)
    {
        reader.Read();
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                return reader.GetString();
            case JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False:
                return Encoding.UTF8.GetString(reader.ValueSpan);
            default:
                reader.Skip();
                return null;
        }
    }
}
