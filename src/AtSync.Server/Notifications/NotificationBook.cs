using AtSync.Protocol;
using AtSync.Storage.Server;

namespace AtSync.Server.Notifications;

/// <summary>Puts notifications into an atSign's log and wakes those who wait for them. What it returns from is durable.</summary>
internal sealed class NotificationBook(AtServer server)
{
    private INotificationLog Log => server.Store.Notifications;

    /// <summary>
    /// Adds what a device sends: to its own atSign it is there already, to another one it waits for the outbox. The error says that there is no room
    /// for it. An id that is held was sent before by a client that did not see the answer.
    /// </summary>
    public async ValueTask<AtError?> SendAsync(Notification item)
    {
        if (await Log.AddAsync(item.ToStored(), change: null, CancellationToken.None) is not { } result)
        {
            return null;
        }

        if (!result.Owes)
        {
            return result.Error;
        }

        if (item.Kind == NotificationKind.Sent)
        {
            server.OutboxHasNews();
        }
        else
        {
            server.Stats.Notified();
        }

        return null;
    }

    /// <summary>
    /// Adds what another atServer delivers, with the change to the cached copy that it brings. The error says that there is no room for it; where
    /// only the copy finds none, the notification is taken all the same.
    /// </summary>
    public async ValueTask<AtError?> ReceiveAsync(Notification item, StoreChange? change)
    {
        var result = await Log.AddAsync(item.ToStored(), change, CancellationToken.None);
        if (result is { Owes: true } done)
        {
            server.Stats.Notified();
            if (done is { Error: null, CommitId: >= 0 })
            {
                server.Committed([done], item.Operation == Notification.Delete);
            }
        }

        return result is { Owes: false, Error: { } error } ? error : null;
    }

    /// <summary>
    /// Tells the atSign's own monitors (those opened with <c>selfNotifications</c>) something: for requests of new devices. Durable, kept for
    /// <paramref name="life"/>; an id that is held already is not told again.
    /// </summary>
    /// <param name="id">Its name; a fresh UUID unless a repetition has to be recognised.</param>
    /// <param name="key">For example <c>&lt;id&gt;.new.enrollments.__manage@alice</c>.</param>
    /// <param name="value">Text, nearly always JSON.</param>
    /// <param name="life">How long monitors that come later are told, too.</param>
    public async ValueTask TellOwnerAsync(string id, string key, string value, TimeSpan life)
    {
        var now = server.Host.Options.TimeProvider.GetUtcNow().ToUnixTimeMilliseconds();
        await SendAsync(new Notification
        {
            Id = id,
            Kind = NotificationKind.Self,
            Status = NotificationStatus.Delivered,
            Peer = server.Owner,
            CreatedAtMs = now,
            ExpiresAtMs = now + (long)life.TotalMilliseconds,
            Text = key,
            Value = value,
        });
    }
}
