using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace AtSync.Protocol.Responses;

/// <summary>The JSON of a <c>notification: </c> line, 2024 and 2026 forms.</summary>
public sealed record NotificationLine
{
    /// <summary><c>-1</c> for a statistics notification.</summary>
    public required string Id { get; init; }

    /// <summary>Sender with <c>@</c>.</summary>
    public required string From { get; init; }

    /// <summary>Recipient with <c>@</c>.</summary>
    public required string To { get; init; }

    /// <summary>Notification text, case kept.</summary>
    public required string Key { get; init; }

    /// <summary>Value, or null.</summary>
    public string? Value { get; init; }

    /// <summary><c>update</c> or <c>delete</c>.</summary>
    public required string Operation { get; init; }

    /// <summary>Unix ms.</summary>
    public required long EpochMs { get; init; }

    /// <summary><c>MessageType.key</c> or <c>MessageType.text</c>.</summary>
    public string MessageType { get; init; } = "MessageType.key";

    /// <summary>Whether the value is sealed.</summary>
    public bool IsEncrypted { get; init; }

    /// <summary>The metadata members, or null for JSON null.</summary>
    public AtMetadata? Metadata { get; init; }

    /// <summary>For a statistics notification: the server's last commit id; null otherwise.</summary>
    public long? StatsCommitId => Id == "-1" && long.TryParse(Value, System.Globalization.CultureInfo.InvariantCulture, out var id) ? id : null;

    /// <summary>Reads the JSON; members in any order, numbers as text or numbers.</summary>
    public static bool TryParse(ReadOnlySpan<byte> json, [NotNullWhen(true)] out NotificationLine? line) => throw new NotImplementedException();

    /// <summary>Writes <c>notification: {json}</c> and a newline: the 2026 members.</summary>
    public void WriteTo(IBufferWriter<byte> output) => throw new NotImplementedException();

    /// <summary>Writes the statistics notification (metadata null).</summary>
    public static void WriteStats(AtSign owner, long commitId, bool isDelete, long nowMs, IBufferWriter<byte> output) => throw new NotImplementedException();
}
