using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace AtSync.Protocol.Verbs;

/// <summary>
/// The document of <c>update:json</c>. Differs from the reference of 2024: what is wrong is AT0003 and the connection stays open, as in 2026. Times
/// must be UTC, but one without any zone is taken for UTC.
/// <code>{"atKey":"phone.wavi@alice","value":"123","metadata":{"ttl":60000,"isBinary":false,"isEncrypted":false,"isPublic":false}}</code>
/// </summary>
public sealed record UpdateJsonDocument
{
    /// <summary>As typed.</summary>
    public required string AtKey { get; init; }

    /// <summary>Non-empty, single line.</summary>
    public required string Value { get; init; }

    /// <summary>As typed.</summary>
    public string? SharedBy { get; init; }

    /// <summary>As typed.</summary>
    public string? SharedWith { get; init; }

    /// <summary><c>metadata.isPublic</c>.</summary>
    public bool IsPublic { get; init; }

    /// <summary>The rest of the metadata.</summary>
    public AtMetadata Metadata { get; init; } = AtMetadata.Empty;

    /// <summary>Reads and checks the document by the 2026 rules; what is wrong is <c>AT0003</c>.</summary>
    public static bool TryParse(ReadOnlySpan<byte> json, [NotNullWhen(true)] out UpdateJsonDocument? document, [NotNullWhen(false)] out AtError? error)
    {
        string? problem;
        try
        {
            document = Read(json, out problem);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            document = null;
            problem = "it is not valid JSON";
        }

        error = document is null ? new AtError(AtErrorCodes.InvalidSyntax, "Invalid syntax. update:json document: " + problem) : null;
        return document is not null;
    }

    private static UpdateJsonDocument? Read(ReadOnlySpan<byte> json, out string? problem)
    {
        string? atKey = null, value = null, sharedBy = null, sharedWith = null;
        AtMetadata? metadata = null;
        var reader = new Utf8JsonReader(json);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            problem = "it is not an object";
            return null;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("metadata"u8))
            {
                reader.Read();
                if (!AtMetadataReader.TryRead(ref reader, json, out metadata, out problem))
                {
                    return null;
                }
            }
            else if (reader.ValueTextEquals("atKey"u8)) { atKey = Text(ref reader); }
            else if (reader.ValueTextEquals("value"u8)) { value = Text(ref reader); }
            else if (reader.ValueTextEquals("sharedBy"u8)) { sharedBy = Text(ref reader); }
            else if (reader.ValueTextEquals("sharedWith"u8)) { sharedWith = Text(ref reader); }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        if (reader.Read())
        {
            problem = "there is text behind it";
            return null;
        }

        return Check(atKey, value, sharedBy, sharedWith, metadata, out problem);
    }

    private static UpdateJsonDocument? Check(string? atKey, string? value, string? sharedBy, string? sharedWith, AtMetadata? metadata, out string? problem)
    {
        var isPublic = metadata is null ? null : PublicFlag(metadata);
        problem = (atKey, value, metadata) switch
        {
            (null or "", _, _) => "atKey is missing",
            (_, null or "", _) => "value must be a text that is not empty",
            (_, _, null) => "metadata is missing",
            _ when value.AsSpan().ContainsAny("\n\r\u2028\u2029") => "value must be a single line: encode line breaks",
            _ when metadata.IsBinary is null || metadata.IsEncrypted is null || isPublic is null => "metadata needs isBinary, isEncrypted and isPublic",
            _ when isPublic.Value && !string.IsNullOrEmpty(sharedWith) => "a public key cannot be shared with an atSign",
            _ => null,
        };
        if (problem is not null)
        {
            return null;
        }

        return new UpdateJsonDocument
        {
            AtKey = atKey!,
            Value = value!,
            SharedBy = string.IsNullOrEmpty(sharedBy) ? null : sharedBy,
            SharedWith = string.IsNullOrEmpty(sharedWith) ? null : sharedWith,
            IsPublic = isPublic!.Value,
            Metadata = OfTheRecord(metadata!),
        };
    }

    private static bool? PublicFlag(AtMetadata metadata)
    {
        foreach (var member in metadata.Unknown)
        {
            if (member.Name == "isPublic")
            {
                return bool.TryParse(member.RawJson.AsSpan().Trim('"'), out var flag) ? flag : null;
            }
        }

        return null;
    }

    /// <summary>
    /// What the command says about the key is not part of the record, and an absolute time beats a relative 0 beside it.
    /// </summary>
    private static AtMetadata OfTheRecord(AtMetadata metadata) => metadata with
    {
        Ttl = metadata is { Ttl: 0, ExpiresAt: not null } ? null : metadata.Ttl,
        Ttb = metadata is { Ttb: 0, AvailableAt: not null } ? null : metadata.Ttb,
        Unknown = new EquatableList<UnknownMember>(metadata.Unknown.Where(m => m.Name is not ("isPublic" or "namespaceAware" or "isCached" or "isHidden"))),
    };

    private static string? Text(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String)
        {
            return reader.GetString();
        }

        reader.Skip();
        return null;
    }
}
