using AtSync.Storage.Local;
using Microsoft.Extensions.Time.Testing;

namespace AtSync.Client.Tests;

/// <summary>An offline client of @alice on a store in memory or on disk, with a clock that stands still until it is moved.</summary>
internal sealed class TestClient : IAsyncDisposable
{
    private readonly string? _folder;

    private TestClient(AtClient client, ILocalStore store, FakeTimeProvider clock, string? folder)
    {
        Client = client;
        Store = store;
        Clock = clock;
        _folder = folder;
    }

    public AtClient Client { get; }

    /// <summary>The client's own store, to look behind it.</summary>
    public ILocalStore Store { get; }

    public FakeTimeProvider Clock { get; }

    private MemoryLocalFile File { get; init; } = null!;

    /// <summary>The same store, opened as another process would.</summary>
    public async Task<ILocalStore> OpenAnotherAsync() => _folder is null
        ? new MemoryLocalStore(File, Clock)
        : await SqliteLocalStore.OpenAsync(new LocalStoreOptions { Folder = _folder, AtSign = TestKeys.Alice, Random = new SeededRandom(2), TimeProvider = Clock });

    public static async Task<TestClient> OpenAsync(bool onDisk = false, Func<AtClientOptions, AtClientOptions>? with = null, LocalStoreLimits? limits = null)
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 11, 1, 12, 0, 0, TimeSpan.Zero));
        var random = new SeededRandom(1);
        var folder = onDisk ? System.IO.Directory.CreateTempSubdirectory("atsync-test-").FullName : null;
        var options = new AtClientOptions
        {
            AtSign = TestKeys.Alice,
            StoreDirectory = folder ?? "none",
            Keys = TestKeys.Keys,
            IsOffline = true,
            TimeProvider = clock,
            Random = random,
        };
        var file = new MemoryLocalFile(TestKeys.Alice, random);
        ILocalStore store = folder is null
            ? new MemoryLocalStore(file, clock, limits)
            : await SqliteLocalStore.OpenAsync(new LocalStoreOptions { Folder = folder, AtSign = TestKeys.Alice, Random = random, TimeProvider = clock });
        var client = await AtClient.OpenAsync(with is null ? options : with(options), store, CancellationToken.None);
        return new TestClient(client, store, clock, folder) { File = file };
    }

    /// <summary>Says that everything waiting was pushed and accepted.</summary>
    public async Task SettleAsync()
    {
        while (await Store.ReadOutboxAsync(0, long.MaxValue, 1000, long.MaxValue, CancellationToken.None) is { Count: > 0 } items)
        {
            await Store.SettleAsync(
                [.. items.Select(item => new PushOutcome(item.Seq, item.Key, PushOutcomeKind.Accepted, ++_commitId, null, 0))], null, CancellationToken.None);
        }
    }

    private long _commitId = 100;

    public async Task<List<string>> KeysAsync(string? regex = null, bool includeHidden = false)
    {
        var keys = new List<string>();
        await foreach (var record in Client.ScanAsync(regex, includeHidden))
        {
            keys.Add(record.Key.Full);
        }

        return keys;
    }

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        if (_folder is not null)
        {
            System.IO.Directory.Delete(_folder, recursive: true);
        }
    }
}
