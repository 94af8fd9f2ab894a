using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using AtSync.Crypto.Algorithms;
using AtSync.Protocol;

namespace AtSync.Crypto.KeyFiles;

/// <summary>
/// The document of a key file, flat or typed, outside its envelope. The flat members stand in every form; a typed one (<c>"version":1</c>) adds material that
/// is kept untouched.
/// <code>
/// {"aesPkamPublicKey":…,"aesPkamPrivateKey":…,"aesEncryptPublicKey":…,"aesEncryptPrivateKey":…,
///  "selfEncryptionKey":b64,"@alice":b64 (the same),"apkamSymmetricKey":b64,"enrollmentId":"…"}
/// </code>
/// The four <c>aes…</c> members are the base64 text of a DER key, sealed under <c>selfEncryptionKey</c> with the zero IV. That key stands beside them in
/// clear, so the document protects nothing: whoever reads it has the keys.
/// </summary>
internal static class KeyDocument
{
    private const int Version = 1;

    public static AtKeysFile Read(JsonElement document)
    {
        if (document.TryGetProperty("version", out var version)
            && !(version.ValueKind == JsonValueKind.Number && version.TryGetInt32(out var number) && number == Version))
        {
            throw new CryptoException(CryptoFault.UnsupportedScheme, $"the key file has a version other than {Version}; a newer program is needed to read it");
        }

        var selfKeyText = KeyJson.OptionalText(document, KeyMembers.SelfEncryptionKey) ?? OldestSelfKey(document) ?? throw KeyJson.Missing(KeyMembers.SelfEncryptionKey);
        using var selfKey = ReadKey(selfKeyText, KeyMembers.SelfEncryptionKey);
        var apkamKeyText = KeyJson.OptionalText(document, KeyMembers.ApkamSymmetricKey);
        if (apkamKeyText is not null)
        {
            ReadKey(apkamKeyText, KeyMembers.ApkamSymmetricKey).Dispose();
        }

        var flat = new AtKeysFile
        {
            AtSign = OwnerOf(document, selfKeyText),
            PkamPublicKey = Open(document, KeyMembers.PkamPublicKey, selfKey),
            PkamPrivateKey = Open(document, KeyMembers.PkamPrivateKey, selfKey),
            EncryptionPublicKey = Open(document, KeyMembers.EncryptionPublicKey, selfKey) ?? throw KeyJson.Missing(KeyMembers.EncryptionPublicKey),
            EncryptionPrivateKey = Open(document, KeyMembers.EncryptionPrivateKey, selfKey) ?? throw KeyJson.Missing(KeyMembers.EncryptionPrivateKey),
            SelfEncryptionKey = selfKeyText,
            ApkamSymmetricKey = apkamKeyText,
            EnrollmentId = KeyJson.OptionalText(document, KeyMembers.EnrollmentId),
        };
        KeyPairCheck.Encryption(flat);
        KeyPairCheck.Pkam(flat);
        return WithCredential(flat, document);
    }

    /// <summary>
    /// The document for <paramref name="atSign"/>. A flat member stands aside for one of its name in <see cref="AtKeysFile.Rest"/>, and the flat credential is
    /// written only whole: beside another enrollment's material it belongs to the earlier enrollment.
    /// </summary>
    public static byte[] Write(AtKeysFile keys, AtSign atSign)
    {
        using var selfKey = ReadKey(keys.SelfEncryptionKey, KeyMembers.SelfEncryptionKey);
        using var rest = keys.Rest is { } bytes ? ParseRest(bytes) : null;
        var hasCredential = rest is not null && rest.RootElement.EnumerateObject().Any(m => KeyMembers.IsCredential(m.Name));
        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer, KeyJson.WriterOptions);
        writer.WriteStartObject();
        if (!hasCredential)
        {
            Seal(writer, KeyMembers.PkamPublicKey, keys.PkamPublicKey, selfKey);
            Seal(writer, KeyMembers.PkamPrivateKey, keys.PkamPrivateKey, selfKey);
        }

        Seal(writer, KeyMembers.EncryptionPublicKey, keys.EncryptionPublicKey, selfKey);
        Seal(writer, KeyMembers.EncryptionPrivateKey, keys.EncryptionPrivateKey, selfKey);
        writer.WriteString(KeyMembers.SelfEncryptionKey, keys.SelfEncryptionKey);
        WriteUnlessKept(writer, atSign.ToString(), keys.SelfEncryptionKey, rest);
        if (keys.ApkamSymmetricKey is not null)
        {
            writer.WriteString(KeyMembers.ApkamSymmetricKey, keys.ApkamSymmetricKey);
        }

        if (!hasCredential && keys.EnrollmentId is not null)
        {
            writer.WriteString(KeyMembers.EnrollmentId, keys.EnrollmentId);
        }

        if (rest is not null)
        {
            CopyMembers(writer, rest.RootElement, _ => true);
        }

