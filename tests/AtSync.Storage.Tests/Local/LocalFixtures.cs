using System.Text;
using AtSync.Protocol;
using AtSync.Storage.Local;

namespace AtSync.Storage.Tests.Local;

/// <summary>Short ways to say what the tests of local stores need.</summary>
internal static class LocalFixtures
{
    public static readonly AtSign Alice = AtSign.Parse("@alice");

    public static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    public static LocalChange Put(string key, string value, long editTimeMs = 1000) => new()
    {
        Key = key, Op = CommitOp.UpdateAll, Value = Bytes(value), Metadata = Bytes("{}"), EditTimeMs = editTimeMs,
    };

    public static LocalChange Delete(string key, long editTimeMs = 1000) => new() { Key = key, Op = CommitOp.Delete, EditTimeMs = editTimeMs };

    public static PulledEntry Entry(string key, long commitId, string value) => new()
    {
        Key = key, CommitId = commitId, Op = CommitOp.UpdateAll, Value = Bytes(value), HasValue = true, Metadata = Bytes("{}"), UpdatedAtMs = 2000,
    };

    public static PulledEntry Gone(string key, long commitId) => new() { Key = key, CommitId = commitId, Op = CommitOp.Delete };

    public static PulledEntry Bad(string key, long commitId) => new()
    {
        Key = key, CommitId = commitId, Op = CommitOp.UpdateAll, Defect = new AtError(AtErrorCodes.InvalidKey, "bad key"), Raw = Bytes("{raw}"),
    };

    public static PushOutcome Accepted(long seq, string key, long commitId) => new(seq, key, PushOutcomeKind.Accepted, commitId, null, 0);

    public static ValueTask<PageOutcome> PullAsync(this ILocalStore store, IReconciler reconciler, params PulledEntry[] entries) =>
        store.ApplyPageAsync(
            new PulledPage { CursorName = CursorNames.Main, NewCursor = entries.Max(e => e.CommitId), Entries = entries, ReceivedAtMs = 3000 },
            reconciler,
            TestContext.Current.CancellationToken);

    /// <summary>A page of a resync.</summary>
    public static ValueTask<PageOutcome> PullSharedAsync(this ILocalStore store, SharedHistory shared, IReconciler reconciler, params PulledEntry[] entries) =>
        store.ApplyPageAsync(
            new PulledPage { CursorName = CursorNames.Main, NewCursor = entries.Max(e => e.CommitId), Entries = entries, ReceivedAtMs = 3000, Shared = shared },
            reconciler,
            TestContext.Current.CancellationToken);

    public static ValueTask<PageOutcome> PullAsync(this ILocalStore store, params PulledEntry[] entries) => store.PullAsync(Decider.Never, entries);

    public static async ValueTask<long> PutAsync(this ILocalStore store, string key, string value, long editTimeMs = 1000) =>
        (await store.WriteAsync([Put(key, value, editTimeMs)], default))[0];

    public static async ValueTask<long> DeleteAsync(this ILocalStore store, string key) => (await store.WriteAsync([Delete(key)], default))[0];

    public static ValueTask SettleAsync(this ILocalStore store, params PushOutcome[] outcomes) => store.SettleAsync(outcomes, null, default);

    public static async ValueTask<string?> ValueAsync(this ILocalStore store, string key) =>
        await store.GetAsync(key, default) is { } record ? Text(record.Value) : null;

    public static ValueTask<IReadOnlyList<OutboxItem>> OutboxAsync(this ILocalStore store) =>
        store.ReadOutboxAsync(0, 1000, int.MaxValue, long.MaxValue, default);

    public static async ValueTask<IReadOnlyList<string>> KeysAsync(this ILocalStore store) =>
        [.. (await store.ScanAsync("", "", int.MaxValue, false, default)).Select(r => r.Key)];
}

/// <summary>A reconciler that answers as told.</summary>
internal sealed class Decider(Func<PulledEntry, LocalRecord?, OutboxItem, EntryDecision> decide, bool keepsReplaced = false) : IReconciler
{
    public static Decider Never { get; } = new((_, _, _) => throw new InvalidOperationException("No pending edit was expected."));

    public List<(PulledEntry Remote, LocalRecord? Local, OutboxItem Pending)> Asked { get; } = [];

    public static Decider Always(EntryDecisionKind kind, ConflictKind? conflict = null) =>
        new((_, _, _) => new EntryDecision(kind, conflict is { } c ? new ConflictDraft(c, "test") : null));

    public static Decider Keeping { get; } = new((_, _, _) => throw new InvalidOperationException("No pending edit was expected."), keepsReplaced: true);

    public EntryDecision Decide(PulledEntry remote, LocalRecord? local, OutboxItem pending)
    {
        Asked.Add((remote, local, pending));
        return decide(remote, local, pending);
    }

    public bool KeepsReplaced(PulledEntry remote, LocalRecord local) => keepsReplaced;
}

/// <summary>Random bytes from a seed.</summary>
internal sealed class SeededRandom(int seed) : IRandomSource
{
    private readonly Random _random = new(seed);

    public void Fill(Span<byte> bytes)
    {
        lock (_random)
        {
            _random.NextBytes(bytes);
        }
    }
}

/// <summary>A folder of its own for one test.</summary>
internal sealed class StoreFolderFixture : IDisposable
{
    private static int _seed = Environment.ProcessId;

    public string Path { get; } = Directory.CreateTempSubdirectory("atsync-local-").FullName;

    public ValueTask<SqliteLocalStore> OpenAsync(LocalStoreLimits? limits = null, string atSign = "@alice", string? folder = null, TimeProvider? time = null) =>
        SqliteLocalStore.OpenAsync(new LocalStoreOptions
        {
            Folder = folder ?? Path,
            AtSign = AtSign.Parse(atSign),
            Random = new SeededRandom(Interlocked.Increment(ref _seed)),
            TimeProvider = time ?? TimeProvider.System,
            Limits = limits ?? new LocalStoreLimits(),
        });

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
