using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;

namespace AtSync.Protocol;

/// <summary>Reads a metadata object in every spelling that was ever on the wire. Throws what <see cref="Utf8JsonReader"/> throws at broken JSON.</summary>
internal static class AtMetadataReader
{
    /// <summary>Reads the object on whose first token <paramref name="reader"/> stands; afterwards it stands on its end.</summary>
    /// <param name="reader">The tokens.</param>
    /// <param name="json">What the reader reads, for the raw text of unknown members.</param>
    /// <param name="metadata">The result when true is returned.</param>
    /// <param name="problem">What is wrong when false is returned; null otherwise.</param>
    public static bool TryRead(
        scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> json, [NotNullWhen(true)] out AtMetadata? metadata, [NotNullWhen(false)] out string? problem)
    {
        metadata = null;
        problem = null;
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            problem = "the metadata is not a JSON object";
            return false;
        }

        var builder = new AtMetadataBuilder();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var nameAt = (int)reader.TokenStartIndex;
            if (!TryReadMember(ref reader, json, ref builder))
            {
                problem = $"the metadata member {NameAt(json, nameAt)} has a value of the wrong kind";
                return false;
            }
        }

        metadata = builder.Build();
        return true;
    }

    private static bool TryReadMember(scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> json, ref AtMetadataBuilder to)
    {
        if (Is(ref reader, "ttl"u8)) { return Number(ref reader, out to.Ttl); }
        if (Is(ref reader, "ttb"u8)) { return Number(ref reader, out to.Ttb); }
        if (Is(ref reader, "ttr"u8)) { return Number(ref reader, out to.Ttr); }
        if (Is(ref reader, "ccd"u8)) { return Flag(ref reader, out to.Ccd); }
        if (Is(ref reader, "isBinary"u8)) { return Flag(ref reader, out to.IsBinary); }
        if (Is(ref reader, "isEncrypted"u8)) { return Flag(ref reader, out to.IsEncrypted); }
        if (Is(ref reader, "ivNonce"u8)) { return Text(ref reader, out to.IvNonce); }
        if (Is(ref reader, "sharedKeyEnc"u8)) { return Text(ref reader, out to.SharedKeyEnc); }
        if (Is(ref reader, "pubKeyCS"u8)) { return Text(ref reader, out to.PubKeyCS); }
        if (Is(ref reader, "pubKeyHash"u8)) { return Hash(ref reader, ref to); }
        if (Is(ref reader, "hashingAlgo"u8)) { return Text(ref reader, out to.HashingAlgo); }
        if (Is(ref reader, "encoding"u8)) { return Text(ref reader, out to.Encoding); }
        if (Is(ref reader, "encKeyName"u8)) { return Text(ref reader, out to.EncKeyName); }
        if (Is(ref reader, "encAlgo"u8)) { return Text(ref reader, out to.EncAlgo); }
        if (Is(ref reader, "skeEncKeyName"u8)) { return Text(ref reader, out to.SkeEncKeyName); }
        if (Is(ref reader, "skeEncAlgo"u8)) { return Text(ref reader, out to.SkeEncAlgo); }
        if (Is(ref reader, "dataSignature"u8)) { return Text(ref reader, out to.DataSignature); }
        if (Is(ref reader, "sharedKeyStatus"u8)) { return Text(ref reader, out to.SharedKeyStatus); }
        if (Is(ref reader, "immutable"u8)) { return Flag(ref reader, out to.Immutable); }
        if (Is(ref reader, "appMetadata"u8)) { return AppMetadata(ref reader, json, out to.AppMetadata); }
        if (Is(ref reader, "createdBy"u8)) { return Text(ref reader, out to.CreatedBy); }
        if (Is(ref reader, "updatedBy"u8)) { return Text(ref reader, out to.UpdatedBy); }
        if (Is(ref reader, "createdAt"u8)) { return Time(ref reader, out to.CreatedAt); }
        if (Is(ref reader, "updatedAt"u8)) { return Time(ref reader, out to.UpdatedAt); }
        if (Is(ref reader, "availableAt"u8)) { return Time(ref reader, out to.AvailableAt); }
        if (Is(ref reader, "expiresAt"u8)) { return Time(ref reader, out to.ExpiresAt); }
        if (Is(ref reader, "refreshAt"u8)) { return Time(ref reader, out to.RefreshAt); }
        if (Is(ref reader, "status"u8)) { return Text(ref reader, out to.Status); }
        if (Is(ref reader, "version"u8)) { return Number(ref reader, out to.Version); }

        var name = reader.GetString()!;
        reader.Read();
        (to.Unknown ??= []).Add(new UnknownMember(name, RawValue(ref reader, json)));
        return true;
    }

    /// <summary>The text of the value on whose first token the reader stands.</summary>
    public static string RawValue(scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return Encoding.UTF8.GetString(json[start..(int)reader.BytesConsumed]);
    }

    private static bool Is(scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> name) => reader.ValueTextEquals(name);

    private static bool Number(scoped ref Utf8JsonReader reader, out long? value)
    {
        reader.Read();
        value = null;
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var number))
        {
            value = number;
            return true;
        }

        if (IsAbsent(ref reader))
        {
            return true;
        }

        if (reader.TokenType == JsonTokenType.String && long.TryParse(reader.GetString(), System.Globalization.CultureInfo.InvariantCulture, out number))
        {
            value = number;
            return true;
        }

        return false;
    }

    private static bool Flag(scoped ref Utf8JsonReader reader, out bool? value)
    {
        reader.Read();
        value = null;
        if (IsAbsent(ref reader))
        {
            return true;
        }

        if (reader.TokenType is JsonTokenType.True or JsonTokenType.False)
        {
            value = reader.TokenType == JsonTokenType.True;
            return true;
        }

        if (reader.TokenType == JsonTokenType.String && bool.TryParse(reader.GetString(), out var flag))
        {
            value = flag;
            return true;
        }

        return false;
    }

    private static bool Text(scoped ref Utf8JsonReader reader, out string? value)
    {
        reader.Read();
        value = null;
        if (IsAbsent(ref reader))
        {
            return true;
        }

        value = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
        return value is not null;
    }

    private static bool Time(scoped ref Utf8JsonReader reader, out DateTimeOffset? value)
    {
        reader.Read();
        value = null;
        if (IsAbsent(ref reader))
        {
            return true;
        }

        if (reader.TokenType == JsonTokenType.String && Grammar.WireTime.TryParse(reader.GetString(), out var time))
        {
            value = time;
            return true;
        }

        return false;
    }

    /// <summary>Object, JSON text of the object, or the bare hash.</summary>
    private static bool Hash(scoped ref Utf8JsonReader reader, ref AtMetadataBuilder to)
    {
        reader.Read();
        if (IsAbsent(ref reader))
        {
            to.PubKeyHash = null;
            return true;
        }

        if (reader.TokenType == JsonTokenType.StartObject)
        {
            return HashObject(ref reader, ref to);
        }

        if (reader.TokenType != JsonTokenType.String)
        {
            return false;
        }

        var text = reader.GetString()!;
        if (!text.StartsWith('{'))
        {
            to.PubKeyHash = text;
            return true;
        }

        try
        {
            var inner = new Utf8JsonReader(Encoding.UTF8.GetBytes(text));
            inner.Read();
            return HashObject(ref inner, ref to) && !inner.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static bool HashObject(scoped ref Utf8JsonReader reader, ref AtMetadataBuilder to)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isRight = true;
            if (Is(ref reader, "hash"u8))
            {
                isRight = Text(ref reader, out to.PubKeyHash);
            }
            else if (Is(ref reader, "hashingAlgo"u8) || Is(ref reader, "algo"u8))
            {
                isRight = Text(ref reader, out to.HashingAlgo);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }

            if (!isRight)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Always kept as base64; what is no JSON object inside is the reader's business, not lost here.</summary>
    private static bool AppMetadata(scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> json, out string? value)
    {
        reader.Read();
        value = null;
        if (IsAbsent(ref reader))
        {
            return true;
        }

        if (reader.TokenType == JsonTokenType.StartObject)
        {
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            value = Convert.ToBase64String(json[start..(int)reader.BytesConsumed]);
            return true;
        }

        if (reader.TokenType != JsonTokenType.String)
        {
            return false;
        }

        var text = reader.GetString()!;
        value = text.StartsWith('{') ? Convert.ToBase64String(Encoding.UTF8.GetBytes(text)) : text;
        return true;
    }

    private static bool IsAbsent(scoped ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.Null || (reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("null"u8));

    private static string NameAt(ReadOnlySpan<byte> json, int start)
    {
        var reader = new Utf8JsonReader(json[start..], isFinalBlock: false, default);
        return reader.Read() && reader.TokenType == JsonTokenType.String ? reader.GetString()! : "?";
    }
}
