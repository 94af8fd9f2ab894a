using System.Text;
using System.Text.Json;
using AtSync.Bench.Processes;
using AtSync.Crypto;
using AtSync.Protocol;
using AtSync.Storage.Server;

namespace AtSync.EndToEnd.Tests.Administration;

/// <summary>kill -9 in the middle of a backup, an import, a removal, a restore: what was there before or what was asked for, nothing between.</summary>
public sealed class KilledTests : IAsyncLifetime
{
    private const int Records = 6000;
    private static readonly AtSign _alice = AtSign.Parse("@alice");
    private readonly string _folder = TestWorld.NewFolder();
    private readonly Tool _tool = new();
    private string _export = "";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Data => Path.Combine(_folder, "data");

    public async ValueTask InitializeAsync()
    {
        await using (var engine = SqliteEngine.Open(new SqliteEngineOptions { Folder = Path.Combine(Data, "server") }, SystemRandomSource.Instance))
        {
            await using var import = await engine.BeginImportAsync(_alice, Token);
            foreach (var chunk in Enumerable.Range(0, Records).Chunk(500))
            {
                await import.AddAsync([.. chunk.Select(Record)], [], Token);
            }

            await import.CompleteAsync(new EpochOrigin("", Records - 1), replaces: false, Token);
        }

        _export = Path.Combine(_folder, "alice.export");
        await DoAsync("atsign", "export", "@alice", _export, "--data", Data);
    }

    public ValueTask DisposeAsync()
    {
        System.IO.Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_removal_is_done_or_not_done()
    {
        foreach (var moment in Moments())
        {
            await KillAfterAsync(moment, "atsign", "remove", "@alice", "--data", Data, "--yes");
            if (await ListAsync(Data) is { } listed)
            {
                Assert.Equal(Records, listed.GetProperty("records").GetInt32());
            }
            else
            {
                await DoAsync("atsign", "import", "@alice", _export, "--data", Data);
            }
        }
    }

    [Fact]
    public async Task An_import_leaves_the_old_atSign_or_the_new_one()
    {
        foreach (var moment in Moments())
        {
            var before = (await ListAsync(Data))!.Value.GetProperty("epoch").GetString();
            var isDone = await KillAfterAsync(moment, "atsign", "import", "@alice", _export, "--data", Data, "--replace");
            var after = (await ListAsync(Data))!.Value;
            Assert.Equal(Records, after.GetProperty("records").GetInt32());
            Assert.True(!isDone || after.GetProperty("epoch").GetString() != before);
        }
    }

    [Fact]
    public async Task A_backup_is_whole_or_not_there()
    {
        var i = 0;
        foreach (var moment in Moments())
        {
            var backup = Path.Combine(_folder, $"b{i++}");
            await KillAfterAsync(moment, "backup", backup, "--data", Data);
            if (System.IO.Directory.Exists(backup))
            {
                await DoAsync("restore", backup, "--data", backup + "-restored");
                Assert.Equal(Records, (await ListAsync(backup + "-restored"))!.Value.GetProperty("records").GetInt32());
            }
            else
            {
                // What it left beside the place is not in the way.
                await DoAsync("backup", backup, "--data", Data);
            }
        }
    }

    [Fact]
    public async Task A_restore_leaves_the_old_state_or_the_new_one()
    {
        var backup = Path.Combine(_folder, "b");
        await DoAsync("backup", backup, "--data", Data);
        await DoAsync("atsign", "add", "@bob", "--data", Data);
        foreach (var moment in Moments())
        {
            await KillAfterAsync(moment, "restore", backup, "--data", Data, "--replace");
            var names = (await ListAllAsync(Data)).ConvertAll(entry => entry.GetProperty("atSign").GetString());
            Assert.True(names is ["@alice"] or ["@alice", "@bob"], string.Join(' ', names));
            Assert.Equal(Records, (await ListAsync(Data))!.Value.GetProperty("records").GetInt32());
            await DoAsync("atsign", "add", "@bob", "--data", Data);
        }
    }

    private static StoredRecord Record(int number) => new()
    {
        Key = $"n{number}.app@alice",
        Value = Encoding.UTF8.GetBytes(new string('v', 1500)),
        Metadata = "\"isEncrypted\":\"true\""u8.ToArray(),
        Times = new RecordTimes(0, 1, 1, null, null, null),
        OpTimeMs = 1,
        CommitId = number,
    };

    /// <summary>From before the command does anything to after its end, on a quick machine and on a slow one.</summary>
    private static IEnumerable<TimeSpan> Moments() => new[] { 250, 450, 700 }.Select(moment => TimeSpan.FromMilliseconds(moment));

    private async Task<bool> KillAfterAsync(TimeSpan moment, params string[] arguments) =>
        await _tool.RunAsync(arguments, input: null, moment, Token) is { IsKilled: false, Exit: 0 };

    private async Task<string> DoAsync(params string[] arguments)
    {
        var result = await _tool.RunAsync(Token, arguments);
        Assert.True(result.Exit == 0, $"{string.Join(' ', arguments)}: {result.Exit} {result.Errors}");
        return result.Output;
    }

    private async Task<List<JsonElement>> ListAllAsync(string data) =>
        [.. (await DoAsync("atsign", "list", "--data", data, "--json")).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(line).RootElement.Clone())];

    private async Task<JsonElement?> ListAsync(string data) =>
        (await ListAllAsync(data)).Where(entry => entry.GetProperty("atSign").GetString() == "@alice").Select(entry => (JsonElement?)entry).FirstOrDefault();
}
