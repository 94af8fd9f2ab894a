using AtSync.Protocol;
using AtSync.Storage.Local;
using CsCheck;
using static AtSync.Storage.Tests.Local.LocalFixtures;

namespace AtSync.Storage.Tests.Local;

/// <summary>
/// A device and a model of its remote under random steps: writes on both sides, pages fetched early and applied late, acknowledgements
/// that come late, in part or never. Whatever happened, when all is pulled and pushed both sides are equal.
/// </summary>
public sealed class LocalModelTests
{
    private static readonly Gen<(int Step, int Key, int Value)[]> Steps = Gen.Select(Gen.Int[0, 13], Gen.Int[0, 4], Gen.Int[0, 3]).Array[1, 60];

    private static readonly LocalStoreLimits Limits = new() { AcceptedRangeMin = 2, AcceptedRangesMax = 2 };

    [Fact]
    public void A_store_in_memory_always_converges_with_its_remote() => Steps.Sample(
        steps =>
        {
            var file = new MemoryLocalFile(Alice, new SeededRandom(1));
            Run(steps, () => new MemoryLocalStore(file, TimeProvider.System, Limits)).AsTask().GetAwaiter().GetResult();
        },
        iter: 3000, threads: 1);

    [Fact]
    public void A_store_in_a_file_always_converges_with_its_remote() => Steps.Sample(
        steps =>
        {
            using var folder = new StoreFolderFixture();
            Run(steps, () => folder.OpenAsync(Limits).AsTask().GetAwaiter().GetResult()).AsTask().GetAwaiter().GetResult();
        },
        iter: 40, threads: 1);

    private static async ValueTask Run((int Step, int Key, int Value)[] steps, Func<ILocalStore> open)
    {
        var world = new World(open);
        foreach (var (step, key, value) in steps)
        {
            await world.StepAsync(step, $"k{key}", $"v{value}", value);
        }

        await world.AssertConvergesAsync();
    }

    private sealed class World(Func<ILocalStore> open)
    {
        private readonly Dictionary<string, (long CommitId, string? Value)> _remote = [];
        private readonly Queue<PulledPage> _fetched = [];
        private readonly List<PushOutcome> _unsettled = [];
        private ILocalStore _store = open();
        private long _lastCommit = -1;

        public async ValueTask StepAsync(int step, string key, string value, int number)
        {
            switch (step)
            {
                case 0 or 1:
                    await _store.PutAsync(key, value);
                    Assert.Equal(value, await _store.ValueAsync(key));
                    break;
                case 2:
                    await _store.DeleteAsync(key);
                    Assert.Null(await _store.ValueAsync(key));
                    break;
                case 3:
                    await _store.WriteAsync([new LocalChange { Key = key, Op = CommitOp.UpdateMeta, Metadata = Bytes("{}"), EditTimeMs = 1 }], default);
                    break;
                case 4:
                    Commit(key, value);
                    break;
                case 5:
                    Commit(key, null);
                    break;
                case 6:
                    await FetchAsync(1 + number);
                    break;
                case 7:
                    await ApplyAsync();
                    break;
                case 8 or 9:
                    await PushAsync(1 + (2 * number));
                    break;
                case 10:
                    await SettleAsync(_unsettled.Count);
                    break;
                case 11:
                    await SettleAsync(number);
                    break;
                case 12:
                    // The acknowledgements are lost with the process.
                    _unsettled.Clear();
                    _fetched.Clear();
                    await _store.DisposeAsync();
                    _store = open();
                    break;
                default:
                    await _store.WriteAsync([Put(key, value), Put(key + "x", value), Put(key + "y", value)], default);
                    break;
            }
        }

