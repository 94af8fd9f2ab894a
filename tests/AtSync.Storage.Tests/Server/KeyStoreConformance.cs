using System.Text;
using AtSync.Protocol;
using AtSync.Storage.Server;

namespace AtSync.Storage.Tests.Server;

/// <summary>What every engine does with the records of one atSign.</summary>
public abstract class KeyStoreConformance : EngineConformance
{
    [Fact]
    public async Task Commit_ids_begin_at_0_and_a_record_comes_back_whole()
    {
        var (engine, store) = await OpenWithAliceAsync();
        await using var _ = engine;
        var record = new StoredRecord
        {
            Key = "@bob:phone.wavi@alice",
            Value = "väl\0ue"u8.ToArray(),
            Metadata = "\"isEncrypted\":\"true\""u8.ToArray(),
            Times = new RecordTimes(3, 10, 20, 30, 40, 50),
            OpTimeMs = 19,
            Op = CommitOp.UpdateMeta,
        };
        Assert.Equal(0, await store.ApplyOneAsync(Change.Put("first", "1")));
        Assert.Equal(1, await store.ApplyOneAsync(Change.Put(record)));
        var read = await store.GetAsync(record.Key, None);
        Assert.NotNull(read);
        Assert.Equal(record.Value.ToArray(), read.Value.ToArray());
        Assert.Equal(record.Metadata.ToArray(), read.Metadata.ToArray());
        Assert.Equal((record.Times, 19, 1, CommitOp.UpdateMeta, true), (read.Times, read.OpTimeMs, read.CommitId, read.Op, read.HasValue));
        var entry = (await store.LogAsync())[1];
        Assert.Equal(new LogEntry(1, record.Key, CommitOp.UpdateMeta, "väl\0ue", true, "\"isEncrypted\":\"true\"", 19, record.Times), entry);
    }

    [Fact]
    public async Task A_record_without_a_value_is_told_from_one_with_an_empty_value()
    {
        var (engine, store) = await OpenWithAliceAsync();
        await using var _ = engine;
        await store.ApplyAsync(Change.Put("empty", ""), Change.Put(Change.Record("none", "ignored") with { HasValue = false }));
        Assert.True((await store.GetAsync("empty", None))!.HasValue);
        Assert.False((await store.GetAsync("none", None))!.HasValue);
        Assert.Equal([true, false], (await store.LogAsync()).ConvertAll(entry => entry.HasValue));
        Assert.Equal(9, store.ByteCount);
        Assert.Empty(await engine.CheckAsync(None));
    }

    [Fact]
    public async Task The_log_holds_only_the_latest_commit_of_a_key()
    {
        var (engine, store) = await OpenWithAliceAsync();
        await using var _ = engine;
        await store.ApplyAsync(Change.Put("a", "1"), Change.Put("b", "2"), Change.Put("a", "3"));
        Assert.Equal([(1L, "b"), (2L, "a")], (await store.LogAsync()).ConvertAll(entry => (entry.CommitId, entry.Key)));
        Assert.Equal((2, 2, 4), (store.LastCommitId, store.RecordCount, store.ByteCount));
    }

    [Fact]
    public async Task A_logged_deletion_leaves_a_tombstone_even_of_an_absent_key()
    {
        var (engine, store) = await OpenWithAliceAsync();
        await using var _ = engine;
        await store.ApplyAsync(Change.Put("a", "1", metadata: "\"m\":\"1\""), Change.Delete("a", opTimeMs: 77), Change.Delete("b"));
        Assert.Null(await store.GetAsync("a", None));
        Assert.Empty(await store.KeysAsync());
        var log = await store.LogAsync();
        Assert.Equal(new LogEntry(1, "a", CommitOp.Delete, "", false, "", 77, default), log[0]);
        Assert.Equal((2L, "b", CommitOp.Delete), (log[1].CommitId, log[1].Key, log[1].Op));
        Assert.Equal((2, 0, 0), (store.LastCommitId, store.RecordCount, store.ByteCount));
        Assert.Equal(3, await store.ApplyOneAsync(Change.Put("a", "again")));
        Assert.Equal([2L, 3L], (await store.LogAsync()).ConvertAll(entry => entry.CommitId));
    }

