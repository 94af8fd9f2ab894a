using AtSync.Protocol;
using AtSync.Storage.Server;
using AtSync.Storage.Server.Portable;

namespace AtSync.Storage.Tests.Server;

/// <summary>What every engine does with whole atSigns: shows them, takes them over, renews them.</summary>
public abstract class TransferConformance : QuotaConformance
{
    private static readonly StoredNotification _owed = new()
    {
        Id = "n1",
        Kind = NotificationKind.Sent,
        Status = NotificationStatus.Queued,
        Peer = "@bob",
        CreatedAtMs = 5,
        ExpiresAtMs = 100,
        Attempts = 2,
        Body = new byte[] { 1, 0, 2 },
    };

    /// <summary>An engine of the same kind with nothing in it; the test disposes it.</summary>
    protected abstract IStorageEngine OpenOther();

    [Fact]
    public async Task What_was_exported_is_imported_with_everything_and_a_new_epoch()
    {
        var (engine, store) = await OpenFilledAsync();
        await using var _ = engine;
        await using var other = OpenOther();
        var export = await ExportAsync(engine);
        var imported = await ImportAsync(other, export);

        var before = await Contents.ReadAsync(engine, Alice);
        var after = await Contents.ReadAsync(other, Alice);
        Assert.NotNull(before);
        Assert.NotNull(after);
        Assert.Equal(before.ToString(), after.ToString());
        Assert.Equal(store.LastCommitId, imported.LastCommitId);
        Assert.NotEqual(store.EpochId, imported.EpochId);
        Assert.Equal((null, new EpochOrigin(store.EpochId, store.LastCommitId)), (store.Origin, imported.Origin));
        Assert.Equal((store.RecordCount, store.ByteCount), (imported.RecordCount, imported.ByteCount));
        Assert.Equal(["@bob"], await imported.Notifications.QueuedPeersAsync(None));
        Assert.Equal(store.LastCommitId + 1, await imported.ApplyOneAsync(Change.Put("new", "1")));
        Assert.Empty(await other.CheckAsync(None));
    }

    [Fact]
    public async Task An_atSign_that_is_not_hosted_has_no_export()
    {
        await using var engine = Open();
        using var stream = new MemoryStream();
        Assert.Null(await StoreTransfer.ExportAsync(engine, Alice, stream, null, None));
        Assert.Equal(0, stream.Length);
    }

    [Fact]
    public async Task An_import_refuses_a_hosted_atSign_and_replaces_it_when_told()
    {
        var (engine, store) = await OpenFilledAsync();
        await using var _ = engine;
        var export = await ExportAsync(engine);
        var exported = store.LastCommitId;
        var epoch = store.EpochId;
        await store.ApplyAsync(Change.Put("later", "1"), Change.Delete("a"));
        var refused = await Contents.ReadAsync(engine, Alice);
        await Assert.ThrowsAsync<InvalidOperationException>(() => ImportAsync(engine, export));
        Assert.Equal(refused!.ToString(), (await Contents.ReadAsync(engine, Alice))!.ToString());

        var replacing = await ImportAsync(engine, export, replaces: true);
        Assert.NotEqual(epoch, replacing.EpochId);
        Assert.Null(await replacing.GetAsync("later", None));
        Assert.Equal("1", await replacing.ValueAsync("a"));
        Assert.Equal(exported + 2, replacing.LastCommitId);
        Assert.Equal(exported, await replacing.LastLoggedCommitIdAsync(None));
        Assert.Equal(exported + 3, await replacing.ApplyOneAsync(Change.Put("new", "1")));

        // Who still holds the old one finds nothing in it.
        Assert.Empty(await store.KeysAsync());
        await Assert.ThrowsAsync<StoreException>(async () => await store.ApplyAsync(Change.Put("x", "1")));
        Assert.Equal(replacing.EpochId, (await engine.FindAsync(Alice, None))!.EpochId);
        Assert.Empty(await engine.CheckAsync(None));
    }

