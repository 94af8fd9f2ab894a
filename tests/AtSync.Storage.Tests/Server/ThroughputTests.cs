using System.Diagnostics;
using System.Text;
using AtSync.Protocol;
using AtSync.Storage.Server;

namespace AtSync.Storage.Tests.Server;

/// <summary>Writes figures into the test's output. They are read by people; only the work itself is asserted.</summary>
public sealed class ThroughputTests(ITestOutputHelper output) : IDisposable
{
    private const int Records = 60_000;
    private const int BatchSize = 1000;

    private readonly TempFolder _folder = new();
    private TimeSpan _cpu;

    private static CancellationToken None => CancellationToken.None;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Bulk_writes_and_log_reads_are_reported()
    {
        await using var engine = SqliteEngine.Open(new SqliteEngineOptions { Folder = _folder.Path }, new SeededRandom());
        var store = await engine.AddAsync(AtSign.Parse("@alice"), None);
        var value = Encoding.UTF8.GetBytes(new string('v', 280));
        var metadata = Encoding.UTF8.GetBytes("\"isEncrypted\":\"true\",\"ivNonce\":\"" + new string('n', 24) + "\",\"encKeyName\":\"k\",\"encAlgo\":\"AES/CTR\"");
        var batches = Enumerable.Range(0, Records / BatchSize).Select(batch => (IReadOnlyList<StoreChange>)[.. Enumerable.Range(0, BatchSize).Select(i =>
            Change.Put(Change.Record($"note.{batch * BatchSize + i}.app@alice", "") with { Value = value, Metadata = metadata }))]).ToList();
        _cpu = Environment.CpuUsage.TotalTime;
        var clock = Stopwatch.StartNew();
        foreach (var batch in batches)
        {
            await store.ApplyAsync(batch, None);
        }

        Report("bulk changes in batches of 1000", Records, clock);
        long bytes = 0;
        var entries = 0;
        clock.Restart();
        await store.ReadLogAsync(
            -1,
            -1,
            (in LogEntryView entry) =>
            {
                bytes += entry.Key.Length + entry.Value.Length + entry.Metadata.Length;
                entries++;
                return true;
            },
            None);
        Report("log entries read", Records, clock);
        Assert.Equal((Records, store.ByteCount), (entries, bytes));

        const int Gets = 20_000;
        clock.Restart();
        for (var i = 0; i < Gets; i++)
        {
            Assert.NotNull(await store.GetAsync($"note.{i}.app@alice", None));
        }

        Report("gets", Gets, clock);
        clock.Restart();
        const int Lone = 300;
        for (var i = 0; i < Lone; i++)
        {
            await store.ApplyAsync([batches[0][i]], None);
        }

        Report("durable single changes, one after the other", Lone, clock);
        clock.Restart();
        const int Callers = 64;
        const int EachCaller = 200;
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            for (var i = 0; i < EachCaller; i++)
            {
                await store.ApplyAsync([batches[caller % batches.Count][i]], None);
            }
        })));
        Report("durable single changes of 64 callers", Callers * EachCaller, clock);
    }

    // The processor's time is the steadier figure on a machine with other work.
    private void Report(string what, int count, Stopwatch clock)
    {
        var cpu = Environment.CpuUsage.TotalTime;
        output.WriteLine($"{what}: {count / clock.Elapsed.TotalSeconds:N0}/s, {(cpu - _cpu).TotalMicroseconds / count:N2} µs of processor each");
        _cpu = cpu;
    }
}
