using AtSync.Protocol;
using AtSync.Storage.Local;
using static AtSync.Storage.Tests.Local.LocalFixtures;

namespace AtSync.Storage.Tests.Local;

public abstract partial class LocalStoreConformance
{
    // ---- pages

    [Fact]
    public async Task A_page_and_its_cursor_become_visible_together()
    {
        Assert.Null(await Store.GetCursorAsync(CursorNames.Main, default));
        var outcome = await Store.PullAsync(Entry("a", 1, "1"), Entry("b", 2, "2"), Gone("c", 3));
        Assert.Equal([new("a", CommitOp.UpdateAll, 1), new AppliedChange("b", CommitOp.UpdateAll, 2)], outcome.Applied);
        Assert.Equal(3, await Store.GetCursorAsync(CursorNames.Main, default));
        var record = (await Store.GetAsync("b", default))!;
        Assert.Equal((2, 2000, false), (record.CommitId, record.UpdatedAtMs, record.IsPending));
        await AssertSoundAsync();
    }

    [Fact]
    public async Task A_page_applied_again_changes_nothing_and_no_cursor_goes_back()
    {
        PulledEntry[] page = [Entry("a", 0, "1"), Entry("b", 2, "2")];
        await Store.PullAsync(page);
        await Store.PullAsync(Entry("a", 3, "3"), Gone("b", 4));
        var again = await Store.PullAsync(page[0]);
        Assert.Empty(again.Applied);
        Assert.Equal("3", await Store.ValueAsync("a"));
        Assert.Equal(4, await Store.GetCursorAsync(CursorNames.Main, default));
        await AssertSoundAsync();
    }

    [Fact]
    public async Task Commit_zero_is_a_commit_like_any_other()
    {
        await Store.PullAsync(Entry("a", 0, "1"));
        Assert.Empty((await Store.PullAsync(Entry("a", 0, "1"))).Applied);
        var seq = await Store.PutAsync("b", "1");
        await Store.SettleAsync(Accepted(seq, "b", 0));
        Assert.Equal(1, (await Store.PullAsync(Entry("b", 0, "1"))).Echoes);
    }

    [Fact]
    public async Task Remote_updates_and_deletions_replace_settled_records()
    {
        await Store.PullAsync(Entry("a", 1, "1"), Entry("b", 2, "22"));
        var outcome = await Store.PullAsync(Entry("a", 3, "333"), Gone("b", 4), Gone("none", 5));
        Assert.Equal([new("a", CommitOp.UpdateAll, 3), new AppliedChange("b", CommitOp.Delete, 4)], outcome.Applied);
        Assert.Equal(["a"], await Store.KeysAsync());
        Assert.Equal(1 + 3 + 2, (await Store.CountAsync(default)).Bytes);
        await AssertSoundAsync();
    }

    [Fact]
    public async Task An_entry_without_a_value_leaves_a_record_without_a_value()
    {
        await Store.PullAsync(Entry("a", 1, "") with { HasValue = false, Op = CommitOp.UpdateMeta }, Entry("b", 2, ""));
        Assert.False((await Store.GetAsync("a", default))!.HasValue);
        Assert.True((await Store.GetAsync("b", default))!.HasValue);
    }

    [Fact]
    public async Task Only_pending_keys_are_put_to_the_reconciler()
    {
        await Store.PullAsync(Entry("a", 1, "1"), Entry("b", 2, "2"));
        await Store.PutAsync("a", "mine", 50);
        await Store.DeleteAsync("b");
        var decider = Decider.Always(EntryDecisionKind.KeepLocal);
        await Store.PullAsync(decider, Entry("a", 3, "theirs"), Entry("b", 4, "theirs"), Entry("c", 5, "new"));
        Assert.Equal(2, decider.Asked.Count);
        var (remote, local, pending) = decider.Asked[0];
        Assert.Equal(("theirs", "mine", 1, 50, CommitOp.UpdateAll), (Text(remote.Value), Text(local!.Value), pending.BaseCommitId, pending.EditTimeMs, pending.Op));
        Assert.Null(decider.Asked[1].Local);
        Assert.Equal((CommitOp.Delete, 2), (decider.Asked[1].Pending.Op, decider.Asked[1].Pending.BaseCommitId));
    }

