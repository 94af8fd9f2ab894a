using AtSync.Storage.Local;
using static AtSync.Storage.Tests.Local.LocalFixtures;

namespace AtSync.Storage.Tests.Local;

/// <summary>What a store is after the process or the machine ended at any moment.</summary>
public sealed class LocalCrashTests
{
    [Fact]
    public async Task A_log_cut_at_any_byte_gives_a_whole_prefix_of_the_transactions()
    {
        using var folder = new StoreFolderFixture();
        var store = await folder.OpenAsync();
        var states = new List<string> { await DescribeAsync(store) };
        var random = new Random(7);
        for (var i = 0; i < 25; i++)
        {
            await StepAsync(store, random, i);
            states.Add(await DescribeAsync(store));
        }

        // The main file is untouched until a checkpoint, so any cut of the log is what a power cut could have left.
        using var cut = new StoreFolderFixture();
        foreach (var name in new[] { "local.db", "local.db-wal" })
        {
            File.Copy(Path.Combine(folder.Path, name), Path.Combine(cut.Path, name));
        }

        var main = await File.ReadAllBytesAsync(Path.Combine(cut.Path, "local.db"), TestContext.Current.CancellationToken);
        var log = await File.ReadAllBytesAsync(Path.Combine(cut.Path, "local.db-wal"), TestContext.Current.CancellationToken);
        await store.DisposeAsync();

        var last = states.Count - 1;
        for (var length = log.Length; length > 0 && last > 0; length -= random.Next(1, log.Length / 60))
        {
            using var copy = new StoreFolderFixture();
            await File.WriteAllBytesAsync(Path.Combine(copy.Path, "local.db"), main, TestContext.Current.CancellationToken);
            await File.WriteAllBytesAsync(Path.Combine(copy.Path, "local.db-wal"), log.AsMemory(0, length), TestContext.Current.CancellationToken);
            await using var recovered = await copy.OpenAsync();
            var state = states.LastIndexOf(await DescribeAsync(recovered), last);
            Assert.True(state >= 0, $"cut at {length} of {log.Length}: {await DescribeAsync(recovered)} is no state that ever was");
            Assert.True(length < log.Length || state == last, "the whole log holds everything");
            Assert.Empty(await recovered.CheckAsync(default));
            last = state;
        }
    }

    [Fact]
    public async Task A_killed_process_loses_nothing_acknowledged()
    {
        using var folder = new StoreFolderFixture();
        using var child = StoreChild.Start("write", folder.Path);
        var acknowledged = 0;
        while (acknowledged < 200)
        {
            acknowledged = int.Parse(await child.ReadLineAsync(), System.Globalization.CultureInfo.InvariantCulture);
        }

        child.Kill();
        await using var store = await folder.OpenAsync();
        Assert.Empty(await store.CheckAsync(default));
        var keys = await store.KeysAsync();
        Assert.All(Enumerable.Range(1, acknowledged), i => Assert.Contains($"write{i}", keys));
        Assert.Equal(keys.Count, (await store.OutboxAsync()).Count);
    }

    private static async ValueTask StepAsync(SqliteLocalStore store, Random random, int i)
    {
        var key = $"k{random.Next(6)}";
        switch (i % 5)
        {
            case 0:
                await store.WriteAsync([Put(key, $"{i}"), Put($"{key}x", new string('x', 3000))], default);
                break;
            case 1:
                await store.DeleteAsync(key);
                break;
            case 2:
                await store.PullAsync(Decider.Always(EntryDecisionKind.KeepLocal, ConflictKind.RemoteLost), Entry(key, i, $"{i}"), Entry($"r{i}", i + 1, "r"), Bad("bad", i + 2));
                break;
            case 3:
                var items = await store.ReadOutboxAsync(0, 0, 2, 1000, default);
                await store.SettleAsync([.. items.Select((item, n) => Accepted(item.Seq, item.Key, i + n))]);
                break;
            default:
                await store.SetPropertiesAsync([new("step", $"{i}")], default);
                break;
        }
    }

    private static async ValueTask<string> DescribeAsync(SqliteLocalStore store)
    {
        var records = await store.ScanAsync("", "", 100, true, default);
        return string.Join(
            ' ',
            [
                .. records.Select(r => $"{r.Key}={r.Value.Length}:{Text(r.Value)[..Math.Min(3, r.Value.Length)]}@{r.CommitId}{(r.IsPending ? "!" : "")}"),
                .. (await store.OutboxAsync()).Select(i => $"{i.Seq}{(char)i.Op}{i.Key}"),
                $"{await store.CountAsync(default)} {await store.GetCursorAsync(CursorNames.Main, default)} {await store.GetPropertyAsync("step", default)}",
            ]);
    }
}