    [Fact]
    public async Task What_is_not_logged_is_kept_without_a_commit_and_leaves_the_log()
    {
        var (engine, store) = await OpenWithAliceAsync();
        await using var _ = engine;
        await store.ApplyAsync(Change.Put("a", "1"), Change.Put("d", "1"), Change.Delete("gone"));
        Assert.Equal(-1, await store.ApplyOneAsync(Change.Put("private:x", "1", logged: false)));
        Assert.Equal(-1, await store.ApplyOneAsync(Change.Put("a", "2", logged: false)));
        Assert.Equal(-1, await store.ApplyOneAsync(Change.Delete("d", logged: false)));
        Assert.Equal(-1, await store.ApplyOneAsync(Change.Delete("gone", logged: false)));
        Assert.Equal(-1, await store.ApplyOneAsync(Change.Delete("never", logged: false)));
        Assert.Empty(await store.LogAsync());
        Assert.Equal(["a", "private:x"], await store.KeysAsync());
        Assert.Equal(-1, (await store.GetAsync("a", None))!.CommitId);
        Assert.Equal(-1, await store.LastLoggedCommitIdAsync(None));
        Assert.Equal(2, store.LastCommitId);
        Assert.Equal(3, await store.ApplyOneAsync(Change.Put("private:x", "now logged")));
    }

    [Fact]
    public async Task A_refused_change_tells_the_current_commit_id_and_undoes_nothing_else()
    {
        var (engine, store) = await OpenWithAliceAsync();
        await using var _ = engine;
        await store.ApplyAsync(Change.Put("a", "1"), Change.Delete("dead"));
        var results = await store.ApplyAsync(
            Change.Put("b", "2"), Change.Refuse("a"), Change.Refuse("dead"), Change.Refuse("never"), Change.Put("c", "3"),
            new Change("a", (_, _) => ChangeDecision.Nothing));
        Assert.Equal([2L, 0, 1, -1, 3, 0], results.Select(result => result.CommitId));
        Assert.Equal([null, "AT0032", "AT0032", "AT0032", null, null], results.Select(result => result.Error?.Code));
        Assert.Equal(["a", "b", "c"], await store.KeysAsync());
    }

    [Fact]
    public async Task A_change_sees_what_earlier_changes_of_the_same_call_did()
    {
        var (engine, store) = await OpenWithAliceAsync();
        await using var _ = engine;
        var seen = new List<(string?, long)>();
        Change Look(string key) => new(key, (current, commitId) =>
        {
            seen.Add((current is null ? null : Encoding.UTF8.GetString(current.Value.Span), commitId));
            return ChangeDecision.Nothing;
        });
        await store.ApplyAsync(
            Look("a"), Change.Put("a", "1", expiresAtMs: 1), Look("a"), Change.Put("a", "2", logged: false), Look("a"), Change.Delete("a"), Look("a"));
        Assert.Equal([(null, -1L), ("1", 0), ("2", -1), (null, 1)], seen);
    }

    [Fact]
    public async Task Counts_follow_every_change()
    {
        var (engine, store) = await OpenWithAliceAsync();
        await using var _ = engine;
        await store.ApplyAsync(Change.Put("ké", "12345", metadata: "\"a\":\"b\""));
        Assert.Equal((1, 3 + 5 + 7), (store.RecordCount, store.ByteCount));
        await store.ApplyAsync(Change.Put("ké", "1"));
        Assert.Equal((1, 4), (store.RecordCount, store.ByteCount));
        await store.ApplyAsync(Change.Delete("ké"));
        Assert.Equal((0, 0), (store.RecordCount, store.ByteCount));
    }

    [Fact]
    public async Task A_scan_is_in_the_order_of_the_UTF8_keys()
    {
        var (engine, store) = await OpenWithAliceAsync();
        await using var _ = engine;
        string[] keys = ["b", "a", "ab", "a.b", "é", "\uffee", "\U0001F984", "\ud7ff", "a\uffee", "a\U0001F984", "a\u007f"];
        await store.ApplyAsync(Array.ConvertAll(keys, key => Change.Put(key, "v")));
        var expected = keys.OrderBy(key => Convert.ToHexString(Encoding.UTF8.GetBytes(key)), StringComparer.Ordinal).ToList();
        Assert.Equal(expected, await store.KeysAsync());
        Assert.Equal(expected.Where(key => key.StartsWith('a')), await store.KeysAsync("a"));
        Assert.Equal(["\U0001F984"], await store.KeysAsync("\U0001F984"));
        Assert.Equal(["a\u007f"], await store.KeysAsync("a\u007f"));
        Assert.Empty(await store.KeysAsync("zz"));
    }