    [Fact]
    public async Task Nobody_sees_an_import_before_it_is_complete_and_one_that_is_given_up_leaves_nothing()
    {
        await using var engine = Open();
        await engine.AddAsync(Bob, None);
        await using (var import = await engine.BeginImportAsync(Alice, None))
        {
            await import.AddAsync([Change.Record("a", "1") with { CommitId = 3 }], [_owed], None);
            Assert.Null(await engine.FindAsync(Alice, None));
            Assert.Null(await Contents.ReadAsync(engine, Alice));
            Assert.Equal([Bob], await NamesAsync(engine));
        }

        Assert.Null(await engine.FindAsync(Alice, None));
        Assert.Equal([Bob], await NamesAsync(engine));
        var added = await engine.AddAsync(Alice, None);
        Assert.Empty(await added.KeysAsync());
        Assert.Empty(await engine.CheckAsync(None));
    }

    [Fact]
    public async Task A_key_a_commit_id_or_a_notification_that_comes_twice_is_refused()
    {
        await using var engine = Open();
        var row = Change.Record("a", "1") with { CommitId = 3 };
        foreach (var second in new[] { row with { CommitId = 4 }, Change.Record("b", "1") with { CommitId = 3 } })
        {
            await using var import = await engine.BeginImportAsync(Alice, None);
            await import.AddAsync([row], [_owed], None);
            var failure = await Assert.ThrowsAsync<StoreException>(async () => await import.AddAsync([second], [], None));
            Assert.Equal(StoreFault.Corrupt, failure.Fault);
            Assert.Contains("twice", failure.Message, StringComparison.Ordinal);
            await Assert.ThrowsAsync<StoreException>(async () => await import.AddAsync([], [_owed], None));
        }

        Assert.Null(await engine.FindAsync(Alice, None));
    }

    [Fact]
    public async Task An_export_cut_off_anywhere_changes_nothing()
    {
        var (engine, _) = await OpenFilledAsync();
        await using var held = engine;
        var export = await ExportAsync(engine);
        var before = (await Contents.ReadAsync(engine, Alice))!.ToString();
        for (var length = 0; length < export.Length; length += 1 + export.Length / 40)
        {
            await ExpectDamagedAsync(engine, export[..length]);
        }

        await ExpectDamagedAsync(engine, [.. export, 0]);
        Assert.Equal(before, (await Contents.ReadAsync(engine, Alice))!.ToString());
    }

    [Fact]
    public async Task An_export_with_any_damaged_byte_changes_nothing()
    {
        var (engine, _) = await OpenFilledAsync();
        await using var held = engine;
        var export = await ExportAsync(engine);
        var before = (await Contents.ReadAsync(engine, Alice))!.ToString();
        for (var at = 0; at < export.Length; at += 1 + export.Length / 60)
        {
            var damaged = export.ToArray();
            damaged[at] ^= 0x20;
            await ExpectDamagedAsync(engine, damaged);
        }

        Assert.Equal(before, (await Contents.ReadAsync(engine, Alice))!.ToString());
        Assert.Equal([Alice], await NamesAsync(engine));
    }

