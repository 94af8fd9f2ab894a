using System.Text;
using AtSync.Protocol;
using AtSync.Storage.Local;

namespace AtSync.Client.Tests;

/// <summary>The client offline, on both stores.</summary>
public class ClientTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_put_is_got(bool onDisk)
    {
        await using var test = await TestClient.OpenAsync(onDisk);
        await test.Client.PutAsync("note.app", "héllo \"🦄\"\nline");
        await test.Client.PutAsync("bytes.app", new byte[] { 0, 1, 255 });
        await test.Client.PutAsync("public:card.app", "for all");
        Assert.Equal("héllo \"🦄\"\nline", (await test.Client.GetAsync("note.app"))!.Text);
        Assert.Equal(new byte[] { 0, 1, 255 }, (await test.Client.GetAsync("bytes.app@alice"))!.Bytes.ToArray());
        Assert.Equal("for all", (await test.Client.GetAsync("public:card.app"))!.Text);
        Assert.Null(await test.Client.GetAsync("other.app"));
        Assert.Equal(["bytes.app@alice", "note.app@alice", "public:card.app@alice"], await test.KeysAsync());
        Assert.Equal(["note.app@alice"], await test.KeysAsync("^note"));
        Assert.Equal(3, (await test.Client.GetStatusAsync()).Pending);
        Assert.Empty(await test.Client.CheckAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task No_plaintext_reaches_the_store(bool onDisk)
    {
        await using var test = await TestClient.OpenAsync(onDisk);
        await test.Client.PutAsync("note.app", "the secret words");
        var record = await test.Store.GetAsync("note.app@alice", CancellationToken.None);
        Assert.DoesNotContain("secret", Encoding.UTF8.GetString(record!.Value.Span), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Deleting_tells_whether_it_was_there(bool onDisk)
    {
        await using var test = await TestClient.OpenAsync(onDisk);
        await test.Client.PutAsync("note.app", "x");
        Assert.True(await test.Client.DeleteAsync("note.app"));
        Assert.False(await test.Client.DeleteAsync("note.app"));
        Assert.False(await test.Client.DeleteAsync("never.app"));
        Assert.Null(await test.Client.GetAsync("note.app"));
        Assert.Equal(1, (await test.Client.GetStatusAsync()).Pending);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Writes_of_one_call_are_made_together_or_not_at_all(bool onDisk)
    {
        await using var test = await TestClient.OpenAsync(onDisk);
        var failure = await Assert.ThrowsAsync<AtException>(() => test.Client.WriteAsync(
            [new AtWrite("a.app", AtValue.OfText("1")), new AtWrite("public:b.app", AtValue.OfText(""))]));
        Assert.Equal(AtFault.InvalidArgument, failure.Fault);
        Assert.Empty(await test.KeysAsync());
        await test.Client.WriteAsync(
        [
            new AtWrite("a.app", AtValue.OfText("1")), new AtWrite("b.app", AtValue.OfText("2")), new AtWrite("a.app", null),
            new AtWrite("c.app", null), new AtWrite("b.app", AtValue.OfText("3")),
        ]);
        Assert.Equal(["b.app@alice"], await test.KeysAsync());
        Assert.Equal("3", (await test.Client.GetAsync("b.app"))!.Text);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Expired_and_unborn_records_are_hidden_and_make_no_deletion(bool onDisk)
    {
        await using var test = await TestClient.OpenAsync(onDisk);
        await test.Client.PutAsync("short.app", "x", new PutOptions { TimeToLive = TimeSpan.FromSeconds(10) });
        await test.Client.PutAsync("later.app", "y", new PutOptions { TimeToBirth = TimeSpan.FromSeconds(10) });
        Assert.Equal(["short.app@alice"], await test.KeysAsync());
        Assert.Null(await test.Client.GetAsync("later.app"));
        var value = await test.Client.GetAsync("short.app");
        Assert.Equal(10_000, value!.Metadata.Ttl);
        Assert.Equal(test.Clock.GetUtcNow().AddSeconds(10), value.Metadata.ExpiresAt);
        test.Clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(["later.app@alice"], await test.KeysAsync());
        Assert.Null(await test.Client.GetAsync("short.app"));
        Assert.Equal("y", (await test.Client.GetAsync("later.app"))!.Text);
        Assert.False(await test.Client.DeleteAsync("short.app"));
    }

    [Fact]
    public async Task A_later_put_keeps_the_life_time_and_zero_clears_it()
    {
        await using var test = await TestClient.OpenAsync();
        await test.Client.PutAsync("note.app", "1", new PutOptions { TimeToLive = TimeSpan.FromMinutes(1) });
        var expires = (await test.Client.GetAsync("note.app"))!.Metadata.ExpiresAt;
        test.Clock.Advance(TimeSpan.FromSeconds(30));
        await test.Client.PutAsync("note.app", "2");
        Assert.Equal(expires, (await test.Client.GetAsync("note.app"))!.Metadata.ExpiresAt);
        await test.Client.PutAsync("note.app", "3", new PutOptions { TimeToLive = TimeSpan.Zero });
        test.Clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal("3", (await test.Client.GetAsync("note.app"))!.Text);
    }

    [Fact]
    public async Task An_immutable_record_is_neither_changed_nor_deleted()
    {
        await using var test = await TestClient.OpenAsync();
        await test.Client.PutAsync("lock.app", "mine", new PutOptions { IsImmutable = true });
        Assert.Equal(AtErrorCodes.IllegalState, (await Assert.ThrowsAsync<AtException>(() => test.Client.PutAsync("lock.app", "yours"))).Code);
        Assert.Equal(AtFault.Refused, (await Assert.ThrowsAsync<AtException>(() => test.Client.DeleteAsync("lock.app"))).Fault);
        Assert.Equal("mine", (await test.Client.GetAsync("lock.app"))!.Text);
    }

    [Fact]
    public async Task A_record_of_an_unknown_scheme_is_refused_and_left_alone()
    {
        await using var test = await TestClient.OpenAsync();
        var metadata = $$"""{"isEncrypted":"true","appMetadata":"{{Convert.ToBase64String("{\"providerId\":\"pq1\"}"u8)}}"}""";
        await test.Store.WriteAsync(
            [new LocalChange { Key = "pq.app@alice", Op = CommitOp.UpdateAll, Value = "AAAA"u8.ToArray(), Metadata = Encoding.UTF8.GetBytes(metadata), EditTimeMs = 1 }],
            CancellationToken.None);
        var failure = await Assert.ThrowsAsync<AtException>(() => test.Client.GetAsync("pq.app"));
        Assert.Equal(AtFault.CannotOpen, failure.Fault);
        Assert.Contains("pq.app@alice", await test.KeysAsync());
        Assert.Equal(metadata, Encoding.UTF8.GetString((await test.Store.GetAsync("pq.app@alice", CancellationToken.None))!.Metadata.Span));
    }

    [Fact]
    public async Task Changes_are_told_after_they_are_durable()
    {
        await using var test = await TestClient.OpenAsync();
        await using var changes = test.Client.WatchAsync("^note").GetAsyncEnumerator();
        await test.Client.PutAsync("other.app", "x");
        await test.Client.PutAsync("note.app", "x");
        await test.Client.DeleteAsync("note.app");
        Assert.True(await changes.MoveNextAsync());
        Assert.Equal(("note.app@alice", false, false), (changes.Current.Key.Full, changes.Current.IsDeleted, changes.Current.IsRemote));
        Assert.True(await changes.MoveNextAsync());
        Assert.True(changes.Current.IsDeleted);
    }

    [Fact]
    public async Task A_reader_of_changes_that_falls_behind_is_ended_and_the_writer_is_not()
    {
        await using var test = await TestClient.OpenAsync(limits: new LocalStoreLimits { ChangesMax = 3 });
        await using var changes = test.Client.WatchAsync().GetAsyncEnumerator();
        for (var i = 0; i < 5; i++)
        {
            await test.Client.PutAsync($"note{i}.app", "x");
        }

        var failure = await Assert.ThrowsAsync<AtException>(async () =>
        {
            while (await changes.MoveNextAsync())
            {
            }
        });
        Assert.Equal(AtFault.FellBehind, failure.Fault);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_another_process_on_the_same_store_writes_and_pulls_is_told(bool onDisk)
    {
        await using var test = await TestClient.OpenAsync(onDisk);
        await using var changes = test.Client.WatchAsync("^(note|far)").GetAsyncEnumerator();
        var first = changes.MoveNextAsync();
        await test.Client.PutAsync("note0.app", "here");
        Assert.True(await first);
        await using var other = await test.OpenAnotherAsync();

        await other.WriteAsync(
            [new LocalChange { Key = "note1.app@alice", Op = CommitOp.UpdateAll, Value = "x"u8.ToArray(), Metadata = "{}"u8.ToArray(), EditTimeMs = 1 }], CancellationToken.None);
        await other.ApplyPageAsync(
            new PulledPage
            {
                CursorName = CursorNames.Main,
                NewCursor = 7,
                ReceivedAtMs = 1,
                Entries = [new PulledEntry { Key = "far.app@alice", CommitId = 7, Op = CommitOp.UpdateAll, Value = "y"u8.ToArray(), HasValue = true, Metadata = "{}"u8.ToArray() }],
            },
            new Sync.Undecided(),
            CancellationToken.None);

        Assert.True(await changes.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Equal(("note1.app@alice", false), (changes.Current.Key.Full, changes.Current.IsRemote));
        Assert.True(await changes.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Equal(("far.app@alice", true, 7L), (changes.Current.Key.Full, changes.Current.IsRemote, changes.Current.CommitId));
    }

    [Fact]
    public async Task A_reader_that_slept_longer_than_others_note_changes_for_it_is_told()
    {
        await using var test = await TestClient.OpenAsync();
        await using var changes = test.Client.WatchAsync().GetAsyncEnumerator();
        await test.Client.PutAsync("a.app", "x");
        Assert.True(await changes.MoveNextAsync());
        test.Clock.Advance(TimeSpan.FromMinutes(6));

        Assert.Equal(AtFault.FellBehind, (await Assert.ThrowsAsync<AtException>(async () => await changes.MoveNextAsync())).Fault);
    }

    [Fact]
    public async Task Disposing_ends_the_readers_of_changes()
    {
        var test = await TestClient.OpenAsync();
        await using var changes = test.Client.WatchAsync().GetAsyncEnumerator();
        await test.DisposeAsync();
        Assert.False(await changes.MoveNextAsync());
    }

    [Fact]
    public async Task Offline_nothing_touches_the_network()
    {
        await using var test = await TestClient.OpenAsync();
        Assert.Equal(AtFault.Network, (await Assert.ThrowsAsync<AtException>(() => test.Client.SyncAsync())).Fault);
        Assert.Equal(AtFault.Network, (await Assert.ThrowsAsync<AtException>(() => test.Client.GetRemoteAsync("note.app"))).Fault);
    }

    [Fact]
    public async Task Without_keys_listing_and_deleting_work()
    {
        var random = new SeededRandom(1);
        var file = new MemoryLocalFile(TestKeys.Alice, random);
        var options = new AtClientOptions { AtSign = TestKeys.Alice, StoreDirectory = "none", Keys = TestKeys.Keys, IsOffline = true, Random = random };
        await using (var client = await AtClient.OpenAsync(options, new MemoryLocalStore(file, options.TimeProvider), CancellationToken.None))
        {
            await client.PutAsync("note.app", "x");
        }

        await using var blind = await AtClient.OpenAsync(options with { Keys = null }, new MemoryLocalStore(file, options.TimeProvider), CancellationToken.None);
        Assert.Equal(1, (await blind.GetStatusAsync()).Records);
        Assert.Equal(AtFault.Keys, (await Assert.ThrowsAsync<AtException>(() => blind.GetAsync("note.app"))).Fault);
        Assert.Equal(AtFault.Keys, (await Assert.ThrowsAsync<AtException>(() => blind.PutAsync("b.app", "x"))).Fault);
        Assert.True(await blind.DeleteAsync("note.app"));
    }

    [Fact]
    public async Task A_store_is_never_opened_with_other_keys_than_it_was_sealed_with()
    {
        var random = new SeededRandom(1);
        var file = new MemoryLocalFile(TestKeys.Alice, random);
        var options = new AtClientOptions { AtSign = TestKeys.Alice, StoreDirectory = "none", Keys = TestKeys.Keys, IsOffline = true, Random = random };
        await (await AtClient.OpenAsync(options, new MemoryLocalStore(file, options.TimeProvider), CancellationToken.None)).DisposeAsync();
        var others = TestKeys.Keys with { SelfEncryptionKey = Convert.ToBase64String(new byte[32]) };
        var failure = await Assert.ThrowsAsync<AtException>(() =>
            AtClient.OpenAsync(options with { Keys = others }, new MemoryLocalStore(file, options.TimeProvider), CancellationToken.None));
        Assert.Equal(AtFault.Keys, failure.Fault);
        var bob = options with { AtSign = AtSign.Parse("@bob") };
        Assert.Equal(AtFault.Keys, (await Assert.ThrowsAsync<AtException>(() =>
            AtClient.OpenAsync(bob, new MemoryLocalStore(bob.AtSign, random, options.TimeProvider), CancellationToken.None))).Fault);
    }

    [Fact]
    public async Task A_pattern_that_is_none_is_refused()
    {
        await using var test = await TestClient.OpenAsync();
        Assert.Equal(AtFault.InvalidArgument, (await Assert.ThrowsAsync<AtException>(() => test.KeysAsync("("))).Fault);
    }

    [Fact]
    public async Task A_caller_with_a_context_is_left_and_not_needed_again()
    {
        await using var test = await TestClient.OpenAsync();
        using var blocked = new BlockedContext();
        Task put;
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(blocked);
        try
        {
            put = test.Client.PutAsync("note.app", "x");
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }

        await put.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Equal(0, blocked.Posts);
    }

    /// <summary>A user interface thread that is busy for ever: nothing posted to it runs.</summary>
    private sealed class BlockedContext : SynchronizationContext, IDisposable
    {
        public int Posts { get; private set; }

        public override void Post(SendOrPostCallback d, object? state) => Posts++;

        public void Dispose()
        {
        }
    }
}
