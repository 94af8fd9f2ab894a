using AtSync.Protocol;
using AtSync.Storage.Server;

namespace AtSync.Storage.Tests.Server;

/// <summary>What every engine does with limits, with what is expired anywhere, and with cached copies that are due.</summary>
public abstract class QuotaConformance : NotificationConformance
{
    private static StoredNotification Item(string id, NotificationKind kind = NotificationKind.Received, long created = 5, long expires = 100) => new()
    {
        Id = id,
        Kind = kind,
        Status = kind == NotificationKind.Sent ? NotificationStatus.Queued : NotificationStatus.Delivered,
        Peer = "@bob",
        CreatedAtMs = created,
        ExpiresAtMs = expires,
        Body = new byte[10],
    };

    private async Task<(IStorageEngine Engine, IKeyStore Store)> OpenWithAsync(StoreQuota quota)
    {
        var (engine, store) = await OpenWithAliceAsync();
        Assert.True(await engine.SetQuotaAsync(Alice, quota, None));
        return (engine, store);
    }

    [Fact]
    public async Task A_record_too_many_is_refused_with_the_limit_and_what_is_used_and_nothing_is_written()
    {
        var (engine, store) = await OpenWithAsync(new StoreQuota { Records = 2 });
        await using var _ = engine;
        var results = await store.ApplyAsync(Change.Put("a", "1"), Change.Put("b", "2"), Change.Put("c", "3"), Change.Put("a", "larger"));
        Assert.Equal([null, null, "AT0002", null], results.Select(result => result.Error?.Code));
        Assert.Contains("quota records exceeded: 2 allowed, 2 used", results[2].Error!.Detail, StringComparison.Ordinal);
        Assert.Null(await store.GetAsync("c", None));
        Assert.Equal((2, 2), (store.LastCommitId, store.RecordCount));
        Assert.Empty(await engine.CheckAsync(None));
    }

    [Fact]
    public async Task Bytes_are_limited_and_shrinking_and_deleting_is_always_allowed()
    {
        var (engine, store) = await OpenWithAsync(new StoreQuota { Bytes = 20 });
        await using var _ = engine;
        Assert.Null((await store.ApplyAsync(Change.Put("a", "1234567890"), Change.Put("b", "12345678")))[1].Error);
        Assert.Equal(20, store.ByteCount);
        Assert.Contains("quota bytes exceeded: 20 allowed, 20 used, 1 more", (await store.ApplyAsync(Change.Put("b", "123456789")))[0].Error!.Detail, StringComparison.Ordinal);

        // A limit that was lowered: what is too much already may shrink.
        await engine.SetQuotaAsync(Alice, new StoreQuota { Bytes = 5, Records = 0 }, None);
        var results = await store.ApplyAsync(Change.Put("a", "123"), Change.Put("b", "12345678"), Change.Put("c", ""), Change.Delete("a"));
        Assert.Equal([false, false, true, false], results.Select(result => result.Error is not null));
        Assert.Equal(9, store.ByteCount);
    }

    [Fact]
    public async Task What_the_server_writes_for_itself_counts_and_is_never_refused()
    {
        var (engine, store) = await OpenWithAsync(new StoreQuota { Records = 0, Bytes = 0 });
        await using var _ = engine;
        Assert.Null((await store.ApplyAsync(new Exempt("private:x")))[0].Error);
        Assert.Equal(1, store.RecordCount);
    }

    [Fact]
    public async Task A_change_may_say_what_happens_instead_when_there_is_no_room()
    {
        var (engine, store) = await OpenWithAsync(new StoreQuota { Bytes = 12 });
        await using var _ = engine;
        await store.ApplyAsync(Change.Put("cached:k", "123"));
        Assert.Null((await store.ApplyAsync(new Copy("cached:k", "123456")))[0].Error);
        Assert.Null(await store.GetAsync("cached:k", None));
        Assert.NotNull((await store.ApplyAsync(Change.Put("cached:l", "123456")))[0].Error);
    }

    [Fact]
    public async Task Limits_of_one_atSign_stand_over_the_default_which_may_be_changed()
    {
        var (engine, store) = await OpenWithAliceAsync();
        await using var _ = engine;
        engine.DefaultQuota = new StoreQuota { Records = 0, Notifications = 7 };
        Assert.NotNull((await store.ApplyAsync(Change.Put("a", "1")))[0].Error);
        await engine.SetQuotaAsync(Alice, new StoreQuota { Records = StoreQuota.NoLimit }, None);
        Assert.Null((await store.ApplyAsync(Change.Put("a", "1")))[0].Error);
        var line = store.Summary;
        Assert.Equal((new StoreQuota { Records = StoreQuota.NoLimit }, StoreQuota.NoLimit, 7), (line.OwnQuota, line.Quota.Records, line.Quota.Notifications));
        await foreach (var listed in engine.ListAsync(None))
        {
            Assert.Equal(line, listed);
        }

        Assert.False(await engine.SetQuotaAsync(Bob, new StoreQuota(), None));
        Assert.Throws<ArgumentOutOfRangeException>(() => engine.DefaultQuota = new StoreQuota { Bytes = -1 });
    }

