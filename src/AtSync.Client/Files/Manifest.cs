using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace AtSync.Client.Files;

/// <summary>
/// The content of a manifest record, a sealed text:
/// <c>{"file":1,"path":"a/b.txt","size":5,"mode":420,"sha256":"…","chunks":["c…"]}</c>, or <c>"inline":"base64"</c> in place of <c>chunks</c> for a small
/// content. <c>mode</c> holds the Unix permission bits and is absent where there are none. Unknown members are ignored.
/// </summary>
internal static class Manifest
{
    private const int Version = 1;

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static string Write(FileEntry entry, FileNames names)
    {
        var output = new ArrayBufferWriter<byte>(256 + ((entry.Inline?.Length ?? 0) * 4 / 3));
        using (var json = new Utf8JsonWriter(output, Options))
        {
            json.WriteStartObject();
            json.WriteNumber("file"u8, Version);
            json.WriteString("path"u8, entry.Path);
            json.WriteNumber("size"u8, entry.Size);
            if (entry.Mode is { } mode)
            {
                json.WriteNumber("mode"u8, (int)mode);
            }

            json.WriteString("sha256"u8, entry.Sha256);
            if (entry.Inline is { } inline)
            {
                json.WriteBase64String("inline"u8, inline.Span);
            }
            else
            {
                json.WriteStartArray("chunks"u8);
                foreach (var chunk in entry.Chunks)
                {
                    json.WriteStringValue(names.Shorten(chunk));
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    /// <summary>Reads a manifest; null for a text that is none, or of a newer version.</summary>
    public static FileEntry? Read(string text, FileNames names)
    {
        if (!text.StartsWith('{'))
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(text);
            var root = document.RootElement;
            if (!root.TryGetProperty("file"u8, out var version) || version.GetInt32() != Version)
            {
                return null;
            }

            var chunks = new List<string>();
            ReadOnlyMemory<byte>? inline = null;
            if (root.TryGetProperty("inline"u8, out var base64))
            {
                inline = base64.GetBytesFromBase64();
            }
            else
            {
                foreach (var name in root.GetProperty("chunks"u8).EnumerateArray())
                {
                    if (names.Expand(name.GetString()!) is not { } key)
                    {
                        return null;
                    }

                    chunks.Add(key);
                }
            }

            var mode = root.TryGetProperty("mode"u8, out var bits) ? (UnixFileMode?)bits.GetInt32() : null;
            return new FileEntry(
                root.GetProperty("path"u8).GetString()!, root.GetProperty("size"u8).GetInt64(), mode, root.GetProperty("sha256"u8).GetString()!, chunks)
            {
                Inline = inline,
            };
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    /// <summary>Whether two manifests say the same of a file.</summary>
    public static bool Same(FileEntry one, FileEntry other) =>
        one.Path == other.Path && one.Size == other.Size && one.Mode == other.Mode && one.Sha256 == other.Sha256
        && one.Inline is null == other.Inline is null && one.Chunks.SequenceEqual(other.Chunks);
}