        public async ValueTask AssertConvergesAsync()
        {
            _fetched.Clear();
            await SettleAsync(_unsettled.Count);
            for (var round = 0; round < 20 && !await IsDoneAsync(); round++)
            {
                await FetchAsync(100);
                await ApplyAsync();
                await PushAsync(100);
                await SettleAsync(_unsettled.Count);
            }

            Assert.True(await IsDoneAsync(), "still work after 20 rounds");
            var local = (await _store.ScanAsync("", "", 1000, true, default)).Select(r => (r.Key, r.HasValue ? Text(r.Value) : "", r.CommitId));
            var remote = _remote.Where(e => e.Value.Value is not null).OrderBy(e => e.Key, StringComparer.Ordinal)
                .Select(e => (e.Key, e.Value.Value!, Math.Max(0, e.Value.CommitId)));
            Assert.Equal(remote, local);
            Assert.Empty(await _store.CheckAsync(default));
            await _store.DisposeAsync();
        }

        private async ValueTask<bool> IsDoneAsync() =>
            (await _store.OutboxAsync()).Count == 0 && ((await _store.GetCursorAsync(CursorNames.Main, default)) ?? -1) >= _lastCommit;

        private long Commit(string key, string? value)
        {
            _remote[key] = (++_lastCommit, value);
            return _lastCommit;
        }

        private async ValueTask FetchAsync(int count)
        {
            var from = _fetched.Count > 0 ? _fetched.Last().NewCursor : await _store.GetCursorAsync(CursorNames.Main, default) ?? -1;
            var entries = _remote.Where(e => e.Value.CommitId > from).OrderBy(e => e.Value.CommitId).Take(count)
                .Select(e => e.Value.Value is { } v ? Entry(e.Key, e.Value.CommitId, v) : Gone(e.Key, e.Value.CommitId)).ToList();
            if (entries.Count > 0)
            {
                _fetched.Enqueue(new PulledPage
                {
                    CursorName = CursorNames.Main, NewCursor = entries[^1].CommitId, Entries = entries, ReceivedAtMs = 0,
                });
            }
        }

        private async ValueTask ApplyAsync()
        {
            if (_fetched.TryDequeue(out var page))
            {
                await _store.ApplyPageAsync(page, new Decider(Decide), default);
            }
        }

        private static EntryDecision Decide(PulledEntry remote, LocalRecord? local, OutboxItem pending)
        {
            var isSame = remote.Op == CommitOp.Delete ? local is null : local is { HasValue: true } && local.Value.Span.SequenceEqual(remote.Value.Span);
            if (isSame)
            {
                return new EntryDecision(EntryDecisionKind.OwnEcho);
            }

            return (remote.CommitId % 3) switch
            {
                0 => new EntryDecision(EntryDecisionKind.TakeRemote, new ConflictDraft(ConflictKind.LocalLost, "test")),
                1 => new EntryDecision(EntryDecisionKind.KeepLocal, new ConflictDraft(ConflictKind.RemoteLost, "test")),
                _ => new EntryDecision(EntryDecisionKind.Merge, null, Put(remote.Key, $"m{remote.CommitId}")),
            };
        }

        /// <summary>The remote takes everything, as one without <c>ifCommit</c> does.</summary>
        private async ValueTask PushAsync(int count)
        {
            var after = _unsettled.Count > 0 ? _unsettled.Max(o => o.Seq) : 0;
            foreach (var item in await _store.ReadOutboxAsync(after, 0, count, long.MaxValue, default))
            {
                var value = item.Op switch
                {
                    CommitOp.Delete => null,
                    CommitOp.UpdateMeta => _remote.GetValueOrDefault(item.Key).Value ?? "",
                    _ => Text(item.Record!.Value),
                };
                _unsettled.Add(Accepted(item.Seq, item.Key, Commit(item.Key, value)));
            }
        }

        private async ValueTask SettleAsync(int count)
        {
            var outcomes = _unsettled.Take(count).ToList();
            _unsettled.RemoveRange(0, outcomes.Count);
            if (outcomes.Count > 0)
            {
                // The engine may jump only over a batch that follows its cursor without a gap.
                var isGapless = outcomes.Zip(outcomes.Skip(1)).All(p => p.Second.CommitId == p.First.CommitId + 1);
                await _store.SettleAsync(outcomes, isGapless ? new CursorMove(outcomes[0].CommitId - 1, outcomes[^1].CommitId) : null, default);
            }
        }
    }
}
