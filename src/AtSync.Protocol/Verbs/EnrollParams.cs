using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;

namespace AtSync.Protocol.Verbs;

/// <summary>The JSON of <c>enroll:</c>. All members optional; unknown ones are kept.</summary>
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
        error = null;
        try
        {
            var reader = new Utf8JsonReader(json);
            reader.Read();
            var problem = Read(ref reader, json, out parameters);
            if (problem is not null)
            {
                error = new AtError(AtErrorCodes.InternalError, problem);
            }
            else
            {
                // Throws when something follows.
                reader.Read();
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            error = new AtError(AtErrorCodes.InternalException, "the enrollment parameters are not valid JSON", Closes: true);
        }

        parameters = error is null ? parameters : null;
        return parameters is not null;
    }

    /// <summary>The JSON, absent members left out, in the order of the reference.</summary>
    public string ToJson()
    {
        var output = new ArrayBufferWriter<byte>(512);
        var members = new MemberWriter(output, isTyped: true);
        members.Begin();
        members.Text("enrollmentId"u8, EnrollmentId);
        members.Text("appName"u8, AppName);
        members.Text("deviceName"u8, DeviceName);
        members.Map("namespaces"u8, Namespaces);
        members.Text("otp"u8, Otp);
        members.Text("encryptedDefaultEncryptionPrivateKey"u8, EncryptedDefaultEncryptionPrivateKey);
        members.Text("encPrivateKeyIV"u8, EncPrivateKeyIv);
        members.Text("encryptedDefaultSelfEncryptionKey"u8, EncryptedDefaultSelfEncryptionKey);
        members.Text("selfEncKeyIV"u8, SelfEncKeyIv);
        members.Text("encryptedAPKAMSymmetricKey"u8, EncryptedApkamSymmetricKey);
        members.Text("apkamPublicKey"u8, ApkamPublicKey);
        members.Text("signingAlgo"u8, SigningAlgo);
        members.Raw("apsk"u8, ApskJson);
        members.Text("apskLegacy"u8, ApskLegacy);
        members.Text("apkamPublicKeySignature"u8, ApkamPublicKeySignature);
        members.Raw("metadata"u8, MetadataJson);
        members.List("enrollmentStatusFilter"u8, EnrollmentStatusFilter);
        members.Number("apkamKeysExpiryInMillis"u8, ApkamKeysExpiryInMillis);
        foreach (var member in Unknown)
        {
            members.Unknown(member);
        }

        members.End();
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    /// <summary>Null when all is well, else what is wrong.</summary>
    private static string? Read(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, out EnrollParams? parameters)
    {
        parameters = null;
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return "the enrollment parameters are not an object";
        }

        var read = new EnrollParams();
        List<UnknownMember>? unknown = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            var isNull = reader.TokenType == JsonTokenType.Null;
            var isRight = true;
            switch (name)
            {
                case "enrollmentId": read = read with { EnrollmentId = Text(ref reader, ref isRight) }; break;
                case "appName": read = read with { AppName = Text(ref reader, ref isRight) }; break;
                case "deviceName": read = read with { DeviceName = Text(ref reader, ref isRight) }; break;
                case "namespaces": read = read with { Namespaces = isNull ? null : Map(ref reader, ref isRight) }; break;
                case "otp": read = read with { Otp = Text(ref reader, ref isRight) }; break;
                case "encryptedDefaultEncryptionPrivateKey": read = read with { EncryptedDefaultEncryptionPrivateKey = Text(ref reader, ref isRight) }; break;
                case "encPrivateKeyIV": read = read with { EncPrivateKeyIv = Text(ref reader, ref isRight) }; break;
                case "encryptedDefaultSelfEncryptionKey": read = read with { EncryptedDefaultSelfEncryptionKey = Text(ref reader, ref isRight) }; break;
                case "selfEncKeyIV": read = read with { SelfEncKeyIv = Text(ref reader, ref isRight) }; break;
                case "encryptedAPKAMSymmetricKey": read = read with { EncryptedApkamSymmetricKey = Text(ref reader, ref isRight) }; break;
                case "apkamPublicKey": read = read with { ApkamPublicKey = Text(ref reader, ref isRight) }; break;
                case "signingAlgo": read = read with { SigningAlgo = Text(ref reader, ref isRight) }; break;
                case "apsk": read = read with { ApskJson = isNull ? null : Object(ref reader, json, ref isRight) }; break;
                case "apskLegacy": read = read with { ApskLegacy = Text(ref reader, ref isRight) }; break;
                case "apkamPublicKeySignature": read = read with { ApkamPublicKeySignature = Text(ref reader, ref isRight) }; break;
                case "metadata": read = read with { MetadataJson = isNull ? null : Object(ref reader, json, ref isRight) }; break;
                case "enrollmentStatusFilter": read = read with { EnrollmentStatusFilter = isNull ? null : Statuses(ref reader, ref isRight) }; break;
                case "apkamKeysExpiryInMillis": read = read with { ApkamKeysExpiryInMillis = isNull ? null : Number(ref reader, ref isRight) }; break;
                default: (unknown ??= []).Add(new UnknownMember(name, AtMetadataReader.RawValue(ref reader, json))); break;
            }

            if (!isRight)
            {
                return $"the enrollment parameter {name} has a value of the wrong kind";
            }
        }

        parameters = unknown is null ? read : read with { Unknown = new EquatableList<UnknownMember>(unknown) };
        return null;
    }

    private static string? Text(ref Utf8JsonReader reader, ref bool isRight)
    {
        isRight = reader.TokenType is JsonTokenType.String or JsonTokenType.Null;
        return isRight ? reader.GetString() : null;
    }

    private static long? Number(ref Utf8JsonReader reader, ref bool isRight)
    {
        long number = 0;
        isRight = reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out number);
        return number;
    }

    private static string? Object(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, ref bool isRight)
    {
        isRight = reader.TokenType == JsonTokenType.StartObject;
        return isRight ? AtMetadataReader.RawValue(ref reader, json) : null;
    }

    private static EquatableList<string> Statuses(ref Utf8JsonReader reader, ref bool isRight)
    {
        List<string> items = [];
        isRight = reader.TokenType == JsonTokenType.StartArray;
        while (isRight && reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var status = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
            isRight = status is "pending" or "approved" or "denied" or "revoked" or "expired";
            items.Add(status ?? "");
        }

        return new EquatableList<string>(items);
    }

    private static EquatableList<KeyValuePair<string, string>> Map(ref Utf8JsonReader reader, ref bool isRight)
    {
        List<KeyValuePair<string, string>> items = [];
        isRight = reader.TokenType == JsonTokenType.StartObject;
        while (isRight && reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            isRight = reader.TokenType == JsonTokenType.String;
            items.Add(new(name, isRight ? reader.GetString()! : ""));
        }

        return new EquatableList<KeyValuePair<string, string>>(items);
    }
}
