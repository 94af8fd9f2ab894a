using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace AtSync.Protocol;

/// <summary>The JSON spellings of <see cref="AtMetadata"/>: typed (lookups), all strings (sync), and lenient reading of every one of them.</summary>
public static class AtMetadataJson
{
    /// <summary>
    /// Reads a metadata object in any wire spelling (typed or strings, dates with a space or a <c>T</c>, <c>appMetadata</c> as object, JSON text or
    /// base64, <c>pubKeyHash</c> as object or JSON text, the text <c>null</c> as absent, booleans in any case). Unknown members are kept.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> json, [NotNullWhen(true)] out AtMetadata? metadata, [NotNullWhen(false)] out string? problem) =>
        throw new NotImplementedException();

    /// <summary>Writes the object of <c>llookup:meta</c>: typed values, members in the reference's order, nulls left out.</summary>
    public static void WriteTyped(AtMetadata metadata, IBufferWriter<byte> output) => throw new NotImplementedException();

    /// <summary>
    /// Writes the client-owned members as sync entries spell them (all strings, wire order) without the braces: what
    /// <c>StoredRecord.Metadata</c> holds. Server-owned members (createdBy, updatedBy, times, status, version) are left out.
    /// </summary>
    public static void WriteOwnedMembers(AtMetadata metadata, IBufferWriter<byte> output) => throw new NotImplementedException();

    /// <summary>Writes the whole object of a sync entry: all strings, wire order, nulls left out.</summary>
    public static void WriteStrings(AtMetadata metadata, IBufferWriter<byte> output) => throw new NotImplementedException();

    /// <summary><c>yyyy-MM-dd HH:mm:ss.fffZ</c>, UTC.</summary>
    public static string FormatTime(DateTimeOffset time) => throw new NotImplementedException();

    /// <summary>Reads that form and ISO 8601 (three to nine fraction digits, <c>T</c> or space).</summary>
    public static bool TryParseTime(ReadOnlySpan<char> text, out DateTimeOffset time) => throw new NotImplementedException();
}
