using AtSync.Protocol;
using AtSync.Storage.Local;
using Microsoft.Extensions.Time.Testing;
using static AtSync.Storage.Tests.Local.LocalFixtures;

namespace AtSync.Storage.Tests.Local;

/// <summary>What every local store does. A store is opened several times over the same data, as several processes would.</summary>
public abstract partial class LocalStoreConformance : IAsyncLifetime
{
    private readonly List<ILocalStore> _opened = [];

    private protected ILocalStore Store { get; private set; } = null!;

    private protected FakeTimeProvider Time { get; } = new();

    private protected abstract ValueTask<ILocalStore> OpenAsync(LocalStoreLimits limits);

    /// <summary>Small, so that ranges are used by few rows.</summary>
    private protected virtual LocalStoreLimits Limits { get; } = new()
    {
        AcceptedRangeMin = 2, AcceptedRangesMax = 3, ConflictsMax = 3, ReplacedMax = 2, QuarantineMax = 3, QuarantineBytesMax = 12,
    };

    public async ValueTask InitializeAsync() => Store = await AnotherAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var store in _opened)
        {
            await store.DisposeAsync();
        }

        CleanUp();
        GC.SuppressFinalize(this);
    }

    private protected virtual void CleanUp()
    {
    }

    private protected async ValueTask<ILocalStore> AnotherAsync()
    {
        var store = await OpenAsync(Limits);
        _opened.Add(store);
        return store;
    }

    private async Task AssertSoundAsync() => Assert.Empty(await Store.CheckAsync(default));

    // ---- writes

    [Fact]
    public async Task A_write_is_read_back_and_waits_in_the_outbox()
    {
        var seqs = await Store.WriteAsync([Put("a.app@alice", "1", 77) with { ExpiresAtMs = 9, AvailableAtMs = 8 }, Delete("b.app@alice", 78)], default);
        var record = (await Store.GetAsync("a.app@alice", default))!;
        Assert.Equal("1", Text(record.Value));
        Assert.Equal("{}", Text(record.Metadata));
        Assert.Equal((77, 8, 9, 0, true), (record.UpdatedAtMs, record.AvailableAtMs!.Value, record.ExpiresAtMs!.Value, record.CommitId, record.IsPending));
        Assert.Null(await Store.GetAsync("b.app@alice", default));

        var items = await Store.OutboxAsync();
        Assert.Equal(seqs, items.Select(i => i.Seq));
        Assert.Equal([CommitOp.UpdateAll, CommitOp.Delete], items.Select(i => i.Op));
        Assert.Equal([77, 78], items.Select(i => i.EditTimeMs));
        Assert.Equal("1", Text(items[0].Record!.Value));
        Assert.Null(items[1].Record);
        Assert.Equal(new LocalCounts(1, 11 + 1 + 2, 2, 0, 0, 0), await Store.CountAsync(default));
        await AssertSoundAsync();
    }

    [Fact]
    public async Task Another_process_sees_what_is_written()
    {
        var other = await AnotherAsync();
        await Store.PutAsync("a", "1");
        Assert.Equal("1", await other.ValueAsync("a"));
        var seq = await other.PutAsync("a", "2");
        Assert.Equal(seq, Assert.Single(await Store.OutboxAsync()).Seq);
        Assert.Equal(Store.DeviceId, other.DeviceId);
        Assert.Matches("^[0-9a-f]{32}$", Store.DeviceId);
        Assert.Equal(Alice, Store.Owner);
    }

    [Fact]
    public async Task A_rewrite_of_a_pending_key_replaces_its_row_and_keeps_its_base()
    {
        await Store.PullAsync(Entry("a", 5, "remote"));
        var first = await Store.PutAsync("a", "1");
        var second = await Store.PutAsync("a", "2");
        Assert.True(second > first);
        var item = Assert.Single(await Store.OutboxAsync());
        Assert.Equal((second, 5, "2"), (item.Seq, item.BaseCommitId, Text(item.Record!.Value)));
        await AssertSoundAsync();
    }

    [Fact]
    public async Task Metadata_written_over_an_unpushed_value_is_pushed_with_the_value()
    {
        await Store.PutAsync("a", "1");
        await Store.WriteAsync([new LocalChange { Key = "a", Op = CommitOp.UpdateMeta, Metadata = Bytes("{\"ttl\":1}"), EditTimeMs = 5 }], default);
        var item = Assert.Single(await Store.OutboxAsync());
        Assert.Equal((CommitOp.UpdateAll, "1", "{\"ttl\":1}"), (item.Op, Text(item.Record!.Value), Text(item.Record.Metadata)));
    }

    [Fact]
    public async Task Metadata_written_over_a_settled_value_keeps_the_value_and_is_pushed_alone()
    {
        await Store.PullAsync(Entry("a", 5, "remote"));
        await Store.WriteAsync([new LocalChange { Key = "a", Op = CommitOp.UpdateMeta, Metadata = Bytes("{\"ttl\":1}"), EditTimeMs = 5 }], default);
        var item = Assert.Single(await Store.OutboxAsync());
        Assert.Equal((CommitOp.UpdateMeta, "remote", "{\"ttl\":1}"), (item.Op, Text(item.Record!.Value), Text(item.Record.Metadata)));
        await AssertSoundAsync();
    }

    [Fact]
    public async Task Deleting_a_key_that_was_never_pushed_still_pushes_the_deletion()
    {
        await Store.PutAsync("a", "1");
        var seq = await Store.DeleteAsync("a");
        var item = Assert.Single(await Store.OutboxAsync());
        Assert.Equal((seq, CommitOp.Delete, 0), (item.Seq, item.Op, item.BaseCommitId));
        Assert.Empty(await Store.KeysAsync());
        Assert.Equal(0, (await Store.CountAsync(default)).Records);
        await AssertSoundAsync();
    }

    [Fact]
    public async Task What_stays_on_the_device_never_enters_the_outbox()
    {
        var seqs = await Store.WriteAsync([Put("local:a@alice", "1") with { IsPushed = false }, Put("b", "2")], default);
        Assert.Equal(0, seqs[0]);
        Assert.Equal("b", Assert.Single(await Store.OutboxAsync()).Key);
        await Store.WriteAsync([Delete("local:a@alice") with { IsPushed = false }], default);
        Assert.Equal(["b"], await Store.KeysAsync());
        Assert.Single(await Store.OutboxAsync());
        await AssertSoundAsync();
    }

    [Fact]
    public async Task A_write_already_made_remotely_takes_its_commit_and_ends_the_pending_edit()
    {
        await Store.PutAsync("a", "old");
        await Store.WriteAsync([Put("a", "new") with { IsPushed = false, CommitId = 9 }], default);
        Assert.Empty(await Store.OutboxAsync());
        Assert.Equal(9, (await Store.GetAsync("a", default))!.CommitId);
        Assert.Equal(1, (await Store.PullAsync(Entry("a", 9, "new"))).Echoes);
        await AssertSoundAsync();
    }

    [Fact]
    public async Task A_deletion_already_made_remotely_is_not_undone_by_a_page_on_its_way()
    {
        await Store.PullAsync(Entry("a", 5, "1"));
        await Store.WriteAsync([Delete("a") with { IsPushed = false, CommitId = 9 }], default);
        Assert.Empty((await Store.PullAsync(Entry("a", 7, "late"))).Applied);
        Assert.Empty(await Store.KeysAsync());
        Assert.Empty((await Store.PullAsync(Gone("a", 9))).Applied);
        Assert.Single((await Store.PullAsync(Entry("a", 11, "again"))).Applied);
        await AssertSoundAsync();
    }

    [Fact]
    public async Task An_edit_after_a_decided_conflict_carries_the_given_base()
    {
        await Store.PullAsync(Entry("a", 5, "1"));
        await Store.WriteAsync([Put("a", "2") with { BaseCommitId = 8 }, Put("b", "2") with { BaseCommitId = 0 }], default);
        Assert.Equal([8, 0], (await Store.OutboxAsync()).Select(i => i.BaseCommitId));
    }

    [Theory]
    [InlineData("", CommitOp.UpdateAll)]
    [InlineData("a", CommitOp.Update)]
    [InlineData("a", (CommitOp)0)]
    public async Task A_change_that_cannot_be_stored_is_refused_and_none_of_its_company_is_made(string key, CommitOp op)
    {
        await Assert.ThrowsAsync<ArgumentException>(
            async () => await Store.WriteAsync([Put("good", "1"), new LocalChange { Key = key, Op = op, EditTimeMs = 1 }], default));
        Assert.Empty(await Store.KeysAsync());
    }

    [Fact]
    public async Task A_cancelled_call_changes_nothing()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Store.WriteAsync([Put("a", "1")], new CancellationToken(true)));
        Assert.Empty(await Store.KeysAsync());
    }

    [Fact]
    public async Task Concurrent_writers_all_land()
    {
        var other = await AnotherAsync();
        await Task.WhenAll(Enumerable.Range(0, 200).Select(async i =>
        {
            await Task.Yield();
            await (i % 4 == 0 ? other : Store).PutAsync($"key{i % 50}", $"{i}");
        }));
        Assert.Equal(50, (await Store.CountAsync(default)).Records);
        var items = await Store.OutboxAsync();
        Assert.Equal(50, items.Count);
        Assert.Equal(50, items.Select(i => i.Seq).Distinct().Count());
        await AssertSoundAsync();
    }

    // ---- reading

    [Fact]
    public async Task A_scan_goes_by_utf8_order_prefix_and_position()
    {
        string[] keys = ["a", "a1", "a2", "aÿ", "a\uE000", "a😀", "b"];
        await Store.WriteAsync([.. keys.Reverse().Select(k => Put(k, k))], default);
        await Store.DeleteAsync("a1");
        Assert.Equal(["a", "a2", "aÿ", "a\uE000", "a😀", "b"], await Store.KeysAsync());
        var page = await Store.ScanAsync("a", "a", 2, true, default);
        Assert.Equal(["a2", "aÿ"], page.Select(r => Text(r.Value)));
        Assert.Equal(["a\uE000", "a😀"], (await Store.ScanAsync("a", "aÿ", 9, false, default)).Select(r => r.Key));
        var bare = (await Store.ScanAsync("b", "", 9, false, default))[0];
        Assert.True(bare.Value.IsEmpty && bare.IsPending && Text(bare.Metadata) == "{}");
        Assert.Empty(await Store.ScanAsync("c", "", 9, true, default));
        Assert.Empty(await Store.ScanAsync("a", "b", 9, true, default));
        Assert.Empty(await Store.ScanAsync("a", "", 0, true, default));
    }

    [Fact]
    public async Task The_outbox_is_read_in_order_within_count_and_bytes_but_always_one()
    {
        await Store.WriteAsync([Put("a", "1234"), Put("b", "1234"), Put("c", "1234")], default);
        Assert.Equal(["a", "b"], (await Store.ReadOutboxAsync(0, 0, 2, 1000, default)).Select(i => i.Key));
        Assert.Equal(["a", "b"], (await Store.ReadOutboxAsync(0, 0, 9, 8, default)).Select(i => i.Key));
        Assert.Equal(["a"], (await Store.ReadOutboxAsync(0, 0, 9, 1, default)).Select(i => i.Key));
        var first = (await Store.ReadOutboxAsync(0, 0, 1, 1, default))[0];
        Assert.Equal(["b", "c"], (await Store.ReadOutboxAsync(first.Seq, 0, 9, 1000, default)).Select(i => i.Key));
        Assert.Empty(await Store.ReadOutboxAsync(long.MaxValue, 0, 9, 1000, default));
    }

    // ---- expiry

    [Fact]
    public async Task Expiry_makes_no_outbox_row_and_waits_for_the_push()
    {
        await Store.PullAsync(Entry("a", 1, "1") with { ExpiresAtMs = 10 }, Entry("b", 2, "1") with { ExpiresAtMs = 11 }, Entry("c", 3, "1"));
        var seq = (await Store.WriteAsync([Put("p", "1") with { ExpiresAtMs = 5 }], default))[0];
        Assert.Equal(["a"], await Store.RemoveExpiredAsync(10, 10, default));
        Assert.Equal(["b", "c", "p"], await Store.KeysAsync());
        await Store.SettleAsync(new PushOutcome(seq, "p", PushOutcomeKind.Drop, 0, null, 0));
        Assert.Empty(await Store.OutboxAsync());
        Assert.Single(await Store.RemoveExpiredAsync(20, 1, default));
        Assert.Single(await Store.RemoveExpiredAsync(20, 1, default));
        Assert.Equal(["c"], await Store.KeysAsync());
        await AssertSoundAsync();
    }

    // ---- properties, cursors

    [Fact]
    public async Task Properties_are_set_replaced_and_removed()
    {
        await Store.SetPropertiesAsync([new("epoch", "1"), new("name", "phone")], default);
        await Store.SetPropertiesAsync([new("epoch", "2"), new("name", null)], default);
        Assert.Equal("2", await Store.GetPropertyAsync("epoch", default));
        Assert.Null(await Store.GetPropertyAsync("name", default));
    }

    // ---- processes

    [Fact]
    public async Task One_store_at_a_time_holds_the_sync_lock()
    {
        var other = await AnotherAsync();
        var held = Store.TryTakeSyncLock();
        Assert.NotNull(held);
        Assert.Null(other.TryTakeSyncLock());
        Assert.Null(Store.TryTakeSyncLock());
        await held.DisposeAsync();
        await held.DisposeAsync();
        Assert.NotNull(other.TryTakeSyncLock());
        Assert.Null(Store.TryTakeSyncLock());
        await other.DisposeAsync();
        Assert.NotNull(Store.TryTakeSyncLock());
    }

    [Fact]
    public async Task A_signal_is_kept_for_the_next_wait_and_coalesces()
    {
        Store.Signal();
        Store.Signal();
        await Store.WaitForSignalAsync(TestContext.Current.CancellationToken);
        var second = Store.WaitForSignalAsync(TestContext.Current.CancellationToken);
        Assert.False(second.IsCompleted);
        Store.Signal();
        await second;
    }

    [Fact]
    public async Task A_cancelled_wait_does_not_take_a_signal_with_it()
    {
        using var cancel = new CancellationTokenSource();
        var wait = Store.WaitForSignalAsync(cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
        Store.Signal();
        await Store.WaitForSignalAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_signal_wakes_the_other_process()
    {
        var other = await AnotherAsync();
        var wait = other.WaitForSignalAsync(TestContext.Current.CancellationToken);
        Assert.False(wait.IsCompleted);
        Store.Signal();
        await wait;
    }

    [Fact]
    public async Task Without_a_signal_the_wait_ends_with_the_safety_poll()
    {
        var wait = Store.WaitForSignalAsync(TestContext.Current.CancellationToken);
        Time.Advance(Limits.SignalPoll);
        await wait;
    }

    [Fact]
    public async Task A_disposed_store_says_so()
    {
        var other = await AnotherAsync();
        await other.DisposeAsync();
        await other.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await other.GetAsync("a", default));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await other.PutAsync("a", "1"));
        Assert.Throws<ObjectDisposedException>(() => other.TryTakeSyncLock());
    }
}
