using AtSync.Storage.Server;

namespace AtSync.Storage.Tests.Server;

/// <summary>What every engine does with the notifications of an atSign.</summary>
public abstract class NotificationConformance : KeyStoreConformance
{
    private static StoredNotification Item(string id, NotificationKind kind = NotificationKind.Received, string peer = "@bob", long expires = 100) => new()
    {
        Id = id,
        Kind = kind,
        Status = kind == NotificationKind.Sent ? NotificationStatus.Queued : NotificationStatus.Delivered,
        Peer = peer,
        CreatedAtMs = 5,
        ExpiresAtMs = expires,
        Body = new byte[] { 1, 0, 2 },
    };

    private static Change Owing(string key, StoredNotification owed) =>
        new(key, (_, _) => ChangeDecision.Put(Change.Record(key, "1"), logged: true) with { Owed = owed });

    [Fact]
    public async Task A_notification_comes_back_whole_and_an_id_is_held_once()
    {
        var (engine, store) = await OpenWithAliceAsync();
        await using var _ = engine;
        var log = store.Notifications;
        Assert.Equal(0, await log.LastPositionAsync(None));
        Assert.NotNull(await log.AddAsync(Item("a"), null, None));
        Assert.Null(await log.AddAsync(Item("a") with { Peer = "@carol" }, Change.Put("k", "1"), None));

        var found = await log.FindAsync("a", None);
        Assert.NotNull(found);
        Assert.Equal(new byte[] { 1, 0, 2 }, found.Body.ToArray());
        Assert.Equal(Item("a") with { Position = found.Position, Body = found.Body }, found);
        Assert.Equal(found.Position, await log.LastPositionAsync(None));
        Assert.Null(await store.GetAsync("k", None));
        Assert.Null(await log.FindAsync("b", None));
    }

    [Fact]
    public async Task A_change_and_the_notification_it_owes_are_written_together()
    {
        var (engine, store) = await OpenWithAliceAsync();
        await using var _ = engine;
        var results = await store.ApplyAsync([Owing("k", Item("a", NotificationKind.Sent)), Change.Put("l", "1"), Change.Refuse("m")], None);
        Assert.Equal([true, false, false], results.Select(result => result.Owes));
        Assert.Equal(["@bob"], await store.Notifications.QueuedPeersAsync(None));
    }

    [Fact]
    public async Task A_received_notification_and_its_cached_copy_are_written_together()
    {
        var (engine, store) = await OpenWithAliceAsync();
        await using var _ = engine;
        var result = await store.Notifications.AddAsync(Item("a"), Change.Put("cached:k", "1"), None);
        Assert.Equal(0, result!.Value.CommitId);
        Assert.Equal("1", await store.ValueAsync("cached:k"));
    }

    [Fact]
    public async Task Followers_see_what_was_received_and_the_outbox_what_waits_in_order()
    {
        var (engine, store) = await OpenWithAliceAsync();
        await using var _ = engine;
        var log = store.Notifications;
        foreach (var item in new[]
        {
            Item("r1"), Item("s1", NotificationKind.Sent), Item("self", NotificationKind.Self, "@alice"), Item("s2", NotificationKind.Sent, "@carol"),
            Item("s3", NotificationKind.Sent), Item("r2"),
        })
        {
            await log.AddAsync(item, null, None);
        }

        var received = await log.ReadReceivedAsync(0, 10, None);
        Assert.Equal(["r1", "self", "r2"], received.Select(item => item.Id));
        Assert.Equal(["self"], (await log.ReadReceivedAsync(received[0].Position, 1, None)).Select(item => item.Id));
        Assert.Equal(["@bob", "@carol"], await log.QueuedPeersAsync(None));
        Assert.Equal(["s1", "s3"], (await log.ReadQueuedAsync("@bob", 0, 10, None)).Select(item => item.Id));

        Assert.True(await log.SetStatusAsync("s1", NotificationStatus.Delivered, 3, None));
        Assert.False(await log.SetStatusAsync("none", NotificationStatus.Delivered, 3, None));
        Assert.Equal(["s3"], (await log.ReadQueuedAsync("@bob", 0, 10, None)).Select(item => item.Id));
        var settled = await log.FindAsync("s1", None);
        Assert.Equal((NotificationStatus.Delivered, 3), (settled!.Status, settled.Attempts));
    }

    [Fact]
    public async Task Positions_are_never_used_again_and_the_expired_go_first()
    {
        var (engine, store) = await OpenWithAliceAsync();
        await using var _ = engine;
        var log = store.Notifications;
        await log.AddAsync(Item("a", expires: 10), null, None);
        await log.AddAsync(Item("b", expires: 20), null, None);
        var last = await log.LastPositionAsync(None);
        Assert.True(await log.RemoveAsync("b", None));
        Assert.False(await log.RemoveAsync("b", None));
        Assert.Equal(0, await log.RemoveExpiredAsync(9, 10, None));
        Assert.Equal(1, await log.RemoveExpiredAsync(10, 10, None));
        Assert.Equal(0, await log.LastPositionAsync(None));
        await log.AddAsync(Item("c"), null, None);
        Assert.True(await log.LastPositionAsync(None) > last);
    }

    [Fact]
    public async Task A_removed_atSign_has_no_notifications_and_a_new_one_of_its_name_none_of_them()
    {
        var (engine, store) = await OpenWithAliceAsync();
        await using var _ = engine;
        await store.Notifications.AddAsync(Item("a"), null, None);
        await engine.RemoveAsync(Alice, None);
        Assert.Empty(await store.Notifications.ReadReceivedAsync(0, 10, None));
        await Assert.ThrowsAsync<StoreException>(async () => await store.Notifications.AddAsync(Item("b"), null, None));
        var again = await engine.AddAsync(Alice, None);
        Assert.Null(await again.Notifications.FindAsync("a", None));
    }
}
