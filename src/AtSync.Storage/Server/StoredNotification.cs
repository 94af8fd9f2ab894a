namespace AtSync.Storage.Server;

/// <summary>A notification as an engine holds it. The engine reads no meaning into <see cref="Body"/>.</summary>
public sealed record StoredNotification
{
    /// <summary>Its name everywhere, made by its sender.</summary>
    public required string Id { get; init; }

    /// <summary>Assigned by the engine, from 1.</summary>
    public long Position { get; init; }

    /// <summary>Which way it goes.</summary>
    public required NotificationKind Kind { get; init; }

    /// <summary>How far it got.</summary>
    public required NotificationStatus Status { get; init; }

    /// <summary>The other atSign, with its <c>@</c>.</summary>
    public required string Peer { get; init; }

    /// <summary>Unix ms: when it became known here.</summary>
    public required long CreatedAtMs { get; init; }

    /// <summary>Unix ms.</summary>
    public required long ExpiresAtMs { get; init; }

    /// <summary>How often it was tried to deliver it.</summary>
    public int Attempts { get; init; }

    /// <summary>
    /// For one that waits to be sent and makes earlier ones pointless: what it is about. Adding it removes, in the same transaction, those of the
    /// same topic for the same peer that still wait, except the newest <see cref="TopicMax"/>, itself among them. Null for all others.
    /// </summary>
    public string? Topic { get; init; }

    /// <summary>See <see cref="Topic"/>; at least 1. Means something when it is added; is not kept.</summary>
    public int TopicMax { get; init; } = 1;

    /// <summary>All the rest. The engine keeps a reference: whoever adds it leaves it as it is.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>What it adds to <see cref="StoreSummary.NotificationBytes"/>.</summary>
    internal long Size => System.Text.Encoding.UTF8.GetByteCount(Id) + System.Text.Encoding.UTF8.GetByteCount(Peer) + Body.Length;
}

/// <summary>Which way a notification goes.</summary>
public enum NotificationKind : byte
{
    /// <summary>From another atSign, or from this one to itself.</summary>
    Received,

    /// <summary>To another atSign.</summary>
    Sent,

    /// <summary>Made by the server for this atSign.</summary>
    Self,
}

/// <summary>How far a notification got.</summary>
public enum NotificationStatus : byte
{
    /// <summary>It waits to be sent.</summary>
    Queued,

    /// <summary>It arrived.</summary>
    Delivered,

    /// <summary>It was refused for good.</summary>
    Errored,
}
