using System.Buffers;
using System.Text.Json;
using AtSync.Client;
using AtSync.Protocol;

namespace AtSync.App.CommandLine;

/// <summary>Values as JSON members: <c>"key" "value"</c>, <c>"encoding":"base64"</c> for bytes, <c>"metadata"</c> as stored.</summary>
internal static class RecordJson
{
    public static void Write(Utf8JsonWriter writer, string key, AtValue value)
    {
        writer.WriteString("key"u8, key);
        WriteValue(writer, value);
        var metadata = new ArrayBufferWriter<byte>();
        AtMetadataJson.WriteTyped(value.Metadata, metadata);
        writer.WritePropertyName("metadata"u8);
        writer.WriteRawValue(metadata.WrittenSpan, skipInputValidation: true);
    }

    public static void WriteValue(Utf8JsonWriter writer, AtValue value)
    {
        if (value.Text is { } text)
        {
            writer.WriteString("value"u8, text);
            return;
        }

        writer.WriteBase64String("value"u8, value.Bytes.Span);
        writer.WriteString("encoding"u8, "base64"u8);
    }
}