    [Fact]
    public async Task Notifications_are_counted_through_all_that_becomes_of_them()
    {
        var (engine, store) = await OpenWithAliceAsync();
        await using var _ = engine;
        await store.Notifications.AddAsync(Item("a", expires: 10), null, None);
        await store.Notifications.AddAsync(Item("b"), null, None);
        await store.Notifications.AddAsync(Item("b"), null, None);
        await store.ApplyAsync(new Change("k", (_, _) => ChangeDecision.Put(Change.Record("k", "1"), logged: true) with { Owed = Item("c", NotificationKind.Sent) }));
        Assert.Equal((3, 45), (store.Summary.Notifications, store.Summary.NotificationBytes));
        Assert.Empty(await engine.CheckAsync(None));
        await store.Notifications.SetStatusAsync("c", NotificationStatus.Delivered, 1, None);
        await store.Notifications.RemoveAsync("b", None);
        await store.Notifications.RemoveExpiredAsync(10, 10, None);
        Assert.Equal((1, 15), (store.Summary.Notifications, store.Summary.NotificationBytes));
        Assert.Empty(await engine.CheckAsync(None));
        var seen = new List<(NotificationKind, NotificationStatus, int)>();
        await store.Notifications.VisitAsync((in NotificationView item) => seen.Add((item.Kind, item.Status, item.Body.Length)), None);
        Assert.Equal([(NotificationKind.Sent, NotificationStatus.Delivered, 10)], seen);
    }

    [Fact]
    public async Task Room_for_a_notification_is_made_by_the_oldest_expired_ones_and_else_it_is_refused()
    {
        var (engine, store) = await OpenWithAsync(new StoreQuota { Notifications = 3 });
        await using var _ = engine;
        var log = store.Notifications;
        await log.AddAsync(Item("old", expires: 10), null, None);
        await log.AddAsync(Item("b", expires: 100), null, None);
        await log.AddAsync(Item("c", expires: 200), null, None);
        Assert.Null((await log.AddAsync(Item("d", created: 50, expires: 200), null, None))!.Value.Error);
        Assert.Null(await log.FindAsync("old", None));
        var refused = (await log.AddAsync(Item("e", created: 60), Change.Put("cached:k", "1"), None))!.Value;
        Assert.Equal(("AT0002", false), (refused.Error!.Code, refused.Owes));
        Assert.Contains("quota notifications exceeded: 3 allowed, 3 used", refused.Error.Detail, StringComparison.Ordinal);
        Assert.Null(await log.FindAsync("e", None));
        Assert.Null(await store.GetAsync("cached:k", None));

        // One that is held already needs no room.
        Assert.Null(await log.AddAsync(Item("d", created: 60), null, None));
        Assert.Empty(await engine.CheckAsync(None));
    }

