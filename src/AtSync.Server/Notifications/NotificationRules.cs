using AtSync.Protocol;
using AtSync.Protocol.Verbs;
using AtSync.Server.Sessions;

namespace AtSync.Server.Notifications;

/// <summary>Lives of notifications, and who of an atSign's devices may see which.</summary>
internal static class NotificationRules
{
    /// <summary>When it ends, Unix ms.</summary>
    public static long ExpiryOf(NotifyVerb verb, long nowMs, AtServerLimits limits)
    {
        var longest = nowMs + (long)limits.NotificationLifeMax.TotalMilliseconds;
        if (verb.IsEphemeral)
        {
            longest = nowMs + (long)limits.EphemeralNotificationLife.TotalMilliseconds;
        }

        var asked = verb.ExpiresAt?.ToUnixTimeMilliseconds()
            ?? nowMs + (verb.TtlnMs is null or 0 ? (long)limits.NotificationLife.TotalMilliseconds : Math.Min(verb.TtlnMs.Value, longest - nowMs));
        return Math.Min(asked, longest);
    }

    /// <summary>Whether a monitor or a list of this caller shows the notification.</summary>
    public static bool MaySee(Caller caller, Notification item) =>
        AccessPolicy.MaySee(caller, AtKey.Fold(item.Text), KeyAudience.Monitor);

    /// <summary>A pattern takes a notification by its text or by the name of its sender.</summary>
    public static bool Takes(Verbs.KeyPattern? filter, Notification item) =>
        filter is null || filter.Takes(item.Text) || filter.Takes(item.Peer.Name);
}
