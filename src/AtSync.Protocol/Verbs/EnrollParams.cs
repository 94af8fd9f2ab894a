using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;

namespace AtSync.Protocol.Verbs;

/// <summary>
/// The JSON of <c>enroll:</c>. All members optional; unknown ones are kept. Members with the JSON value null count as absent.
/// </summary>
/// <example><c>{"appName":"notes","deviceName":"laptop","namespaces":{"notes":"rw"},"otp":"ABC123","apkamPublicKey":"…"}</c></example>
public sealed record EnrollParams
{
    /// <summary>Enrollment id.</summary>
    public string? EnrollmentId { get; init; }

    /// <summary>App name.</summary>
    public string? AppName { get; init; }

    /// <summary>Device name.</summary>
    public string? DeviceName { get; init; }

    /// <summary>Namespace to access (<c>r</c>, <c>rw</c>), in the order given.</summary>
    public EquatableList<KeyValuePair<string, string>>? Namespaces { get; init; }

    /// <summary>Passcode.</summary>
    public string? Otp { get; init; }

    /// <summary>Base64.</summary>
    public string? EncryptedDefaultEncryptionPrivateKey { get; init; }

    /// <summary>Base64 of the 16-byte IV (<c>encPrivateKeyIV</c>).</summary>
    public string? EncPrivateKeyIv { get; init; }

    /// <summary>Base64.</summary>
    public string? EncryptedDefaultSelfEncryptionKey { get; init; }

    /// <summary>Base64 of the 16-byte IV (<c>selfEncKeyIV</c>).</summary>
    public string? SelfEncKeyIv { get; init; }

    /// <summary>Base64 (<c>encryptedAPKAMSymmetricKey</c>).</summary>
    public string? EncryptedApkamSymmetricKey { get; init; }

    /// <summary>Base64 SPKI, or another algorithm's form.</summary>
    public string? ApkamPublicKey { get; init; }

    /// <summary>Algorithm of <see cref="ApkamPublicKey"/>.</summary>
    public string? SigningAlgo { get; init; }

    /// <summary>JSON object text, verbatim.</summary>
    public string? ApskJson { get; init; }

    /// <summary>Bare signing key.</summary>
    public string? ApskLegacy { get; init; }

    /// <summary>Proof of a new key.</summary>
    public string? ApkamPublicKeySignature { get; init; }

    /// <summary>JSON object text, verbatim.</summary>
    public string? MetadataJson { get; init; }

    /// <summary><c>pending approved denied revoked expired</c>.</summary>
    public EquatableList<string>? EnrollmentStatusFilter { get; init; }

    /// <summary>ms; 0 = never.</summary>
    public long? ApkamKeysExpiryInMillis { get; init; }

    /// <summary>Members not listed above.</summary>
    public EquatableList<UnknownMember> Unknown { get; init; } = EquatableList<UnknownMember>.Empty;

