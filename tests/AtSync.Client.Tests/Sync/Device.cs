using System.Text;
using AtSync.Client.Remote;
using AtSync.Client.Sync;
using AtSync.Protocol;
using AtSync.Simulation;
using AtSync.Storage.Local;
using Microsoft.Extensions.Logging.Abstractions;

namespace AtSync.Client.Tests.Sync;

/// <summary>A device of @alice below the client's edge: a store in memory, an engine, and plain writes.</summary>
internal sealed class Device : IAsyncDisposable
{
    private readonly TimeProvider _clock;

    public Device(MemoryNetwork network, TimeProvider clock, MemoryLocalFile? file = null, SyncLimits? limits = null, string[]? scope = null, ConflictPolicy? policy = null)
    {
        _clock = clock;
        File = file ?? new MemoryLocalFile(TestKeys.Alice, new SeededRandom(++_seed));
        Store = new MemoryLocalStore(File, clock);
        Remote = new RemoteSecondary(new RemoteSecondaryOptions
        {
            AtSign = TestKeys.Alice,
            Keys = TestKeys.Keys,
            Directory = new DirectoryClient(network, ScriptedServer.Root, clock),
            Network = network,
            TimeProvider = clock,
            LoggerFactory = NullLoggerFactory.Instance,
        });
        Engine = new SyncEngine(new SyncEngineOptions
        {
            Store = Store,
            Remote = Remote,
            Reconciler = new Reconciler(policy ?? ConflictPolicy.LatestEdit, new Dictionary<string, ConflictPolicy>(), new NoCodec()),
            Scope = scope is null ? null : new EquatableList<string>(scope),
            Limits = limits ?? new SyncLimits(),
            TimeProvider = clock,
            Random = new SeededRandom(3),
            LoggerFactory = NullLoggerFactory.Instance,
        });
        Engine.Applied += changes =>
        {
            lock (Applied)
            {
                Applied.AddRange(changes);
            }
        };
    }

    private static int _seed;

    public MemoryLocalFile File { get; }

    public MemoryLocalStore Store { get; }

    public RemoteSecondary Remote { get; }

    public SyncEngine Engine { get; }

    public List<AppliedChange> Applied { get; } = [];

    public async Task PutAsync(string key, string value, string metadata = "{\"isEncrypted\":\"false\"}", long? expiresAtMs = null, bool wake = false)
    {
        await Store.WriteAsync(
            [
                new LocalChange
                {
                    Key = key,
                    Op = CommitOp.UpdateAll,
                    Value = Encoding.UTF8.GetBytes(value),
                    Metadata = Encoding.UTF8.GetBytes(metadata),
                    EditTimeMs = NowMs,
                    ExpiresAtMs = expiresAtMs,
                },
            ],
            CancellationToken.None);
        if (wake)
        {
            Engine.Wake();
            Store.Signal();
        }
    }

    public async Task DeleteAsync(string key) =>
        await Store.WriteAsync([new LocalChange { Key = key, Op = CommitOp.Delete, EditTimeMs = NowMs }], CancellationToken.None);

    public Task<SyncResult> SyncAsync() => Engine.SyncAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30));

    public async Task<SortedDictionary<string, string>> RecordsAsync()
    {
        var records = await Store.ScanAsync("", "", int.MaxValue, true, CancellationToken.None);
        return new SortedDictionary<string, string>(records.ToDictionary(record => record.Key, record => Encoding.UTF8.GetString(record.Value.Span)), StringComparer.Ordinal);
    }

    public Task<IReadOnlyList<ConflictRecord>> ConflictsAsync() => Store.ListConflictsAsync(long.MaxValue, 100, CancellationToken.None).AsTask();

    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        await Remote.DisposeAsync();
        await Store.DisposeAsync();
    }

    private long NowMs => _clock.GetUtcNow().ToUnixTimeMilliseconds();

    private sealed class NoCodec : AtSync.Client.Local.IRecordCodec
    {
        public AtValue? TryOpen(string key, ReadOnlyMemory<byte> value, ReadOnlyMemory<byte> metadata, out string? problem)
        {
            problem = null;
            return AtValue.OfText(Encoding.UTF8.GetString(value.Span));
        }

        public LocalChange Seal(string key, AtValue value, ReadOnlyMemory<byte> previousMetadata, long editTimeMs) => new()
        {
            Key = key, Op = CommitOp.UpdateAll, Value = value.Bytes, Metadata = "{\"isEncrypted\":\"false\"}"u8.ToArray(), EditTimeMs = editTimeMs,
        };
    }
}
