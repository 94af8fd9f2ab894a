using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace AtSync.Server.Enrollments;

/// <summary>
/// One enrolled device or app, as stored under <c>&lt;id&gt;.new.enrollments.__manage@owner</c>. Members that this version does not know are kept
/// as they are in <see cref="Json"/>.
/// </summary>
internal sealed class Enrollment
{
    /// <summary>Of <see cref="State"/>.</summary>
    public const string Approved = "approved";

    private readonly NamespaceGrants _grants;

    private Enrollment(string id, ReadOnlyMemory<byte> json, JsonElement root)
    {
        Id = id;
        Json = json;
        AppName = Text(root, "appName");
        DeviceName = Text(root, "deviceName");
        ApkamPublicKey = Text(root, "apkamPublicKey");
        SigningAlgo = Text(root, "signingAlgo");
        State = root.TryGetProperty("approval", out var approval) && approval.ValueKind == JsonValueKind.Object ? Text(approval, "state") ?? "" : "";
        var entries = new List<KeyValuePair<string, string>>();
        if (root.TryGetProperty("namespaces", out var namespaces) && namespaces.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in namespaces.EnumerateObject())
            {
                entries.Add(new(member.Name, member.Value.ValueKind == JsonValueKind.String ? member.Value.GetString()! : ""));
            }
        }

        _grants = new NamespaceGrants(entries, id);
    }

    public string Id { get; }

    /// <summary>The stored record, UTF-8.</summary>
    public ReadOnlyMemory<byte> Json { get; }

    public string? AppName { get; }

    public string? DeviceName { get; }

    public string? ApkamPublicKey { get; }

    /// <summary>Algorithm of the key; null means that the command's word counts.</summary>
    public string? SigningAlgo { get; }

    /// <summary><c>pending approved denied revoked</c>.</summary>
    public string State { get; }

    /// <summary>When the record ends, or null; a column of the record, not part of the JSON.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Nothing but reserved namespaces is kept from it.</summary>
    public bool ReadsEverything => _grants.ReadsEverything;

    public bool May(string key, KeyAccess access) => _grants.Allows(key, access);

    /// <summary>Keys without a namespace are seen by every enrollment; the rest needs read access.</summary>
    public bool MaySee(string key) => !key.Contains('.', StringComparison.Ordinal) || _grants.Allows(key, KeyAccess.Read);

    /// <summary>Reads a stored record; null when it is none.</summary>
    public static Enrollment? TryRead(string id, ReadOnlyMemory<byte> json, DateTimeOffset? expiresAt)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new Enrollment(id, json.ToArray(), document.RootElement) { ExpiresAt = expiresAt }
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Writes the record of a new enrollment, members in the reference's order.</summary>
    public static byte[] Write(EnrollmentDraft draft)
    {
        var request = draft.Request;
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("sessionId", draft.SessionId);
            json.WriteString("appName", request.AppName);
            json.WriteString("deviceName", request.DeviceName);
            json.WriteStartObject("namespaces");
            foreach (var (name, letters) in draft.Namespaces)
            {
                json.WriteString(name, letters);
            }

            json.WriteEndObject();
            json.WriteString("apkamPublicKey", request.ApkamPublicKey);
            json.WriteString("requestType", "newEnrollment");
            json.WriteStartObject("approval");
            json.WriteString("state", draft.State);
            json.WriteEndObject();
            json.WriteString("encryptedAPKAMSymmetricKey", request.EncryptedApkamSymmetricKey);
            json.WriteNumber("apkamKeysExpiryInMillis", request.ApkamKeysExpiryInMillis ?? 0);
            WriteText(json, "signingAlgo", request.SigningAlgo);
            WriteRaw(json, "apsk", request.ApskJson);
            WriteText(json, "apskLegacy", request.ApskLegacy);
            WriteRaw(json, "metadata", request.MetadataJson);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The record of a key that goes with an enrollment: <c>{"value":…,"iv":…}</c>.</summary>
    public static byte[] WriteKey(string value, string? iv)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("value", value);
            WriteText(json, "iv", iv);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }


    private static string? Text(JsonElement of, string name) =>
        of.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String ? member.GetString() : null;

    private static void WriteText(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }

    private static void WriteRaw(Utf8JsonWriter json, string name, string? rawJson)
    {
        if (rawJson is not null)
        {
            json.WritePropertyName(name);
            json.WriteRawValue(rawJson);
        }
    }
}

/// <summary>An enrollment about to be stored.</summary>
internal sealed record EnrollmentDraft(
    AtSync.Protocol.Verbs.EnrollParams Request, string SessionId, IReadOnlyList<KeyValuePair<string, string>> Namespaces, string State);