    /// <summary>Reads the JSON. Malformed JSON closes (AT0011), wrong types do not (AT0010).</summary>
    public static bool TryParse(ReadOnlySpan<byte> json, [NotNullWhen(true)] out EnrollParams? parameters, [NotNullWhen(false)] out AtError? error)
    {
        parameters = null;
        try
        {
            var reader = new Utf8JsonReader(json);
            using var document = JsonDocument.ParseValue(ref reader);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                error = new AtError(AtErrorCodes.InternalError, "the enroll parameters must be a JSON object");
                return false;
            }

            var result = new EnrollParams();
            var unknown = new List<UnknownMember>();
            foreach (var member in document.RootElement.EnumerateObject())
            {
                if (member.Value.ValueKind != JsonValueKind.Null)
                {
                    result = With(result, member, unknown);
                }
            }

            parameters = result with { Unknown = new EquatableList<UnknownMember>(unknown) };
            error = null;
            return true;
        }
        catch (JsonException)
        {
            error = new AtError(AtErrorCodes.InternalException, "FormatException: the enroll parameters are not valid JSON", Closes: true);
            return false;
        }
        catch (WrongTypeException wrong)
        {
            error = new AtError(AtErrorCodes.InternalError, wrong.Message);
            return false;
        }
    }

    /// <summary>The JSON, absent members left out, in the order of the reference.</summary>
    public string ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            Text(writer, "enrollmentId", EnrollmentId);
            Text(writer, "appName", AppName);
            Text(writer, "deviceName", DeviceName);
            if (Namespaces is not null)
            {
                writer.WriteStartObject("namespaces");
                foreach (var (name, access) in Namespaces)
                {
                    writer.WriteString(name, access);
                }

                writer.WriteEndObject();
            }

            Text(writer, "otp", Otp);
            Text(writer, "encryptedDefaultEncryptionPrivateKey", EncryptedDefaultEncryptionPrivateKey);
            Text(writer, "encPrivateKeyIV", EncPrivateKeyIv);
            Text(writer, "encryptedDefaultSelfEncryptionKey", EncryptedDefaultSelfEncryptionKey);
            Text(writer, "selfEncKeyIV", SelfEncKeyIv);
            Text(writer, "encryptedAPKAMSymmetricKey", EncryptedApkamSymmetricKey);
            Text(writer, "apkamPublicKey", ApkamPublicKey);
            Text(writer, "signingAlgo", SigningAlgo);
            Raw(writer, "apsk", ApskJson);
            Text(writer, "apskLegacy", ApskLegacy);
            Text(writer, "apkamPublicKeySignature", ApkamPublicKeySignature);
            Raw(writer, "metadata", MetadataJson);
            if (EnrollmentStatusFilter is not null)
            {
                writer.WriteStartArray("enrollmentStatusFilter");
                foreach (var status in EnrollmentStatusFilter)
                {
                    writer.WriteStringValue(status);
                }

                writer.WriteEndArray();
            }

            if (ApkamKeysExpiryInMillis is { } expiry)
            {
                writer.WriteNumber("apkamKeysExpiryInMillis", expiry);
            }

            foreach (var member in Unknown)
            {
                Raw(writer, member.Name, member.RawJson);
            }

            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static EnrollParams With(EnrollParams current, JsonProperty member, List<UnknownMember> unknown)
    {
        switch (member.Name)
        {
            case "enrollmentId": return current with { EnrollmentId = StringOf(member) };
            case "appName": return current with { AppName = StringOf(member) };
            case "deviceName": return current with { DeviceName = StringOf(member) };
            case "namespaces": return current with { Namespaces = NamespacesOf(member) };
            case "otp": return current with { Otp = StringOf(member) };
            case "encryptedDefaultEncryptionPrivateKey": return current with { EncryptedDefaultEncryptionPrivateKey = StringOf(member) };
            case "encPrivateKeyIV": return current with { EncPrivateKeyIv = StringOf(member) };
            case "encryptedDefaultSelfEncryptionKey": return current with { EncryptedDefaultSelfEncryptionKey = StringOf(member) };
            case "selfEncKeyIV": return current with { SelfEncKeyIv = StringOf(member) };
            case "encryptedAPKAMSymmetricKey": return current with { EncryptedApkamSymmetricKey = StringOf(member) };
            case "apkamPublicKey": return current with { ApkamPublicKey = StringOf(member) };
            case "signingAlgo": return current with { SigningAlgo = StringOf(member) };
            case "apsk": return current with { ApskJson = ObjectOf(member) };
            case "apskLegacy": return current with { ApskLegacy = StringOf(member) };
            case "apkamPublicKeySignature": return current with { ApkamPublicKeySignature = StringOf(member) };
            case "metadata": return current with { MetadataJson = ObjectOf(member) };
            case "enrollmentStatusFilter": return current with { EnrollmentStatusFilter = FilterOf(member) };
            case "apkamKeysExpiryInMillis":
                return member.Value.ValueKind == JsonValueKind.Number && member.Value.TryGetInt64(out var expiry)
                    ? current with { ApkamKeysExpiryInMillis = expiry }
                    : throw new WrongTypeException(member.Name, "an integer");
            default:
                unknown.Add(new UnknownMember(member.Name, member.Value.GetRawText()));
                return current;
        }
    }

    private static string StringOf(JsonProperty member) =>
        member.Value.ValueKind == JsonValueKind.String ? member.Value.GetString()! : throw new WrongTypeException(member.Name, "a string");

    private static string ObjectOf(JsonProperty member) =>
        member.Value.ValueKind == JsonValueKind.Object ? member.Value.GetRawText() : throw new WrongTypeException(member.Name, "an object");

    private static EquatableList<KeyValuePair<string, string>> NamespacesOf(JsonProperty member)
    {
        if (member.Value.ValueKind != JsonValueKind.Object)
        {
            throw new WrongTypeException(member.Name, "an object");
        }

        return new EquatableList<KeyValuePair<string, string>>(
            member.Value.EnumerateObject().Select(entry => new KeyValuePair<string, string>(entry.Name, StringOf(entry))));
    }

    private static EquatableList<string> FilterOf(JsonProperty member)
    {
        if (member.Value.ValueKind != JsonValueKind.Array)
        {
            throw new WrongTypeException(member.Name, "an array");
        }

        return new EquatableList<string>(member.Value.EnumerateArray().Select(status =>
            status.ValueKind == JsonValueKind.String && status.GetString() is "pending" or "approved" or "denied" or "revoked" or "expired"
                ? status.GetString()!
                : throw new WrongTypeException(member.Name, "an array of pending, approved, denied, revoked or expired")));
    }

    private static void Text(Utf8JsonWriter writer, string name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, value);
        }
    }

    private static void Raw(Utf8JsonWriter writer, string name, string? json)
    {
        if (json is not null)
        {
            writer.WritePropertyName(name);
            writer.WriteRawValue(json);
        }
    }

    /// <summary>Leaves the reading of one document; never seen outside.</summary>
    private sealed class WrongTypeException(string member, string expected) : Exception($"enroll parameter '{member}' must be {expected}");
}
