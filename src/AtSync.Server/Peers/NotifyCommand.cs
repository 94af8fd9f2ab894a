using System.Buffers;
using System.Text;
using AtSync.Protocol;
using AtSync.Protocol.Verbs;
using AtSync.Server.Notifications;

namespace AtSync.Server.Peers;

/// <summary>A notification as the line that delivers it to a peer of a certain version.</summary>
internal static class NotifyCommand
{
    public static ReadOnlyMemory<byte> Write(Notification item, Version peer, long nowMs)
    {
        var output = new ArrayBufferWriter<byte>();
        new NotifyVerb
        {
            Id = item.Id,
            Operation = item.Operation,
            MessageType = item.MessageType,
            Notifier = item.Notifier,
            TtlnMs = item.ExpiresAtMs - nowMs,
            Metadata = Fitting(item.Metadata, peer),
            To = item.Peer.Name,
            Key = KeyOf(item, out var from),
            From = from,
            Value = item.Value is null ? (ReadOnlyMemory<byte>?)null : Encoding.UTF8.GetBytes(item.Value),
        }.WriteTo(output);
        output.Write("\n"u8);
        return output.WrittenMemory;
    }

    /// <summary>Whether a peer of this version is sent fragments that older grammars do not know.</summary>
    public static bool NeedsNewGrammar(Notification item, Version peer) => Fitting(item.Metadata, peer) != Fitting(item.Metadata, PeerVersion.Unknown);

    /// <summary>The text without its recipient and sender. One of public data has no recipient in front.</summary>
    private static string KeyOf(Notification item, out string? from)
    {
        var prefix = $"{item.Peer}:";
        var key = item.Text.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) ? item.Text[prefix.Length..] : item.Text;
        var at = item.MessageType == "text" ? -1 : key.LastIndexOf('@');
        from = at > 0 ? key[(at + 1)..] : null;
        return at > 0 ? key[..at] : key;
    }

    private static AtMetadata Fitting(AtMetadata metadata, Version peer)
    {
        var fitting = metadata with { SharedKeyStatus = null };
        if (peer < PeerVersion.WithHashes)
        {
            fitting = fitting with { PubKeyHash = null, HashingAlgo = null };
        }

        if (peer < PeerVersion.WithImmutable)
        {
            fitting = fitting with { Immutable = null };
        }

        if (peer < PeerVersion.WithTimes)
        {
            fitting = fitting with { CreatedAt = null, UpdatedAt = null, ExpiresAt = null, AvailableAt = null };
        }

        return peer < PeerVersion.WithAppMetadata ? fitting with { AppMetadata = null } : fitting;
    }
}
