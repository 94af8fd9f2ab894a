using AtSync.Storage.Server;

namespace AtSync.Server.Notifications;

/// <summary>Puts notifications into an atSign's log and wakes those who wait for them. What it returns from is durable.</summary>
internal sealed class NotificationBook(AtServer server)
{
    private INotificationLog Log => server.Store.Notifications;

    /// <summary>Adds what a device sends: to its own atSign it is there already, to another one it waits for the outbox.</summary>
    public async ValueTask SendAsync(Notification item)
    {
        if (await Log.AddAsync(item.ToStored(), change: null, CancellationToken.None) is null)
        {
            // The id is held: sent again by a client that did not see the answer.
            return;
        }

        if (item.Kind != NotificationKind.Sent)
        {
            server.Stats.Notified();
            return;
        }

        if (item.Strategy == "latest")
        {
            await DropOlderAsync(item);
        }

        server.OutboxHasNews();
    }

    /// <summary>Adds what another atServer delivers, with the change to the cached copy that it brings. Null when it is held already.</summary>
    public async ValueTask<ChangeResult?> ReceiveAsync(Notification item, StoreChange? change)
    {
        var result = await Log.AddAsync(item.ToStored(), change, CancellationToken.None);
        if (result is { } done)
        {
            server.Stats.Notified();
            if (done is { Error: null, CommitId: >= 0 })
            {
                server.Committed([done], item.Operation == Notification.Delete);
            }
        }

        return result;
    }

    /// <summary>
    /// Tells the atSign's own monitors (those opened with <c>selfNotifications</c>) something: for requests of new devices. Durable, kept for
    /// <paramref name="life"/>; an id that is held already is not told again.
    /// </summary>
    /// <param name="id">Its name; a fresh UUID unless a repetition has to be recognised.</param>
    /// <param name="key">For example <c>&lt;id&gt;.new.enrollments.__manage@alice</c>.</param>
    /// <param name="value">Text, nearly always JSON.</param>
    /// <param name="life">How long monitors that come later are told, too.</param>
    public ValueTask TellOwnerAsync(string id, string key, string value, TimeSpan life)
    {
        var now = server.Host.Options.TimeProvider.GetUtcNow().ToUnixTimeMilliseconds();
        return SendAsync(new Notification
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

    /// <summary>Strategy <c>latest</c>: of one notifier only the newest wait.</summary>
    private async ValueTask DropOlderAsync(Notification newest)
    {
        var waiting = await Log.ReadQueuedAsync(newest.Peer.ToString(), 0, int.MaxValue, CancellationToken.None);
        var ofNotifier = waiting.Select(Notification.Of).Where(item => item.Strategy == "latest" && item.Notifier == newest.Notifier).ToList();
        foreach (var item in ofNotifier.Take(Math.Max(0, ofNotifier.Count - (int)Math.Clamp(newest.LatestN, 1, int.MaxValue))))
        {
            await Log.RemoveAsync(item.Id, CancellationToken.None);
        }
    }
}
