using System.Text.Json;
using AtSync.Protocol;
using AtSync.Protocol.Responses;
using AtSync.Server.Sessions;
using AtSync.Storage.Server;

namespace AtSync.Server.Notifications;

/// <summary>A notification with its parts; <see cref="StoredNotification"/> keeps those that the store need not know as one JSON object.</summary>
internal sealed record Notification
{
    public const string Update = "update";
    public const string Delete = "delete";

    /// <summary>The strategy of which, per notifier and recipient, only the newest wait to be sent.</summary>
    public const string Latest = "latest";

    public required string Id { get; init; }

    public required NotificationKind Kind { get; init; }

    public required NotificationStatus Status { get; init; }

    /// <summary>The other atSign; the own one for what an atSign tells itself.</summary>
    public required AtSign Peer { get; init; }

    public required long CreatedAtMs { get; init; }

    public required long ExpiresAtMs { get; init; }

    public int Attempts { get; init; }

    /// <summary>The "key" of the wire, case kept: <c>@bob:phone.app@alice</c>, or any text behind the recipient.</summary>
    public required string Text { get; init; }

    public string? Value { get; init; }

    public string Operation { get; init; } = Update;

    /// <summary><c>key</c> or <c>text</c>.</summary>
    public string MessageType { get; init; } = "key";

    public string Priority { get; init; } = "low";

    /// <summary><c>all</c> or <c>latest</c>.</summary>
    public string Strategy { get; init; } = "all";

    public long LatestN { get; init; } = 1;

    public string Notifier { get; init; } = "SYSTEM";

    public AtMetadata Metadata { get; init; } = AtMetadata.Empty;

    public bool IsExpired(long nowMs) => ExpiresAtMs <= nowMs;

    public StoredNotification ToStored()
    {
        using var json = new AnswerBuffer();
        json.Write("{\"key\":"u8);
        JsonText.WriteString(Text, json);
        if (Value is not null)
        {
            json.Write(",\"value\":"u8);
            JsonText.WriteString(Value, json);
        }

        Member(",\"operation\":"u8, Operation);
        Member(",\"messageType\":"u8, MessageType);
        Member(",\"priority\":"u8, Priority);
        Member(",\"strategy\":"u8, Strategy);
        Member(",\"notifier\":"u8, Notifier);
        json.Write(",\"latestN\":"u8);
        json.WriteNumber(LatestN);
        json.Write(",\"metadata\":"u8);
        AtMetadataJson.WriteStrings(Metadata, json);
        json.Write("}"u8);
        return new StoredNotification
        {
            Id = Id,
            Kind = Kind,
            Status = Status,
            Peer = Peer.ToString(),
            CreatedAtMs = CreatedAtMs,
            ExpiresAtMs = ExpiresAtMs,
            Attempts = Attempts,
            Topic = Kind == NotificationKind.Sent && Strategy == Latest ? Notifier : null,
            TopicMax = (int)Math.Clamp(LatestN, 1, int.MaxValue),
            Body = json.Written.ToArray(),
        };

        void Member(ReadOnlySpan<byte> name, string text)
        {
            json.Write(name);
            JsonText.WriteString(text, json);
        }
    }

    /// <summary>What was stored was made here, so it can be read.</summary>
    public static Notification Of(StoredNotification stored)
    {
        using var document = JsonDocument.Parse(stored.Body);
        var body = document.RootElement;
        return new Notification
        {
            Id = stored.Id,
            Kind = stored.Kind,
            Status = stored.Status,
            Peer = AtSign.Parse(stored.Peer),
            CreatedAtMs = stored.CreatedAtMs,
            ExpiresAtMs = stored.ExpiresAtMs,
            Attempts = stored.Attempts,
            Text = body.GetProperty("key").GetString()!,
            Value = body.TryGetProperty("value", out var value) ? value.GetString() : null,
            Operation = body.GetProperty("operation").GetString()!,
            MessageType = body.GetProperty("messageType").GetString()!,
            Priority = body.GetProperty("priority").GetString()!,
            Strategy = body.GetProperty("strategy").GetString()!,
            Notifier = body.GetProperty("notifier").GetString()!,
            LatestN = body.GetProperty("latestN").GetInt64(),
            Metadata = AtMetadataJson.TryRead(
                System.Text.Encoding.UTF8.GetBytes(body.GetProperty("metadata").GetRawText()), out var metadata, out _) ? metadata : AtMetadata.Empty,
        };
    }

    /// <summary>As monitors and <c>notify:list</c> show it to <paramref name="owner"/>.</summary>
    public NotificationLine ToLine(AtSign owner) => new()
    {
        Id = Id,
        From = (Kind == NotificationKind.Sent ? owner : Peer).ToString(),
        To = (Kind == NotificationKind.Sent ? Peer : owner).ToString(),
        Key = Text,
        Value = Value,
        Operation = Operation,
        EpochMs = CreatedAtMs,
        MessageType = $"MessageType.{MessageType}",
        IsEncrypted = Metadata.IsEncrypted ?? false,
        Metadata = Metadata,
    };
}
