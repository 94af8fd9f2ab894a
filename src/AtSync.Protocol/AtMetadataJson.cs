using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using AtSync.Protocol.Grammar;

namespace AtSync.Protocol;

/// <summary>
/// The JSON spellings of <see cref="AtMetadata"/>: typed (lookups), all strings (sync), and lenient reading of every one of them. Written without a
/// document and without intermediate strings; member order is the reference's, members of 2025 and 2026 next to their kin.
/// </summary>
public static class AtMetadataJson
{
    /// <summary>
    /// Reads a metadata object in any wire spelling (typed or strings, dates with a space or a <c>T</c>, <c>appMetadata</c> as object, JSON text or
    /// base64, <c>pubKeyHash</c> as object or JSON text, the text <c>null</c> as absent, booleans in any case). Unknown members are kept.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> json, [NotNullWhen(true)] out AtMetadata? metadata, [NotNullWhen(false)] out string? problem)
    {
        metadata = null;
        try
        {
            var reader = new Utf8JsonReader(json);
            reader.Read();
            if (!AtMetadataReader.TryRead(ref reader, json, out metadata, out problem))
            {
                return false;
            }

            if (reader.Read())
            {
                problem = "there is text after the metadata object";
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: half a surrogate pair in an escape.
            problem = "the metadata is not valid JSON";
        }

        if (problem is not null)
        {
            metadata = null;
            return false;
        }

        return metadata is not null;
    }

    /// <summary>Writes the object of <c>llookup:meta</c>: typed values, members in the reference's order, nulls left out.</summary>
    public static void WriteTyped(AtMetadata metadata, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        var members = new MemberWriter(output, isTyped: true);
        members.Begin();
        Server(ref members, metadata);
        Owned(ref members, metadata);
        members.End();
    }

    /// <summary>
    /// Writes the client-owned members as sync entries spell them (all strings, wire order) without the braces: what
    /// <c>StoredRecord.Metadata</c> holds. Server-owned members (createdBy, updatedBy, times, status, version) are left out.
    /// </summary>
    public static void WriteOwnedMembers(AtMetadata metadata, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        var members = new MemberWriter(output, isTyped: false);
        Owned(ref members, metadata);
        members.Flush();
    }

    /// <summary>Writes the whole object of a sync entry: all strings, wire order, nulls left out.</summary>
    public static void WriteStrings(AtMetadata metadata, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        var members = new MemberWriter(output, isTyped: false);
        members.Begin();
        Server(ref members, metadata);
        Owned(ref members, metadata);
        members.End();
    }

    /// <summary><c>yyyy-MM-dd HH:mm:ss.fffZ</c>, UTC.</summary>
    public static string FormatTime(DateTimeOffset time) => string.Create(WireTime.Length, time, static (chars, value) =>
    {
        Span<byte> bytes = stackalloc byte[WireTime.Length];
        WireTime.Format(value, bytes, (byte)' ');
        Encoding.ASCII.GetChars(bytes, chars);
    });

    /// <summary>Reads that form and ISO 8601 (none to nine fraction digits, cut to milliseconds; <c>T</c> or space).</summary>
    public static bool TryParseTime(ReadOnlySpan<char> text, out DateTimeOffset time) => WireTime.TryParse(text, out time);

    private static void Server(ref MemberWriter members, AtMetadata metadata)
    {
        members.Text("createdBy"u8, metadata.CreatedBy);
        members.Text("updatedBy"u8, metadata.UpdatedBy);
        members.Time("createdAt"u8, metadata.CreatedAt);
        members.Time("updatedAt"u8, metadata.UpdatedAt);
        members.Time("availableAt"u8, metadata.AvailableAt);
        members.Time("expiresAt"u8, metadata.ExpiresAt);
        members.Time("refreshAt"u8, metadata.RefreshAt);
        members.Text("status"u8, metadata.Status);
        members.Number("version"u8, metadata.Version);
    }

    private static void Owned(ref MemberWriter members, AtMetadata metadata)
    {
        members.Number("ttl"u8, metadata.Ttl);
        members.Number("ttb"u8, metadata.Ttb);
        members.Number("ttr"u8, metadata.Ttr);
        members.Flag("ccd"u8, metadata.Ccd);
        members.Flag("isBinary"u8, metadata.IsBinary);
        members.Flag("isEncrypted"u8, metadata.IsEncrypted);
        members.Text("dataSignature"u8, metadata.DataSignature);
        members.Text("sharedKeyStatus"u8, metadata.SharedKeyStatus);
        members.Text("sharedKeyEnc"u8, metadata.SharedKeyEnc);
        members.Text("pubKeyCS"u8, metadata.PubKeyCS);
        members.PubKeyHash(metadata.PubKeyHash, metadata.HashingAlgo);
        members.Text("encoding"u8, metadata.Encoding);
        members.Text("encKeyName"u8, metadata.EncKeyName);
        members.Text("encAlgo"u8, metadata.EncAlgo);
        members.Text("ivNonce"u8, metadata.IvNonce);
        members.Text("skeEncKeyName"u8, metadata.SkeEncKeyName);
        members.Text("skeEncAlgo"u8, metadata.SkeEncAlgo);
        members.Flag("immutable"u8, metadata.Immutable);
        members.AppMetadata(metadata.AppMetadata);
        for (var i = 0; i < metadata.Unknown.Count; i++)
        {
            members.Unknown(metadata.Unknown[i]);
        }
    }
}
