using System.Text;
using System.Text.Json;

namespace AtSync.EndToEnd.Tests;

public sealed class TwoDevicesTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_one_device_puts_the_other_gets_after_a_sync()
    {
        await using var world = await TestWorld.StartAsync();

        var put = await world.DoAsync("put", "@alice", "plan.notes", "buy \"milk\"", "--store", world.PathOf("a"), "--json");
        await world.SyncAsync("b");
        var got = await world.DoAsync("get", "@alice", "plan.notes", "--store", world.PathOf("b"));

        Assert.Equal("{\"stored\":true,\"pushed\":true}\n", put);
        Assert.Equal("buy \"milk\"\n", got);
        Assert.Equal("{\"deleted\":true,\"pushed\":true}\n", await world.DoAsync("delete", "@alice", "plan.notes", "--store", world.PathOf("b"), "--json"));
        await world.SyncAsync("a");
        Assert.Equal(4, (await world.RunAsync("get", "@alice", "plan.notes", "--store", world.PathOf("a"))).Exit);
    }

    [Fact]
    public async Task A_thousand_keys_of_every_kind_written_offline_on_two_devices_are_equal_after_sync()
    {
        await using var world = await TestWorld.StartAsync();
        await ImportAsync(world, "a", Lines("a"));
        await ImportAsync(world, "b", Lines("b"));
        await world.SyncAsync("a");
        await world.SyncAsync("b");
        await world.SyncAsync("a");

        // Offline again: overwrites here, deletions there, and a life time that does not end.
        await ImportAsync(world, "a", Enumerable.Range(0, 50).Select(i => Line($"a{i}.mix", $"second version {i}")));
        await ImportAsync(world, "b", [Line("living.mix", "still here", "{\"ttl\":3600000}")]);
        foreach (var key in new[] { "b0.mix", "b1.mix", "a999.mix" })
        {
            await world.DoAsync("delete", "@alice", key, "--store", world.PathOf("b"), "--offline");
        }

        await world.SyncAsync("a");
        await world.SyncAsync("b");
        await world.SyncAsync("a");
        var first = await world.ExportAsync("a");
        var second = await world.ExportAsync("b");

        Assert.Equal(first, second);
        var records = Parse(first);
        Assert.Equal("second version 7", records["a7.mix"]);
        Assert.Equal("line one\nline two\r\n\ttab", records["a1.lines"]);
        Assert.Equal("quotes \" ' ` and \\ and {}", records["b1.quotes"]);
        Assert.Equal("emoji \U0001F469\u200D\U0001F680 \u00e9\u4E2D", records["a1.emoji"]);
        Assert.Equal("", records["b1.empty"]);
        Assert.Equal("told to all", records["public:a1.public"]);
        Assert.Equal(Convert.ToBase64String(Bytes(777)), records["a1.bytes"]);
        Assert.Equal(1_000_000, records["b1.large"].Length);
        Assert.Equal("still here", records["living.mix"]);
        Assert.DoesNotContain("b0.mix", records.Keys);
        Assert.DoesNotContain("a999.mix", records.Keys);
        Assert.Equal(records.Keys.Order(StringComparer.Ordinal), first.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(KeyOf));
    }

    [Fact]
    public async Task An_export_imported_into_an_empty_atSign_gives_the_same_export()
    {
        await using var world = await TestWorld.StartAsync();
        await ImportAsync(world, "a", Lines("a"));
        var first = await world.ExportAsync("a");
        var file = world.PathOf("copy.jsonl");
        await File.WriteAllTextAsync(file, first, Token);
        await world.DoAsync("import", "@alice", file, "--store", world.PathOf("other"), "--offline");

        Assert.Equal(first, await world.ExportAsync("other"));
    }

    [Fact]
    public async Task Twenty_thousand_lines_are_imported_quickly()
    {
        await using var world = await TestWorld.StartAsync();
        var start = TimeProvider.System.GetTimestamp();
        var output = await ImportAsync(world, "a", Enumerable.Range(0, 20_000).Select(i => Line($"n{i}.bulk", $"value {i}")));

        Assert.Equal("{\"imported\":20000}\n", output);
        Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(20), "one transaction a line would take minutes");
    }

    [Fact]
    public async Task A_file_above_1_MiB_and_a_small_one_come_back_byte_for_byte()
    {
        await using var world = await TestWorld.StartAsync();
        foreach (var (key, size) in new[] { ("large.files", 3_000_001), ("small.files", 1000) })
        {
            var source = world.PathOf(key + ".source");
            await File.WriteAllBytesAsync(source, Bytes(size), Token);
            await world.DoAsync("put", "@alice", key, "--file", source, "--store", world.PathOf("a"));
        }

        await File.WriteAllTextAsync(world.PathOf("text.files.source"), "plain text\n", Token);
        await world.DoAsync("put", "@alice", "text.files", "--file", world.PathOf("text.files.source"), "--store", world.PathOf("a"));

        await world.SyncAsync("b");
        Assert.Contains("\"value\":\"plain text\\n\"", await world.DoAsync("get", "@alice", "text.files", "--store", world.PathOf("b"), "--json"), StringComparison.Ordinal);
        foreach (var key in new[] { "large.files", "small.files", "text.files" })
        {
            await world.DoAsync("get", "@alice", key, "--file", world.PathOf(key), "--store", world.PathOf("b"));
            Assert.Equal(await File.ReadAllBytesAsync(world.PathOf(key + ".source"), Token), await File.ReadAllBytesAsync(world.PathOf(key), Token));
        }
    }

    [Fact]
    public async Task Both_edit_one_key_offline_and_the_loser_can_be_kept_after_all()
    {
        await using var world = await TestWorld.StartAsync();
        await world.DoAsync("put", "@alice", "x.notes", "base", "--store", world.PathOf("a"));
        await world.SyncAsync("b");
        await world.DoAsync("put", "@alice", "x.notes", "from a", "--store", world.PathOf("a"), "--offline");
        await world.DoAsync("put", "@alice", "x.notes", "from b", "--store", world.PathOf("b"), "--offline");
        await world.SyncAsync("b");
        await world.SyncAsync("a");

        // b edited later, so it wins; a keeps what it had.
        Assert.Equal("from b\n", await world.DoAsync("get", "@alice", "x.notes", "--store", world.PathOf("a"), "--offline"));
        var list = await world.DoAsync("conflicts", "@alice", "list", "--store", world.PathOf("a"), "--offline", "--json");
        using var conflict = JsonDocument.Parse(list);
        var id = conflict.RootElement.GetProperty("id").GetRawText();
        var shown = await world.DoAsync("conflicts", "@alice", "show", id, "--store", world.PathOf("a"), "--offline", "--json");
        Assert.Contains("from a", shown, StringComparison.Ordinal);
        Assert.Contains("from b", shown, StringComparison.Ordinal);

        await world.DoAsync("conflicts", "@alice", "keep-local", id, "--store", world.PathOf("a"));
        await world.SyncAsync("b");
        Assert.Equal("from a\n", await world.DoAsync("get", "@alice", "x.notes", "--store", world.PathOf("b"), "--offline"));
        Assert.Equal("", await world.DoAsync("conflicts", "@alice", "list", "--store", world.PathOf("a"), "--offline", "--json"));
    }

    [Fact]
    public async Task Straight_to_the_server_works_without_a_store()
    {
        await using var world = await TestWorld.StartAsync();
        await world.DoAsync("put", "@alice", "r.notes", "remote", "--remote");

        Assert.Equal("remote\n", await world.DoAsync("get", "@alice", "r.notes", "--remote"));
        Assert.Contains("r.notes@alice", await world.DoAsync("keys", "@alice", "--remote"), StringComparison.Ordinal);
        Assert.Equal(4, (await world.RunAsync("get", "@alice", "r.notes", "--offline")).Exit);
    }

    private static async Task<string> ImportAsync(TestWorld world, string store, IEnumerable<string> lines)
    {
        var file = world.PathOf("import.jsonl");
        await File.WriteAllLinesAsync(file, lines, Token);
        return await world.DoAsync("import", "@alice", file, "--store", world.PathOf(store), "--offline", "--json");
    }

    private static IEnumerable<string> Lines(string device) =>
    [
        .. Enumerable.Range(0, 1000).Select(i => Line($"{device}{i}.mix", $"value {i} of {device}")),
        Line($"{device}1.lines", "line one\nline two\r\n\ttab"),
        Line($"{device}1.quotes", "quotes \" ' ` and \\ and {}"),
        Line($"{device}1.emoji", "emoji \U0001F469\u200D\U0001F680 \u00e9\u4E2D"),
        Line($"{device}1.empty", ""),
        Line($"public:{device}1.public", "told to all"),
        Line($"{device}1.large", new string('x', 1_000_000)),
        Line($"{device}1.mortal", "for a day", "{\"ttl\":86400000}"),
        $"{{\"key\":\"{device}1.bytes\",\"value\":\"{Convert.ToBase64String(Bytes(777))}\",\"encoding\":\"base64\"}}",
    ];

    private static string Line(string key, string value, string? metadata = null) =>
        $"{{\"key\":\"{key}\",\"value\":\"{JsonEncodedText.Encode(value)}\"{(metadata is null ? "" : $",\"metadata\":{metadata}")}}}";

    private static byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }

    private static Dictionary<string, string> Parse(string export)
    {
        var records = new Dictionary<string, string>();
        foreach (var line in export.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            using var document = JsonDocument.Parse(Encoding.UTF8.GetBytes(line));
            records.Add(document.RootElement.GetProperty("key").GetString()!, document.RootElement.GetProperty("value").GetString()!);
        }

        return records;
    }

    private static string KeyOf(string line)
    {
        using var document = JsonDocument.Parse(line);
        return document.RootElement.GetProperty("key").GetString()!;
    }
}