        writer.WriteEndObject();
        writer.Flush();
        return [.. buffer.WrittenSpan, (byte)'\n'];
    }

    private static AtKeysFile WithCredential(AtKeysFile flat, JsonElement document)
    {
        var credential = LoginCredential.Find(document);
        if (credential is null)
        {
            return flat with { Rest = RestOf(document, flat, keepCredential: false) };
        }

        if (credential.Algorithm != LoginCredential.Rsa)
        {
            return flat with
            {
                Rest = RestOf(document, flat, keepCredential: false),
                LoginProblem = $"the key file's enrollment {credential.EnrollmentId} logs in with {credential.Algorithm}, which can't be used for signing here; enroll this device anew",
            };
        }

        var chosen = flat with
        {
            EnrollmentId = credential.EnrollmentId,
            PkamPrivateKey = credential.PrivateKey,
            PkamPublicKey = credential.PublicKey ?? KeyPairCheck.PublicOf(credential.PrivateKey, "the enrollment's key"),
        };
        KeyPairCheck.Pkam(chosen);
        return chosen with { Rest = RestOf(document, flat, keepCredential: chosen != flat) };
    }

    /// <summary>The oldest files have only the member that is named as the atSign.</summary>
    private static string? OldestSelfKey(JsonElement document)
    {
        var named = SelfNamed(document).ToList();
        return named.Count == 1 ? named[0].Value.GetString() : null;
    }

    private static AtSign? OwnerOf(JsonElement document, string selfKey)
    {
        if (KeyJson.OptionalText(document, KeyMembers.AtSign) is { } name)
        {
            return AtSign.TryParse(name, out var stated, out _)
                ? stated
                : throw new CryptoException(CryptoFault.Malformed, $"the key file's member {KeyMembers.AtSign} is not an atSign");
        }

        var owners = SelfNamed(document).Where(m => m.Value.ValueEquals(selfKey)).Select(m => AtSign.Parse(m.Name)).Distinct().ToList();
        return owners.Count == 1 ? owners[0] : null;
    }

    private static IEnumerable<JsonProperty> SelfNamed(JsonElement document) => document.EnumerateObject()
        .Where(m => m.Name.StartsWith('@') && m.Value.ValueKind == JsonValueKind.String && AtSign.TryParse(m.Name, out _, out _));

    private static ReadOnlyMemory<byte>? RestOf(JsonElement document, AtKeysFile flat, bool keepCredential)
    {
        bool IsRest(JsonProperty member) => member.Name switch
        {
            KeyMembers.EncryptionPublicKey or KeyMembers.EncryptionPrivateKey or KeyMembers.SelfEncryptionKey or KeyMembers.ApkamSymmetricKey => false,
            _ when KeyMembers.IsCredential(member.Name) => keepCredential,
            _ => !(member.Value.ValueKind == JsonValueKind.String && member.Name == flat.AtSign?.ToString() && member.Value.ValueEquals(flat.SelfEncryptionKey)),
        };

        if (!document.EnumerateObject().Any(IsRest))
        {
            return null;
        }

        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer, KeyJson.WriterOptions);
        writer.WriteStartObject();
        CopyMembers(writer, document, IsRest);
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }

    /// <summary>Values are copied as they stand, so that nothing is lost that is not understood here.</summary>
    private static void CopyMembers(Utf8JsonWriter writer, JsonElement source, Func<JsonProperty, bool> isWanted)
    {
        foreach (var member in source.EnumerateObject().Where(isWanted))
        {
            writer.WritePropertyName(member.Name);
            writer.WriteRawValue(JsonMarshal.GetRawUtf8Value(member.Value));
        }
    }

    private static void WriteUnlessKept(Utf8JsonWriter writer, string name, string value, JsonDocument? rest)
    {
        if (rest is null || !rest.RootElement.TryGetProperty(name, out _))
        {
            writer.WriteString(name, value);
        }
    }

    private static JsonDocument ParseRest(ReadOnlyMemory<byte> rest) =>
        KeyJson.TryParse(rest.Span, out _) ?? throw new CryptoException(CryptoFault.Malformed, "the remaining members to be written are not a JSON object");

    private static SymmetricKey ReadKey(string text, string member)
    {
        try
        {
            return SymmetricKey.FromBase64(text);
        }
        catch (CryptoException)
        {
            throw new CryptoException(CryptoFault.Malformed, $"the key file's member {member} is not the base64 of {SymmetricKey.KeyBytes} bytes");
        }
    }

    private static string? Open(JsonElement document, string member, SymmetricKey selfKey)
    {
        if (KeyJson.OptionalText(document, member) is not { } text)
        {
            return null;
        }

        try
        {
            return Encoding.UTF8.GetString(selfKey.OpenFromBase64(Encoding.UTF8.GetBytes(text), SymmetricKey.ZeroIv));
        }
        catch (CryptoException)
        {
            throw new CryptoException(CryptoFault.Malformed, $"the key file's member {member} can't be opened with its {KeyMembers.SelfEncryptionKey}: one of them is damaged");
        }
    }

    private static void Seal(Utf8JsonWriter writer, string member, string? text, SymmetricKey selfKey)
    {
        if (text is not null)
        {
            writer.WriteString(member, selfKey.SealToBase64(Encoding.UTF8.GetBytes(text), SymmetricKey.ZeroIv));
        }
    }
}