    [Fact]
    public async Task Bytes_of_notifications_are_limited()
    {
        var (engine, store) = await OpenWithAsync(new StoreQuota { NotificationBytes = 31 });
        await using var _ = engine;
        await store.Notifications.AddAsync(Item("a"), null, None);
        await store.Notifications.AddAsync(Item("b"), null, None);
        Assert.Contains(
            "quota notificationBytes exceeded: 31 allowed, 30 used, 15 more", (await store.Notifications.AddAsync(Item("c"), null, None))!.Value.Error!.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_write_whose_notification_has_no_room_is_refused_and_a_deletion_is_not()
    {
        var (engine, store) = await OpenWithAsync(new StoreQuota { Notifications = 0 });
        await using var _ = engine;
        await store.ApplyAsync(Change.Put("k", "1"));
        Change Owing(string key, string id, bool deletes) => new(key, (_, _) =>
            (deletes ? ChangeDecision.Delete(9, logged: true) : ChangeDecision.Put(Change.Record(key, "2"), logged: true)) with { Owed = Item(id, NotificationKind.Sent) });
        var results = await store.ApplyAsync(Owing("k", "a", false), Owing("k", "b", true), Owing("none", "c", true));
        Assert.Equal([true, false, false], results.Select(result => result.Error is not null));
        Assert.Equal([false, true, false], results.Select(result => result.Owes));
        Assert.Equal(["b"], (await store.Notifications.ReadQueuedAsync("@bob", 0, 9, None)).Select(item => item.Id));
        Assert.Equal(1, store.Summary.Notifications);
    }

    [Fact]
    public async Task The_newest_of_a_topic_takes_the_place_of_those_that_wait()
    {
        var (engine, store) = await OpenWithAliceAsync();
        await using var _ = engine;
        var log = store.Notifications;
        StoredNotification Latest(string id, int max = 1, string topic = "t", string peer = "@bob") =>
            Item(id, NotificationKind.Sent) with { Topic = topic, TopicMax = max, Peer = peer };
        foreach (var item in new[] { Latest("a", 2), Latest("b", 2), Item("other", NotificationKind.Sent), Latest("c", 2), Latest("u", topic: "u"), Latest("p", peer: "@carol") })
        {
            Assert.Null((await log.AddAsync(item, null, None))!.Value.Error);
        }

        Assert.Equal(["b", "other", "c", "u"], (await log.ReadQueuedAsync("@bob", 0, 9, None)).Select(item => item.Id));

        // A full log takes it, since its predecessors go.
        await engine.SetQuotaAsync(Alice, new StoreQuota { Notifications = 5 }, None);
        Assert.Null((await log.AddAsync(Latest("d"), null, None))!.Value.Error);
        Assert.Equal(["other", "u", "d"], (await log.ReadQueuedAsync("@bob", 0, 9, None)).Select(item => item.Id));
        Assert.Equal(4, store.Summary.Notifications);
        Assert.Empty(await engine.CheckAsync(None));
    }

    [Fact]
    public async Task A_sweep_reaches_every_atSign_piece_by_piece()
    {
        await using var engine = Open();
        for (var i = 0; i < 12; i++)
        {
            var store = await engine.AddAsync(AtSign.Parse($"@p{i}"), None);
            await store.ApplyAsync(Change.Put("a", "1", expiresAtMs: 10), Change.Put("b", "1", expiresAtMs: 99), Change.Put("c", "1"));
            await store.Notifications.AddAsync(Item("n", expires: 10), null, None);
        }

        Assert.Equal(0, await engine.SweepExpiredAsync(9, 100, None));
        Assert.Equal(5, await engine.SweepExpiredAsync(10, 5, None));
        var removed = 5;
        for (var calls = 0; removed < 24 && calls < 50; calls++)
        {
            removed += await engine.SweepExpiredAsync(10, 5, None);
        }

        Assert.Equal(24, removed);
        await foreach (var line in engine.ListAsync(None))
        {
            Assert.Equal((2, 0), (line.Records, line.Notifications));
        }

        Assert.Empty(await engine.CheckAsync(None));
    }

    [Fact]
    public async Task Copies_that_are_due_are_listed_from_the_longest_overdue_on()
    {
        await using var engine = Open();
        var alice = await engine.AddAsync(Alice, None);
        var bob = await engine.AddAsync(Bob, None);
        await alice.ApplyAsync(Due("cached:x", 30), Due("cached:y", 10), Due("own", 5), Due("cached:later", 99), Change.Put("cached:never", "1"));
        await bob.ApplyAsync(Due("cached:x", 20), Due("cached:z", 20));
        var all = await engine.StaleCopiesAsync(30, default, 10, None);
        StaleCopy[] expected = [new(10, Alice, "cached:y"), new(20, Bob, "cached:x"), new(20, Bob, "cached:z"), new(30, Alice, "cached:x")];
        Assert.Equal(expected, all);
        Assert.Equal(expected[..2], await engine.StaleCopiesAsync(30, default, 2, None));
        Assert.Equal(expected[2..], await engine.StaleCopiesAsync(30, expected[1], 9, None));
        await bob.ApplyAsync(Change.Delete("cached:x"));
        Assert.Equal(3, (await engine.StaleCopiesAsync(30, default, 10, None)).Count);

        static Change Due(string key, long refresh) => Change.Put(Change.Record(key, "1") with { Times = new RecordTimes(0, 1, 2, null, null, refresh) });
    }

    [Fact]
    public async Task A_record_may_be_written_in_its_place_without_a_commit()
    {
        var (engine, store) = await OpenWithAliceAsync();
        await using var _ = engine;
        await store.ApplyAsync(Change.Put("a", "1"), Change.Put("b", "1"));
        var results = await store.ApplyAsync(new Change("a", (_, _) => ChangeDecision.Put(Change.Record("a", "22"), logged: true) with { KeepsCommit = true }));
        Assert.Equal(0, results[0].CommitId);
        Assert.Equal("22", await store.ValueAsync("a"));
        Assert.Equal([(0L, "a"), (1L, "b")], (await store.LogAsync()).ConvertAll(entry => (entry.CommitId, entry.Key)));
        Assert.Equal((1, 5), (store.LastCommitId, store.ByteCount));
        Assert.Empty(await engine.CheckAsync(None));
    }

    private sealed class Exempt(string key) : StoreChange(key)
    {
        public override bool IsExempt => true;

        public override ChangeDecision Decide(StoredRecord? current, long currentCommitId) => ChangeDecision.Put(Change.Record(Key, "1"), logged: false);
    }

    private sealed class Copy(string key, string value) : StoreChange(key)
    {
        public override ChangeDecision Decide(StoredRecord? current, long currentCommitId) => ChangeDecision.Put(Change.Record(Key, value), logged: true);

        public override ChangeDecision? DecideWithoutRoom(StoredRecord? current) =>
            current is null ? null : ChangeDecision.Delete(9, logged: true);
    }
}
