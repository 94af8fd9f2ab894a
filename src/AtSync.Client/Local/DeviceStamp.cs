using System.Buffers;
using System.Text.Json;
using AtSync.Client.Conflicts;
using AtSync.Protocol;

namespace AtSync.Client.Local;

/// <summary>
/// Says in a record's <c>appMetadata</c> which device wrote it: <c>{"providerId":"legacy","atsyncDevice":"1f2e3d4c","atsyncName":"laptop"}</c>. The
/// provider is the one that ordinary encrypted values have; clients of 2026 keep members they don't know flat beside it. Never required, and
/// never believed for anything but showing it to people: whoever may write the record may write this.
/// </summary>
internal static class DeviceStamp
{
    private const int IdLength = 8;
    private const int NameLengthMax = 40;

    /// <summary>Base64 of the JSON, as metadata carry it.</summary>
    public static string Make(string deviceId, string? name)
    {
        var json = new ArrayBufferWriter<byte>(128);
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            writer.WriteString("providerId"u8, "legacy"u8);
            writer.WriteString("atsyncDevice"u8, deviceId.AsSpan(0, Math.Min(IdLength, deviceId.Length)));
            if (!string.IsNullOrWhiteSpace(name))
            {
                writer.WriteString("atsyncName"u8, name.AsSpan(0, Math.Min(NameLengthMax, name.Length)));
            }

            writer.WriteEndObject();
        }

        return Convert.ToBase64String(json.WrittenSpan);
    }

    /// <summary>Who wrote a version, as far as it says so; null when it does not.</summary>
    public static WritingDevice? Read(AtMetadata metadata)
    {
        if (metadata.AppMetadata is not { } base64 || !System.Buffers.Text.Base64.IsValid(base64))
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(Convert.FromBase64String(base64));
            return document.RootElement.ValueKind == JsonValueKind.Object && Text(document.RootElement, "atsyncDevice") is { } id
                ? new WritingDevice(id, Text(document.RootElement, "atsyncName"))
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Foreign text for a person's screen: short, and without control characters.</summary>
    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? new string([.. value.GetString()!.Take(NameLengthMax).Where(c => !char.IsControl(c))])
            : null;
}
