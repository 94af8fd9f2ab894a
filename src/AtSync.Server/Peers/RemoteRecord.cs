using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using AtSync.Protocol;

namespace AtSync.Server.Peers;

/// <summary>A record as another atServer shows it: the answer to <c>lookup:all</c>.</summary>
internal sealed record RemoteRecord(string? Value, AtMetadata Metadata, string MetadataJson)
{
    public static bool TryRead(ReadOnlyMemory<byte> json, [NotNullWhen(true)] out RemoteRecord? record)
    {
        record = null;
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("metaData", out var metaData)
                || !AtMetadataJson.TryRead(Encoding.UTF8.GetBytes(metaData.GetRawText()), out var metadata, out _))
            {
                return false;
            }

            record = new RemoteRecord(
                root.TryGetProperty("data", out var data) && data.ValueKind == JsonValueKind.String ? data.GetString() : null, metadata, metaData.GetRawText());
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