    [Fact]
    public async Task A_scan_shows_times_and_commit_ids_and_stops_when_told()
    {
        var (engine, store) = await OpenWithAliceAsync();
        await using var _ = engine;
        await store.ApplyAsync(
            Change.Put(Change.Record("a", "1") with { Times = new RecordTimes(0, 1, 1, 5, 6, 7) }), Change.Put("b", "2", logged: false), Change.Put("c", "3"));
        var seen = new List<(long?, long?, long)>();
        await store.ScanAsync(
            "",
            (in KeyView key) =>
            {
                seen.Add((key.AvailableAtMs, key.ExpiresAtMs, key.CommitId));
                return seen.Count < 2;
            },
            None);
        Assert.Equal([(5L, 6L, 0L), (null, null, -1)], seen);
    }

    [Fact]
    public async Task The_log_is_read_from_any_position()
    {
        var (engine, store) = await OpenWithAliceAsync();
        await using var _ = engine;
        await store.ApplyAsync(Enumerable.Range(0, 10).Select(i => (StoreChange)Change.Put($"k{i}", "v")).ToArray());
        await store.ApplyAsync(Change.Delete("k3"), Change.Put("k5", "new"), Change.Delete("k8"));
        Assert.Equal([0L, 1, 2, 4, 6, 7, 9, 10, 11, 12], (await store.LogAsync()).ConvertAll(entry => entry.CommitId));
        Assert.Equal([6L, 7, 9, 10, 11, 12], (await store.LogAsync(after: 4)).ConvertAll(entry => entry.CommitId));
        Assert.Equal([6L, 7], (await store.LogAsync(after: 5, limit: 2)).ConvertAll(entry => entry.CommitId));
        Assert.Empty(await store.LogAsync(after: 12));
        Assert.Empty(await store.LogAsync(after: long.MaxValue));
        Assert.Equal(12, await store.LastLoggedCommitIdAsync(None));
    }

    [Fact]
    public async Task Old_deletions_are_skipped_but_the_newest_entry_of_the_log_is_always_shown()
    {
        var (engine, store) = await OpenWithAliceAsync();
        await using var _ = engine;
        await store.ApplyAsync(
            Change.Put("a", "0"), Change.Delete("x"), Change.Delete("y"), Change.Put("b", "3"), Change.Delete("z"), Change.Delete("last"));
        Assert.Equal([0L, 2, 3, 4, 5], (await store.LogAsync(skipDeletesUntil: 1)).ConvertAll(entry => entry.CommitId));
        Assert.Equal([0L, 3, 5], (await store.LogAsync(skipDeletesUntil: 4)).ConvertAll(entry => entry.CommitId));
        Assert.Equal([0L, 3, 5], (await store.LogAsync(skipDeletesUntil: 5)).ConvertAll(entry => entry.CommitId));
        Assert.Equal([0L, 3, 5], (await store.LogAsync(skipDeletesUntil: long.MaxValue)).ConvertAll(entry => entry.CommitId));
        Assert.Equal([5L], (await store.LogAsync(after: 3, skipDeletesUntil: 100)).ConvertAll(entry => entry.CommitId));
        Assert.Empty(await store.LogAsync(after: 5, skipDeletesUntil: 100));
        await store.ApplyAsync(Change.Put("c", "6"));
        Assert.Equal([0L, 3, 6], (await store.LogAsync(skipDeletesUntil: 100)).ConvertAll(entry => entry.CommitId));
    }

    [Fact]
    public async Task Expired_records_go_without_a_commit_soonest_first()
    {
        var (engine, store) = await OpenWithAliceAsync();
        await using var _ = engine;
        await store.ApplyAsync(
            Change.Put("late", "1", expiresAtMs: 300), Change.Put("never", "2"), Change.Put("soon", "3", expiresAtMs: 100),
            Change.Put("middle", "4", expiresAtMs: 200, logged: false), Change.Put("deleted", "5", expiresAtMs: 1), Change.Delete("deleted"));
        Assert.Empty(await store.RemoveExpiredAsync(99, 10, None));
        Assert.Equal("3", await store.ValueAsync("soon"));
        Assert.Equal(["soon"], await store.RemoveExpiredAsync(200, 1, None));
        Assert.Equal(["middle"], await store.RemoveExpiredAsync(200, 10, None));
        Assert.Empty(await store.RemoveExpiredAsync(1000, 0, None));
        Assert.Equal(["late", "never"], await store.KeysAsync());
        Assert.Equal([0L, 1, 4], (await store.LogAsync()).ConvertAll(entry => entry.CommitId));
        Assert.Equal((4, 2), (store.LastCommitId, store.RecordCount));
        Assert.Empty(await engine.CheckAsync(None));
    }