    [Fact]
    public async Task Take_remote_ends_the_pending_edit()
    {
        await Store.WriteAsync([Put("a", "mine"), Put("b", "mine"), Delete("c"), Delete("d"), Put("e", "same")], default);
        var outcome = await Store.PullAsync(
            Decider.Always(EntryDecisionKind.TakeRemote), Entry("a", 1, "theirs"), Gone("b", 2), Entry("c", 3, "theirs"), Gone("d", 4), Entry("e", 5, "same"));
        Assert.Equal(["a", "b", "c"], outcome.Applied.Select(c => c.Key));
        Assert.Empty(await Store.OutboxAsync());
        Assert.Equal(["a", "c", "e"], await Store.KeysAsync());
        Assert.Equal(3, (await Store.GetAsync("c", default))!.CommitId);
        await AssertSoundAsync();
    }

    [Fact]
    public async Task Keep_local_bases_the_edit_on_the_remote_commit_and_is_due_at_once()
    {
        var seq = await Store.PutAsync("a", "mine");
        await Store.SettleAsync(new PushOutcome(seq, "a", PushOutcomeKind.Retry, 0, new AtError("AT0023", "slow"), 100_000));
        Assert.Empty((await Store.PullAsync(Decider.Always(EntryDecisionKind.KeepLocal), Entry("a", 7, "theirs"))).Applied);
        var item = Assert.Single(await Store.OutboxAsync());
        Assert.Equal((7, "mine"), (item.BaseCommitId, Text(item.Record!.Value)));
        await AssertSoundAsync();
    }

    [Fact]
    public async Task An_acknowledgement_from_below_a_kept_entry_does_not_end_the_edit()
    {
        // Pushed and committed as 5; another device committed 6; the page with 6 comes before the acknowledgement of 5.
        var seq = await Store.PutAsync("a", "mine");
        await Store.PullAsync(Decider.Always(EntryDecisionKind.KeepLocal), Entry("a", 6, "theirs"));
        await Store.SettleAsync([Accepted(seq, "a", 5)], new CursorMove(6, 9), default);
        var item = Assert.Single(await Store.OutboxAsync());
        Assert.Equal((6, true), (item.BaseCommitId, item.Seq > seq));
    }

    [Fact]
    public async Task An_own_echo_ends_the_pending_edit_without_a_change()
    {
        var seq = await Store.PutAsync("a", "mine");
        await Store.DeleteAsync("b");
        var outcome = await Store.PullAsync(Decider.Always(EntryDecisionKind.OwnEcho), Entry("a", 7, "mine"), Gone("b", 8));
        Assert.Equal((0, 2), (outcome.Applied.Count, outcome.Echoes));
        Assert.Empty(await Store.OutboxAsync());
        Assert.Equal((7, false), ((await Store.GetAsync("a", default))!.CommitId, (await Store.GetAsync("a", default))!.IsPending));
        await Store.SettleAsync(Accepted(seq, "a", 7));
        await AssertSoundAsync();
    }

    [Fact]
    public async Task A_merge_is_a_pending_edit_based_on_the_remote_commit()
    {
        await Store.PutAsync("a", "mine");
        var decider = new Decider((_, _, _) => new EntryDecision(
            EntryDecisionKind.Merge, new ConflictDraft(ConflictKind.Merged, "merge"), Put("a", "both", 60) with { IsPushed = false }));
        var outcome = await Store.PullAsync(decider, Entry("a", 7, "theirs"));
        Assert.Equal([new AppliedChange("a", CommitOp.UpdateAll, 7)], outcome.Applied);
        var item = Assert.Single(await Store.OutboxAsync());
        Assert.Equal((7, "both", 60), (item.BaseCommitId, Text(item.Record!.Value), item.EditTimeMs));
        await AssertSoundAsync();
    }

