using System.Buffers.Text;
using System.Text.Json;
using AtSync.Protocol;

namespace AtSync.Client.Local;

/// <summary>
/// Which scheme sealed a record: <c>appMetadata.providerId</c> (absent or <c>legacy</c> is the classic one) and <c>encAlgo</c>. What is not known is
/// refused by name: ciphertext is never handed out as plaintext, nor run through the wrong cipher.
/// </summary>
internal static class SchemeCheck
{
    /// <summary>
    /// Our own mark in <c>encAlgo</c>: the plaintext under the seal is raw bytes, not text. Chunks of files carry it; it saves the Base2e15 step, which
    /// makes bytes 1.6 times longer, and lets other SDKs see that the value is not theirs to read.
    /// </summary>
    public const string RawBytes = "atsync.raw";

    /// <summary>What a legacy writer says when it replaces a record of another scheme: servers keep <c>appMetadata</c> that is not mentioned.</summary>
    public static string LegacyStamp { get; } = Convert.ToBase64String("{\"providerId\":\"legacy\"}"u8);

    private static readonly string[] Classic = ["AES/CTR/PKCS7Padding", "AES/SIC/PKCS7Padding", "AES/CTR/PKCS7", "AES256"];

    /// <summary>Null when this version can open the record's scheme; else the reason, for a person.</summary>
    public static string? Problem(AtMetadata metadata)
    {
        if (metadata.AppMetadata is { } appMetadata && ProviderOf(appMetadata) is { } provider && provider != "legacy")
        {
            return $"scheme not supported: {provider}; the record was left as it is";
        }

        return metadata.EncAlgo is { } algorithm && algorithm != RawBytes && !Classic.Contains(algorithm, StringComparer.OrdinalIgnoreCase)
            ? $"encryption algorithm not supported: {Printable(algorithm)}; the record was left as it is"
            : null;
    }

    /// <summary>The provider named in base64 of a JSON object; null when none is, a placeholder when the text can't be read.</summary>
    private static string? ProviderOf(string base64)
    {
        if (!Base64.IsValid(base64))
        {
            return "(unreadable appMetadata)";
        }

        try
        {
            using var document = JsonDocument.Parse(Convert.FromBase64String(base64));
            return document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("providerId", out var id) && id.ValueKind == JsonValueKind.String
                    ? Printable(id.GetString()!)
                    : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return "(unreadable appMetadata)";
        }
    }

    /// <summary>Foreign text in a message: short, and without control characters.</summary>
    private static string Printable(string text) =>
        new([.. text.Take(64).Select(c => char.IsControl(c) ? '?' : c)]);
}
