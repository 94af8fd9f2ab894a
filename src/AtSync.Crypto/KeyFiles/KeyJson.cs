using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace AtSync.Crypto.KeyFiles;

/// <summary>Reads members of key documents, with errors that name the member and never its value.</summary>
internal static class KeyJson
{
    /// <summary>Deeper than any known form; a document of brackets alone must not exhaust the stack.</summary>
    private const int DepthMax = 32;

    private static readonly JsonDocumentOptions _readerOptions = new() { MaxDepth = DepthMax, AllowDuplicateProperties = false };

    /// <summary>Base64 and atSigns stay readable; no key file is ever put into a web page.</summary>
    public static JsonWriterOptions WriterOptions { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A whole JSON object, or null when the text is not one.</summary>
    public static JsonDocument? TryParse(ReadOnlySpan<byte> json, out string problem)
    {
        ReadOnlySpan<byte> byteOrderMark = [0xEF, 0xBB, 0xBF];
        var text = json.StartsWith(byteOrderMark) ? json[byteOrderMark.Length..] : json;
        problem = "the key file is empty";
        if (text.Trim(" \t\r\n\0"u8).IsEmpty)
        {
            return null;
        }

        problem = "the key file is not UTF-8 text";
        if (!Utf8.IsValid(text))
        {
            return null;
        }

        try
        {
            var document = JsonDocument.Parse(text.ToArray(), _readerOptions);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return document;
            }

            document.Dispose();
            problem = "the key file is JSON, but not an object";
            return null;
        }
        catch (JsonException error)
        {
            // The exception's own text may quote the file.
            problem = $"the key file is not a whole JSON document (line {error.LineNumber + 1}, byte {error.BytePositionInLine + 1}); it is truncated or damaged, or a member appears twice";
            return null;
        }
    }

    /// <summary>A member that must be text.</summary>
    public static string Text(JsonElement parent, string name) => OptionalText(parent, name) ?? throw Missing(name);

    /// <summary>A member that is text, or null when it is absent, null or empty.</summary>
    public static string? OptionalText(JsonElement parent, string name)
    {
        if (!parent.TryGetProperty(name, out var member) || member.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        return member.ValueKind == JsonValueKind.String
            ? member.GetString() is { Length: > 0 } text ? text : null
            : throw new CryptoException(CryptoFault.Malformed, $"the key file's member {name} is not text");
    }

    /// <summary>A member that must be base64 text.</summary>
    public static byte[] Bytes(JsonElement parent, string name)
    {
        try
        {
            return Convert.FromBase64String(Text(parent, name));
        }
        catch (FormatException)
        {
            throw new CryptoException(CryptoFault.Malformed, $"the key file's member {name} is not base64");
        }
    }

    /// <summary>A member that must be a whole number.</summary>
    public static int Number(JsonElement parent, string name)
    {
        if (!parent.TryGetProperty(name, out var member))
        {
            throw Missing(name);
        }

        return member.ValueKind == JsonValueKind.Number && member.TryGetInt32(out var number)
            ? number
            : throw new CryptoException(CryptoFault.Malformed, $"the key file's member {name} is not a whole number of 32 bits");
    }

    /// <summary>A member that is an array, as its elements; nothing when it is absent.</summary>
    public static IEnumerable<JsonElement> Array(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.Array ? member.EnumerateArray() : [];

    public static CryptoException Missing(string name) => new(CryptoFault.Malformed, $"the key file lacks the member {name}");
}