    [Fact]
    public async Task Commit_ids_do_not_go_back_when_everything_is_gone()
    {
        var (engine, store) = await OpenWithAliceAsync();
        await using var _ = engine;
        await store.ApplyAsync(Change.Put("a", "1"), Change.Put("b", "2", expiresAtMs: 1));
        await store.ApplyAsync(Change.Delete("a", logged: false));
        await store.RemoveExpiredAsync(10, 10, None);
        Assert.Equal(-1, await store.LastLoggedCommitIdAsync(None));
        Assert.Equal(1, store.LastCommitId);
        Assert.Equal(2, await store.ApplyOneAsync(Change.Put("a", "3")));
    }

    [Fact]
    public async Task Large_values_come_back_whole()
    {
        var (engine, store) = await OpenWithAliceAsync();
        await using var _ = engine;
        var value = new byte[5 * 1024 * 1024];
        new Random(1).NextBytes(value);
        await store.ApplyAsync(Change.Put(Change.Record("big", "") with { Value = value }), Change.Put(new string('k', 400), "long key"));
        Assert.Equal(value, (await store.GetAsync("big", None))!.Value.ToArray());
        Assert.Equal("long key", await store.ValueAsync(new string('k', 400)));
        Assert.Equal(value.Length + 3 + 400 + 8, store.ByteCount);
    }

    [Fact]
    public async Task Concurrent_calls_each_get_consecutive_ids_and_none_twice()
    {
        var (engine, store) = await OpenWithAliceAsync();
        await using var _ = engine;
        var calls = await Task.WhenAll(Enumerable.Range(0, 40).Select(caller => Task.Run(async () =>
        {
            var ids = new List<long>();
            for (var i = 0; i < 10; i++)
            {
                var results = await store.ApplyAsync(Change.Put($"c{caller}.{i}", "1"), Change.Put($"c{caller}", "2"), Change.Put("shared", $"{caller}"));
                Assert.Equal(results[0].CommitId + 1, results[1].CommitId);
                Assert.Equal(results[0].CommitId + 2, results[2].CommitId);
                Assert.True(store.LastCommitId >= results[2].CommitId);
                ids.AddRange(results.Select(result => result.CommitId));
            }

            Assert.Equal(ids.Order(), ids);
            return ids;
        })));
        Assert.Equal(Enumerable.Range(0, 1200).Select(id => (long)id), calls.SelectMany(ids => ids).Order());
        Assert.Equal(40 * 10 + 40 + 1, store.RecordCount);
        Assert.Equal(store.RecordCount, (await store.LogAsync()).Count);
        Assert.Empty(await engine.CheckAsync(None));
    }

    [Fact]
    public async Task Changes_are_applied_in_the_order_of_the_calls()
    {
        var (engine, store) = await OpenWithAliceAsync();
        await using var _ = engine;
        var calls = Enumerable.Range(0, 3000).Select(i => store.ApplyAsync(Change.Put("k", $"{i}")).AsTask()).ToArray();
        var results = await Task.WhenAll(calls);
        Assert.Equal(Enumerable.Range(0, 3000).Select(i => (long)i), results.Select(result => result[0].CommitId));
        Assert.Equal("2999", await store.ValueAsync("k"));
    }

    [Fact]
    public async Task A_cancelled_call_changes_nothing()
    {
        var (engine, store) = await OpenWithAliceAsync();
        await using var _ = engine;
        var cancelled = new CancellationToken(canceled: true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await store.ApplyAsync([Change.Put("a", "1")], cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await store.GetAsync("a", cancelled));
        Assert.Equal((-1, 0), (store.LastCommitId, store.RecordCount));
        Assert.Equal(0, await store.ApplyOneAsync(Change.Put("a", "1")));
    }

    [Fact]
    public async Task A_call_without_changes_is_answered()
    {
        var (engine, store) = await OpenWithAliceAsync();
        await using var _ = engine;
        Assert.Empty(await store.ApplyAsync([], None));
    }
}