    [Fact]
    public async Task A_reconciler_that_fails_leaves_the_page_unapplied()
    {
        await Store.PutAsync("b", "mine");
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await Store.PullAsync(Entry("a", 1, "1"), Entry("b", 2, "2")));
        Assert.Equal(["b"], await Store.KeysAsync());
        Assert.Null(await Store.GetCursorAsync(CursorNames.Main, default));
        await AssertSoundAsync();
    }

    // ---- acknowledgements

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public async Task Accepted_rows_leave_the_outbox_and_their_echo_is_known(int count)
    {
        var keys = Enumerable.Range(0, count).Select(i => $"k{i}").ToList();
        var seqs = await Store.WriteAsync([.. keys.Select(k => Put(k, k))], default);
        await Store.SettleAsync([.. keys.Select((k, i) => Accepted(seqs[i], k, 100 + i))]);
        Assert.Empty(await Store.OutboxAsync());
        Assert.Equal(100 + count - 1, (await Store.GetAsync(keys[^1], default))!.CommitId);
        Assert.False((await Store.GetAsync(keys[^1], default))!.IsPending);
        var echo = await Store.PullAsync([.. keys.Select((k, i) => Entry(k, 100 + i, k))]);
        Assert.Equal((0, count), (echo.Applied.Count, echo.Echoes));
        await AssertSoundAsync();

        await Store.PutAsync(keys[0], "again");
        Assert.Equal(100, Assert.Single(await Store.OutboxAsync()).BaseCommitId);
        Assert.Equal(keys[^1..].Where(k => k != keys[0]), (await Store.PullAsync(
            Decider.Always(EntryDecisionKind.KeepLocal), Entry(keys[^1], 200, "theirs"))).Applied.Select(c => c.Key));
        await AssertSoundAsync();
    }

    [Fact]
    public async Task Many_ranges_are_folded_into_their_records()
    {
        var commit = 100L;
        for (var round = 0; round < 12; round++)
        {
            var seqs = await Store.WriteAsync([Put($"a{round}", "1"), Put($"b{round}", "1")], default);
            await Store.PutAsync("pending", $"{round}");
            await Store.SettleAsync(Accepted(seqs[0], $"a{round}", commit), Accepted(seqs[1], $"b{round}", commit + 1));
            Assert.Equal(commit + 1, (await Store.GetAsync($"b{round}", default))!.CommitId);
            commit += 10;
        }

        Assert.Equal(101, (await Store.GetAsync("b0", default))!.CommitId);
        Assert.Equal("pending", Assert.Single(await Store.OutboxAsync()).Key);
        Assert.Equal(1, (await Store.PullAsync(Entry("b11", commit - 9, "1"))).Echoes);
        await AssertSoundAsync();
    }

    [Fact]
    public async Task A_row_written_again_meanwhile_stays_and_builds_on_the_accepted_commit()
    {
        var seqs = await Store.WriteAsync([Put("a", "1"), Put("b", "1"), Put("c", "1")], default);
        var newer = await Store.PutAsync("b", "2");
        await Store.SettleAsync([.. "abc".Select((k, i) => Accepted(seqs[i], $"{k}", 10 + i))]);
        var item = Assert.Single(await Store.OutboxAsync());
        Assert.Equal((newer, 11, "2"), (item.Seq, item.BaseCommitId, Text(item.Record!.Value)));
        Assert.Equal(3, (await Store.PullAsync(Entry("a", 10, "1"), Entry("b", 11, "1"), Entry("c", 12, "1"))).Echoes);
        Assert.Equal("2", await Store.ValueAsync("b"));
        await AssertSoundAsync();
    }

    [Fact]
    public async Task An_accepted_deletion_is_not_undone_by_an_older_entry()
    {
        await Store.PullAsync(Entry("a", 5, "1"));
        var seqs = await Store.WriteAsync([Delete("a"), Delete("b")], default);
        await Store.SettleAsync(Accepted(seqs[0], "a", 9), Accepted(seqs[1], "b", 10));
        Assert.Empty((await Store.PullAsync(Entry("a", 7, "between"))).Applied);
        Assert.Empty(await Store.KeysAsync());
        Assert.Equal(2, (await Store.PullAsync(Gone("a", 9), Gone("b", 10))).Echoes);
        Assert.Single((await Store.PullAsync(Entry("a", 11, "again"))).Applied);
        await AssertSoundAsync();
    }

    [Fact]
    public async Task Accepted_without_a_commit_just_leaves_the_outbox()
    {
        var seqs = await Store.WriteAsync([Put("private:a@alice", "1"), Put("x", "1"), Delete("y")], default);
        await Store.SettleAsync(Accepted(seqs[0], "private:a@alice", -1), Accepted(seqs[1], "x", -1), Accepted(seqs[2], "y", -1));
        Assert.Empty(await Store.OutboxAsync());
        Assert.Equal(0, (await Store.GetAsync("x", default))!.CommitId);
        await AssertSoundAsync();
    }

    [Fact]
    public async Task A_refused_row_waits_or_dies_alone_and_can_be_retried()
    {
        var seqs = await Store.WriteAsync([Put("a", "1"), Put("b", "1"), Put("c", "1"), Put("d", "1")], default);
        await Store.SettleAsync(
            Accepted(seqs[0], "a", 1),
            new PushOutcome(seqs[1], "b", PushOutcomeKind.Retry, 0, new AtError("AT0023", "slow"), 500),
            new PushOutcome(seqs[2], "c", PushOutcomeKind.Dead, 0, new AtError("AT0009", "no"), 0));
        Assert.Equal(["d"], (await Store.ReadOutboxAsync(0, 499, 9, 99, default)).Select(i => i.Key));
        Assert.Equal(["b", "d"], (await Store.ReadOutboxAsync(0, 500, 9, 99, default)).Select(i => i.Key));
        Assert.Equal((2, 1), ((await Store.CountAsync(default)).Pending, (await Store.CountAsync(default)).Dead));
        var refused = await Store.ListRefusedAsync(9, default);
        Assert.Equal([("b", false, 1, "AT0023"), ("c", true, 1, "AT0009")], refused.Select(i => (i.Key, i.IsDead, i.Attempts, i.LastError!.Code)));
        Assert.Equal("1", Text(refused[1].Record!.Value));
        Assert.True((await Store.GetAsync("c", default))!.IsPending);
        Assert.Equal(0, await Store.RetryRefusedAsync("d", default));
        Assert.Equal(1, await Store.RetryRefusedAsync("c", default));
        Assert.Equal(1, await Store.RetryRefusedAsync(null, default));
        Assert.Equal(["b", "c", "d"], (await Store.ReadOutboxAsync(0, 0, 9, 99, default)).Select(i => i.Key));
        await AssertSoundAsync();
    }

    [Fact]
    public async Task A_new_write_of_a_dead_key_is_due_again()
    {
        var seq = await Store.PutAsync("a", "1");
        await Store.SettleAsync(new PushOutcome(seq, "a", PushOutcomeKind.Dead, 0, new AtError("AT0009", "no"), 0));
        await Store.PutAsync("a", "2");
        Assert.False(Assert.Single(await Store.OutboxAsync()).IsDead);
        Assert.Equal(0, (await Store.CountAsync(default)).Dead);
        await AssertSoundAsync();
    }

    [Fact]
    public async Task The_cursor_jumps_only_from_where_it_was_expected_and_never_over_a_commit_that_is_not_here()
    {
        await Store.PullAsync(Entry("x", 9, "1"));
        var seqs = await Store.WriteAsync([Put("a", "1"), Put("b", "1"), Put("c", "1")], default);
        await Store.SettleAsync([Accepted(seqs[0], "a", 10)], new CursorMove(8, 10), default);
        Assert.Equal(9, await Store.GetCursorAsync(CursorNames.Main, default));
        await Store.SettleAsync([Accepted(seqs[1], "b", 11)], new CursorMove(9, 11), default);
        Assert.Equal(11, await Store.GetCursorAsync(CursorNames.Main, default));

        // c was replaced by a remote version of another scope while its push was on the way.
        await Store.ApplyPageAsync(
            new PulledPage { CursorName = "widening", NewCursor = 5, Entries = [Entry("c", 5, "theirs")], ReceivedAtMs = 0 },
            Decider.Always(EntryDecisionKind.TakeRemote), default);
        await Store.SettleAsync([Accepted(seqs[2], "c", 12)], new CursorMove(11, 12), default);
        Assert.Equal(11, await Store.GetCursorAsync(CursorNames.Main, default));
        Assert.Single((await Store.PullAsync(Entry("c", 12, "1"))).Applied);
    }

    [Fact]
    public async Task A_page_asked_for_early_does_not_bring_back_what_was_deleted_since()
    {
        // The page holds this device's own put; its deletion was pushed, acknowledged and passed by the cursor before the page came.
        var put = await Store.PutAsync("a", "1");
        var early = Entry("a", 0, "1");
        await Store.SettleAsync([Accepted(put, "a", 0)], new CursorMove(-1, 0), default);
        var deleted = await Store.DeleteAsync("a");
        await Store.SettleAsync([Accepted(deleted, "a", 1)], new CursorMove(0, 1), default);
        Assert.Empty((await Store.PullAsync(early)).Applied);
        Assert.Empty(await Store.KeysAsync());
    }

    [Fact]
    public async Task What_was_set_aside_of_a_key_is_over_once_a_push_of_it_is_accepted()
    {
        await Store.PullAsync(Bad("a", 1), Entry("b", 2, "2"));
        var put = await Store.PutAsync("a", "mine");
        await Store.SettleAsync([Accepted(put, "a", 3)], new CursorMove(2, 3), default);
        var deleted = await Store.DeleteAsync("a");
        await Store.SettleAsync([Accepted(deleted, "a", 4)], new CursorMove(3, 4), default);

        Assert.Empty(await Store.ListQuarantineAsync(9, default));
        Assert.Empty((await Store.PullAsync(Entry("a", 1, "repaired"))).Applied);
        await AssertSoundAsync();
    }

    [Fact]
    public async Task A_wait_that_ends_years_from_now_was_set_by_a_wrong_clock_and_is_over()
    {
        const long now = 1_000_000_000_000;
        const long hour = 3_600_000;
        var seqs = await Store.WriteAsync([Put("near", "1"), Put("far", "1")], default);
        await Store.SettleAsync(
            new PushOutcome(seqs[0], "near", PushOutcomeKind.Retry, 0, new AtError("AT0023", "slow"), now + hour),
            new PushOutcome(seqs[1], "far", PushOutcomeKind.Retry, 0, new AtError("AT0023", "slow"), now + hour + 1));

        Assert.Equal(["far"], (await Store.ReadOutboxAsync(0, now, 9, 99, default)).Select(item => item.Key));
    }

    [Fact]
    public async Task An_entry_from_quarantine_is_applied_although_the_cursor_has_passed_it()
    {
        await Store.PullAsync(Bad("a", 1), Entry("b", 2, "2"));
        Assert.Single((await Store.PullAsync(Entry("a", 1, "repaired"))).Applied);
        Assert.Equal("repaired", await Store.ValueAsync("a"));
        Assert.Empty(await Store.ListQuarantineAsync(9, default));
        Assert.Equal(2, await Store.GetCursorAsync(CursorNames.Main, default));
    }

    [Fact]
    public async Task A_cursor_that_never_moved_can_jump_from_the_start()
    {
        var seq = await Store.PutAsync("a", "1");
        await Store.SettleAsync([Accepted(seq, "a", 0)], new CursorMove(-1, 0), default);
        Assert.Equal(0, await Store.GetCursorAsync(CursorNames.Main, default));
    }

    // ---- quarantine

    [Fact]
    public async Task A_bad_entry_is_set_aside_once_and_a_later_good_one_ends_it()
    {
        var outcome = await Store.PullAsync(Bad("a", 1), Entry("b", 2, "2"));
        Assert.Equal((1, 1), (outcome.Quarantined, outcome.Applied.Count));
        await Store.PullAsync(Bad("a", 1));
        var entry = Assert.Single(await Store.ListQuarantineAsync(9, default));
        Assert.Equal(("a", 1, "{raw}", "AT0016", 3000), (entry.Key, entry.CommitId, Text(entry.Raw), entry.Error.Code, entry.SeenAtMs));
        await Store.PullAsync(Bad("a", 3));
        Assert.Equal(3, Assert.Single(await Store.ListQuarantineAsync(9, default)).CommitId);
        await Store.PullAsync(Entry("a", 4, "good"));
        Assert.Empty(await Store.ListQuarantineAsync(9, default));
        await Store.PullAsync(Bad("a", 3));
        Assert.Equal(0, (await Store.CountAsync(default)).Quarantined);
        await AssertSoundAsync();
    }

    [Fact]
    public async Task A_full_quarantine_stops_the_page_and_keeps_the_cursor()
    {
        await Store.PullAsync(Bad("a", 1), Bad("b", 2), Bad("c", 3));
        Assert.Equal([5, 5, 0], (await Store.ListQuarantineAsync(9, default)).Select(q => q.Raw.Length));
        var failure = await Assert.ThrowsAsync<StoreException>(async () => await Store.PullAsync(Entry("x", 4, "1"), Bad("d", 5)));
        Assert.Equal(StoreFault.Full, failure.Fault);
        Assert.Equal(3, await Store.GetCursorAsync(CursorNames.Main, default));
        Assert.Empty(await Store.KeysAsync());
        Assert.True(await Store.RemoveQuarantineAsync((await Store.ListQuarantineAsync(1, default))[0].Id, default));
        Assert.False(await Store.RemoveQuarantineAsync(12345, default));
        Assert.Equal(1, (await Store.PullAsync(Entry("x", 4, "1"), Bad("d", 5))).Quarantined);
        await AssertSoundAsync();
    }

    // ---- conflict inbox

    [Fact]
    public async Task A_conflict_keeps_both_versions_until_it_is_decided()
    {
        await Store.PullAsync(Entry("a", 1, "base"));
        await Store.PutAsync("a", "mine", 50);
        var outcome = await Store.PullAsync(Decider.Always(EntryDecisionKind.TakeRemote, ConflictKind.LocalLost), Entry("a", 2, "theirs"));
        Assert.Equal(1, outcome.Conflicts);
        var conflict = Assert.Single(await Store.ListConflictsAsync(long.MaxValue, 9, default));
        Assert.Equal(("a", ConflictKind.LocalLost, "test", 3000), (conflict.Key, conflict.Kind, conflict.Policy, conflict.DetectedAtMs));
        Assert.Equal(("mine", "{}", 1, 50), (Text(conflict.Local.Value), Text(conflict.Local.Metadata), conflict.Local.CommitId, conflict.Local.UpdatedAtMs!.Value));
        Assert.Equal(("theirs", 2, 2000), (Text(conflict.Remote.Value), conflict.Remote.CommitId, conflict.Remote.UpdatedAtMs!.Value));

        Assert.False(await Store.ResolveConflictAsync(conflict.Id + 1, [Put("a", "lost")], default));
        Assert.Equal("theirs", await Store.ValueAsync("a"));
        Assert.Equal("mine", Text((await Store.GetConflictAsync(conflict.Id, default))!.Local.Value));
        Assert.True(await Store.ResolveConflictAsync(conflict.Id, [Put("a", "mine")], default));
        Assert.Null(await Store.GetConflictAsync(conflict.Id, default));
        Assert.Equal(2, Assert.Single(await Store.OutboxAsync()).BaseCommitId);
        Assert.Equal(0, (await Store.CountAsync(default)).Conflicts);
        await AssertSoundAsync();
    }

    [Fact]
    public async Task Deletions_in_conflict_are_told_from_empty_values()
    {
        await Store.WriteAsync([Delete("a"), Put("b", "")], default);
        await Store.PullAsync(Decider.Always(EntryDecisionKind.KeepLocal, ConflictKind.RemoteLost), Entry("a", 2, "theirs"), Gone("b", 3));
        var conflicts = await Store.ListConflictsAsync(long.MaxValue, 9, default);
        Assert.Equal(["b", "a"], conflicts.Select(c => c.Key));
        Assert.Equal([CommitOp.UpdateAll, CommitOp.Delete], conflicts.Select(c => c.Local.Op));
        Assert.Equal([CommitOp.Delete, CommitOp.UpdateAll], conflicts.Select(c => c.Remote.Op));
        Assert.Null(conflicts[0].Remote.UpdatedAtMs);
        Assert.Equal(["a"], (await Store.ListConflictsAsync(conflicts[0].Id, 9, default)).Select(c => c.Key));
    }

    [Fact]
    public async Task Real_conflicts_are_never_dropped_the_page_waits()
    {
        var decider = Decider.Always(EntryDecisionKind.TakeRemote, ConflictKind.LocalLost);
        await Store.WriteAsync([.. "abcd".Select(c => Put($"{c}", "mine"))], default);
        await Store.PullAsync(decider, Entry("a", 1, "1"), Entry("b", 2, "1"), Entry("c", 3, "1"));
        Assert.Equal(StoreFault.Full, (await Assert.ThrowsAsync<StoreException>(async () => await Store.PullAsync(decider, Entry("d", 4, "1")))).Fault);
        Assert.Equal("mine", await Store.ValueAsync("d"));
        await Store.ResolveConflictAsync((await Store.ListConflictsAsync(long.MaxValue, 1, default))[0].Id, [], default);
        Assert.Equal(1, (await Store.PullAsync(decider, Entry("d", 4, "1"))).Conflicts);
        await AssertSoundAsync();
    }

    [Fact]
    public async Task A_replaced_own_version_is_kept_when_asked_for_and_the_oldest_make_room()
    {
        var seqs = await Store.WriteAsync([Put("a", "mine-a"), Put("b", "mine-b"), Put("c", "mine-c")], default);
        await Store.SettleAsync(Accepted(seqs[0], "a", 1), Accepted(seqs[1], "b", 2), Accepted(seqs[2], "c", 3));
        await Store.PullAsync(Decider.Keeping, Entry("other", 4, "1"));
        Assert.Equal(0, (await Store.PullAsync(Decider.Keeping, Entry("other", 5, "2"))).Conflicts);
        Assert.Equal(3, (await Store.PullAsync(Decider.Keeping, Entry("a", 6, "x"), Gone("b", 7), Entry("c", 8, "x"))).Conflicts);
        var kept = await Store.ListConflictsAsync(long.MaxValue, 9, default);
        Assert.Equal([("c", "mine-c", 3), ("b", "mine-b", 2)], kept.Select(c => (c.Key, Text(c.Local.Value), c.Local.CommitId)));
        Assert.All(kept, c => Assert.Equal(ConflictKind.Replaced, c.Kind));
        Assert.Equal(0, (await Store.PullAsync(Decider.Keeping, Entry("a", 9, "y"))).Conflicts);
        await AssertSoundAsync();
    }

    // ---- resync

    [Fact]
    public async Task A_resync_keeps_outbox_and_inbox_forgets_bases_and_removes_what_the_remote_lost()
    {
        await Store.PullAsync(Entry("same", 10, "1"), Entry("changed", 11, "1"), Entry("lost", 12, "1"), Entry("edited", 13, "1"), Bad("bad", 14));
        var seqs = await Store.WriteAsync([Put("own1", "1"), Put("own2", "1")], default);
        await Store.SettleAsync(Accepted(seqs[0], "own1", 15), Accepted(seqs[1], "own2", 16));
        await Store.WriteAsync([Put("local:x@alice", "1") with { IsPushed = false }, Put("edited", "mine"), Put("fresh", "1")], default);

        await Store.BeginResyncAsync([new("epoch", "e2")], default);
        Assert.Equal("e2", await Store.GetPropertyAsync("epoch", default));
        Assert.Null(await Store.GetCursorAsync(CursorNames.Main, default));
        Assert.All(await Store.OutboxAsync(), i => Assert.Equal(0, i.BaseCommitId));
        Assert.Equal(2, (await Store.OutboxAsync()).Count);
        Assert.Equal(0, (await Store.GetAsync("same", default))!.CommitId);

        var decider = Decider.Always(EntryDecisionKind.KeepLocal);
        var outcome = await Store.PullAsync(decider, Entry("same", 1, "1"), Entry("changed", 2, "2"), Entry("edited", 3, "1"), Entry("own1", 4, "1"));
        Assert.Equal(["changed"], outcome.Applied.Select(c => c.Key));
        Assert.Single(decider.Asked);
        Assert.Equal(["lost", "own2"], (await Store.EndResyncAsync(null, default)).Order());
        Assert.Equal(["changed", "edited", "fresh", "local:x@alice", "own1", "same"], await Store.KeysAsync());
        Assert.Equal(1, (await Store.GetAsync("same", default))!.CommitId);
        var kept = Assert.Single(await Store.ListConflictsAsync(long.MaxValue, 9, default));
        Assert.Equal(("own2", ConflictKind.Replaced, CommitOp.Delete), (kept.Key, kept.Kind, kept.Remote.Op));
        Assert.Empty(await Store.EndResyncAsync(null, default));
        await AssertSoundAsync();
    }
}
