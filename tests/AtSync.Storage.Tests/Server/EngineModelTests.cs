using System.Text;
using AtSync.Protocol;
using AtSync.Storage.Server;
using CsCheck;

namespace AtSync.Storage.Tests.Server;

/// <summary>Random histories on both engines against a plain dictionary that knows nothing of files.</summary>
public sealed class EngineModelTests
{
    private static readonly Gen<Step[]> _history = Gen.OneOf<Step>(
        Gen.Select(Gen.Int[0, 11], Gen.String[Gen.Char.AlphaNumeric, 0, 40], Gen.Bool, Gen.Int[0, 9])
            .Select(put => (Step)new PutStep($"k{put.Item1}", put.Item2, Logged: put.Item3, ExpiresAtMs: put.Item4 < 4 ? put.Item4 : null)),
        Gen.Select(Gen.Int[0, 11], Gen.Bool).Select(delete => (Step)new DeleteStep($"k{delete.Item1}", Logged: delete.Item2)),
        Gen.Int[0, 11].Select(refuse => (Step)new RefuseStep($"k{refuse}")),
        Gen.Select(Gen.Int[0, 5], Gen.Int[0, 3]).Select(expire => (Step)new ExpireStep(expire.Item1, expire.Item2)),
        Gen.Const((Step)new CommitStep())).Array[0, 60];

    [Fact]
    public void The_memory_engine_does_what_a_dictionary_does() =>
        _history.Sample(history => RunAsync(history, () => new MemoryEngine(new SeededRandom()), reopens: false).GetAwaiter().GetResult(), iter: 300);

    [Fact]
    public void The_SQLite_engine_does_what_a_dictionary_does_also_over_restarts() =>
        _history.Sample(
            history =>
            {
                using var folder = new TempFolder();
                var options = new SqliteEngineOptions { Folder = folder.Path, Shards = 1 };
                RunAsync(history, () => SqliteEngine.Open(options, new SeededRandom()), reopens: true).GetAwaiter().GetResult();
            },
            iter: 60,
            threads: 2);

    private static async Task RunAsync(Step[] history, Func<IStorageEngine> open, bool reopens)
    {
        var model = new Model();
        var engine = open();
        try
        {
            var alice = AtSign.Parse("@alice");
            var store = await engine.AddAsync(alice, CancellationToken.None);
            var batch = new List<(StoreChange Change, ChangeResult Expected)>();
            async Task CommitAsync()
            {
                var results = await store.ApplyAsync(batch.ConvertAll(step => step.Change), CancellationToken.None);
                Assert.Equal(batch.ConvertAll(step => step.Expected), results);
                batch.Clear();
            }

            foreach (var step in history)
            {
                switch (step)
                {
                    case PutStep put:
                        batch.Add((
                            Change.Put(put.Key, put.Value, put.Logged, expiresAtMs: put.ExpiresAtMs),
                            model.Set(put.Key, put.Logged, put.Value, put.ExpiresAtMs)));
                        break;
                    case DeleteStep delete:
                        batch.Add((Change.Delete(delete.Key, delete.Logged), model.Set(delete.Key, delete.Logged, value: null, expiresAtMs: null)));
                        break;
                    case RefuseStep refuse:
                        batch.Add((Change.Refuse(refuse.Key), model.Refuse(refuse.Key)));
                        break;
                    case ExpireStep expire:
                        await CommitAsync();
                        model.Expire(await store.RemoveExpiredAsync(expire.NowMs, expire.Limit, CancellationToken.None), expire.NowMs, expire.Limit);
                        break;
                    default:
                        await CommitAsync();
                        await model.CompareAsync(store);
                        if (reopens && model.LastCommitId % 5 == 0)
                        {
                            await engine.DisposeAsync();
                            engine = open();
                            store = (await engine.FindAsync(alice, CancellationToken.None))!;
                        }

                        break;
                }
            }

            await CommitAsync();
            await model.CompareAsync(store);
            Assert.Empty(await engine.CheckAsync(CancellationToken.None));
        }
        finally
        {
            await engine.DisposeAsync();
        }
    }

    private abstract record Step;

    private sealed record PutStep(string Key, string Value, bool Logged, long? ExpiresAtMs) : Step;

    private sealed record DeleteStep(string Key, bool Logged) : Step;

    private sealed record RefuseStep(string Key) : Step;

    private sealed record ExpireStep(long NowMs, int Limit) : Step;

    private sealed record CommitStep : Step;

    private sealed class Model
    {
        private readonly Dictionary<string, (string? Value, long CommitId, long? ExpiresAtMs)> _rows = new(StringComparer.Ordinal);

        public long LastCommitId { get; private set; } = -1;

        public ChangeResult Set(string key, bool logged, string? value, long? expiresAtMs)
        {
            _rows.Remove(key);
            var commitId = logged ? ++LastCommitId : -1;
            if (value is not null || logged)
            {
                _rows[key] = (value, commitId, expiresAtMs);
            }

            return new ChangeResult(commitId, null);
        }

        public ChangeResult Refuse(string key) =>
            new(_rows.TryGetValue(key, out var row) ? row.CommitId : -1, new AtError("AT0032", "not now"));

        public void Expire(IReadOnlyList<string> removed, long nowMs, int limit)
        {
            var due = _rows.Where(row => row.Value.Value is not null && row.Value.ExpiresAtMs <= nowMs).ToList();
            Assert.Equal(Math.Min(limit, due.Count), removed.Count);
            foreach (var key in removed)
            {
                Assert.Contains(due, row => row.Key == key);
                Assert.True(_rows.Remove(key));
            }
        }

        public async Task CompareAsync(IKeyStore store)
        {
            var live = _rows.Where(row => row.Value.Value is not null).OrderBy(row => row.Key, StringComparer.Ordinal).ToList();
            Assert.Equal(live.ConvertAll(row => row.Key), await store.KeysAsync());
            foreach (var (key, row) in live)
            {
                Assert.Equal(row.Value, await store.ValueAsync(key));
            }

            Assert.Equal(LastCommitId, store.LastCommitId);
            Assert.Equal(live.Count, store.RecordCount);
            Assert.Equal(live.Sum(row => row.Key.Length + Encoding.UTF8.GetByteCount(row.Value.Value!)), store.ByteCount);
            for (var after = -1L; after <= LastCommitId; after += 3)
            {
                foreach (var skipUntil in new[] { -1, LastCommitId / 2, LastCommitId })
                {
                    Assert.Equal(Log(after, skipUntil), (await store.LogAsync(after, skipUntil)).ConvertAll(entry => (entry.CommitId, entry.Key)));
                }
            }
        }

        private List<(long, string)> Log(long after, long skipUntil)
        {
            var logged = _rows.Where(row => row.Value.CommitId >= 0).OrderBy(row => row.Value.CommitId).ToList();
            return logged
                .Where(row => row.Value.CommitId > after
                    && (row.Value.Value is not null || row.Value.CommitId > skipUntil || row.Value.CommitId == logged[^1].Value.CommitId))
                .Select(row => (row.Value.CommitId, row.Key)).ToList();
        }
    }
}