    [Fact]
    public async Task An_export_of_a_newer_version_or_of_another_atSign_is_named()
    {
        var (engine, _) = await OpenFilledAsync();
        await using var held = engine;
        var export = await ExportAsync(engine);
        var newer = export.ToArray();
        newer["atsync-atsign ".Length] = (byte)'9';
        var failure = await Assert.ThrowsAsync<StoreException>(() => ImportAsync(engine, newer, replaces: true));
        Assert.Equal(StoreFault.NewerVersion, failure.Fault);
        Assert.Contains("format 9", failure.Message, StringComparison.Ordinal);
        failure = await Assert.ThrowsAsync<StoreException>(
            async () => await StoreTransfer.ImportAsync(engine, Bob, new MemoryStream(export), replaces: true, null, None));
        Assert.Equal(StoreFault.OtherOwner, failure.Fault);
        Assert.Contains("of @alice, not of @bob", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_renewed_store_has_another_epoch_and_everything_else_as_it_was()
    {
        var (engine, store) = await OpenFilledAsync();
        await using var _ = engine;
        var before = (await Contents.ReadAsync(engine, Alice))!;
        Assert.True(await engine.RenewEpochAsync(Alice, None));
        Assert.False(await engine.RenewEpochAsync(Bob, None));
        Assert.NotEqual(before.EpochId, store.EpochId);
        var after = (await Contents.ReadAsync(engine, Alice))!;
        Assert.Equal(store.EpochId, after.EpochId);
        Assert.Equal(new EpochOrigin(before.EpochId, before.LastCommitId), store.Origin);
        Assert.Equal(before.ToString(), after.ToString());
        Assert.Equal(before.LastCommitId + 1, await store.ApplyOneAsync(Change.Put("new", "1")));
    }

    [Fact]
    public async Task A_large_store_goes_in_slices()
    {
        var (engine, store) = await OpenWithAliceAsync();
        await using var _ = engine;
        for (var i = 0; i < 3; i++)
        {
            await store.ApplyAsync(Enumerable.Range(0, 700).Select(k => (StoreChange)Change.Put($"k{i}.{k}", new string('v', 900))).ToArray(), None);
        }

        await store.ApplyOneAsync(Change.Put("large", new string('L', 3_000_000)));
        var done = new List<WorkProgress>();
        await using var other = OpenOther();
        await StoreTransfer.ImportAsync(other, Alice, new MemoryStream(await ExportAsync(engine)), false, new Steps(done), None);
        Assert.True(done.Count >= 2100 / StoreTransfer.RowsPerSlice);
        Assert.Equal(new WorkProgress(2101, 2101), done[^1]);
        Assert.True(done.Zip(done.Skip(1)).All(pair => pair.Second.Done - pair.First.Done <= StoreTransfer.RowsPerSlice));
        Assert.Equal((await Contents.ReadAsync(engine, Alice))!.ToString(), (await Contents.ReadAsync(other, Alice))!.ToString());
    }

    /// <summary>@alice with every kind of row: logged, unlogged, deleted, without a value, with times, with a notification owed.</summary>
    private async Task<(IStorageEngine Engine, IKeyStore Store)> OpenFilledAsync()
    {
        var (engine, store) = await OpenWithAliceAsync();
        await store.ApplyAsync(
            Change.Put("a", "1"), Change.Put("b", "2", metadata: "\"ttl\":\"5\"", expiresAtMs: 900), Change.Put("gone", "x"), Change.Delete("gone"),
            Change.Put("secret", "s", logged: false), Change.Delete("never"),
            Change.Put(Change.Record("meta", "") with
            {
                HasValue = false,
                Op = CommitOp.UpdateMeta,
                Times = new RecordTimes(4, 1, 2, 3, null, 5),
                Metadata = default,
            }),
            Change.Put("\u00e9\U0001F984", "u"), Change.Put("large", new string('v', 9000)));
        await store.Notifications.AddAsync(_owed, null, None);
        await store.Notifications.AddAsync(_owed with { Id = "t1", Topic = "k", TopicMax = 2 }, null, None);
        await store.Notifications.AddAsync(_owed with { Id = "t2", Topic = "k", TopicMax = 2 }, null, None);
        await store.Notifications.AddAsync(_owed with { Id = "n2", Kind = NotificationKind.Received, Status = NotificationStatus.Delivered }, null, None);
        return (engine, store);
    }

    private static async Task<byte[]> ExportAsync(IStorageEngine engine)
    {
        using var stream = new MemoryStream();
        Assert.NotNull(await StoreTransfer.ExportAsync(engine, Alice, stream, null, None));
        return stream.ToArray();
    }

    private static async Task<IKeyStore> ImportAsync(IStorageEngine engine, byte[] export, bool replaces = false) =>
        await StoreTransfer.ImportAsync(engine, Alice, new MemoryStream(export), replaces, null, None);

    private static async Task ExpectDamagedAsync(IStorageEngine engine, byte[] export)
    {
        var failure = await Assert.ThrowsAsync<StoreException>(() => ImportAsync(engine, export, replaces: true));
        Assert.True(failure.Fault is StoreFault.Corrupt or StoreFault.NewerVersion or StoreFault.OtherOwner, failure.Message);
    }

    private static async Task<List<AtSign>> NamesAsync(IStorageEngine engine)
    {
        var names = new List<AtSign>();
        await foreach (var store in engine.ListAsync(None))
        {
            names.Add(store.AtSign);
        }

        return names;
    }

    private sealed class Steps(List<WorkProgress> done) : IProgress<WorkProgress>
    {
        public void Report(WorkProgress value) => done.Add(value);
    }
}
