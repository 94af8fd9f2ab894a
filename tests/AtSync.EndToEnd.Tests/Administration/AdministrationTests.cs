using System.Text.Json;
using AtSync.App.Hosting;

namespace AtSync.EndToEnd.Tests.Administration;

/// <summary>What an operator does, with processes, on a server that runs and on one that does not.</summary>
public sealed class AdministrationTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_atSign_is_added_used_exported_removed_and_imported_while_the_server_runs()
    {
        await using var world = await TestWorld.StartAsync();
        var data = world.ServerFolder;
        var export = world.PathOf("bob.export");
        using (var added = JsonDocument.Parse(await world.DoAsync("atsign", "add", "@bob", "--data", data, "--json")))
        {
            Assert.True(added.RootElement.GetProperty("registered").GetBoolean());
            await world.DoAsync("activate", "@bob", "--secret", added.RootElement.GetProperty("secret").GetString()!);
        }

        Assert.Contains("pushed", await world.DoAsync("put", "@bob", "milk.shopping", "two litres"), StringComparison.Ordinal);
        Assert.Equal(1, (await world.RunAsync("atsign", "add", "@bob", "--data", data)).Exit);
        var list = await world.DoAsync("atsign", "list", "--data", data, "--json");
        Assert.Equal(2, list.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.DoesNotContain("secret", list, StringComparison.Ordinal);

        await world.DoAsync("atsign", "export", "@bob", export, "--data", data);
        var unasked = await world.RunAsync("atsign", "remove", "@bob", "--data", data);
        Assert.Equal((2, true), (unasked.Exit, unasked.Errors.Contains("--yes", StringComparison.Ordinal)));
        await world.DoAsync("atsign", "remove", "@bob", "--data", data, "--yes");
        Assert.Equal(4, (await world.RunAsync("sync", "@bob")).Exit);
        Assert.Equal(4, (await world.RunAsync("atsign", "remove", "@bob", "--data", data, "--yes")).Exit);

        await world.DoAsync("atsign", "import", "@bob", export, "--data", data);
        Assert.Contains("\"inSync\":true", await world.DoAsync("sync", "@bob", "--json"), StringComparison.Ordinal);
        await world.DoAsync("sync", "@bob", "--store", world.PathOf("fresh"), "--json");
        Assert.Equal("two litres\n", await world.DoAsync("get", "@bob", "milk.shopping", "--store", world.PathOf("fresh"), "--offline"));
    }

    [Fact]
    public async Task A_device_brings_back_what_a_restored_server_has_lost_and_revives_nothing()
    {
        await using var world = await TestWorld.StartAsync();
        var backup = world.PathOf("backup");
        await world.DoAsync("put", TestWorld.Alice, "gone.notes", "deleted before the backup", "--store", world.PathOf("a"));
        await world.DoAsync("put", TestWorld.Alice, "old.notes", "first", "--store", world.PathOf("a"));
        await world.SyncAsync("b");
        await world.DoAsync("delete", TestWorld.Alice, "gone.notes", "--store", world.PathOf("a"));
        await world.DoAsync("backup", backup, "--data", world.ServerFolder);

        // After the backup: a new record from each device, an edit, and a device that has not even seen the deletion.
        await world.DoAsync("put", TestWorld.Alice, "new-a.notes", "of a", "--store", world.PathOf("a"));
        await world.DoAsync("put", TestWorld.Alice, "old.notes", "second", "--store", world.PathOf("a"));
        await world.DoAsync("put", TestWorld.Alice, "new-b.notes", "of b", "--store", world.PathOf("b"), "--offline");

        var before = JsonDocument.Parse(await world.DoAsync("atsign", "list", "--data", world.ServerFolder, "--json")).RootElement;
        await world.StopServerAsync();
        Assert.Equal(1, (await world.RunAsync("restore", backup, "--data", world.ServerFolder)).Exit);
        await world.DoAsync("restore", backup, "--data", world.ServerFolder, "--replace");
        await world.StartServerAsync();
        var after = JsonDocument.Parse(await world.DoAsync("atsign", "list", "--data", world.ServerFolder, "--json")).RootElement;
        Assert.NotEqual(before.GetProperty("epoch").GetString(), after.GetProperty("epoch").GetString());
        Assert.True(after.GetProperty("lastCommitId").GetInt64() >= before.GetProperty("lastCommitId").GetInt64());

        await world.SyncAsync("a");
        await world.SyncAsync("b");
        await world.SyncAsync("a");
        await world.SyncAsync("fresh");
        var everything = await world.ExportAsync("fresh");
        foreach (var value in new[] { "of a", "of b", "second" })
        {
            Assert.Contains($"\"{value}\"", everything, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("gone.notes", everything, StringComparison.Ordinal);
        Assert.Equal(everything, await world.ExportAsync("a"));
        Assert.Equal(everything, await world.ExportAsync("b"));
    }

    [Fact]
    public async Task Backups_while_thousands_of_records_are_pushed_disturb_nothing_and_can_be_restored()
    {
        const int Records = 20_000;
        await using var world = await TestWorld.StartAsync();
        var lines = world.PathOf("lines.jsonl");
        await File.WriteAllLinesAsync(lines, Enumerable.Range(0, Records).Select(i => $"{{\"key\":\"n{i}.load\",\"value\":\"value {i}\"}}"), Token);
        await world.DoAsync("import", TestWorld.Alice, lines, "--store", world.PathOf("a"), "--offline");
        var pushing = world.RunAsync("sync", TestWorld.Alice, "--store", world.PathOf("a"), "--json");
        var backups = 0;
        do
        {
            await world.DoAsync("backup", world.PathOf($"b{backups++}"), "--data", world.ServerFolder);
        }
        while (!pushing.IsCompleted && backups < 3);

        var pushed = await pushing;
        Assert.True(pushed.Exit == 0, pushed.Output + pushed.Errors);
        Assert.Contains($"\"pushed\":{Records},", pushed.Output, StringComparison.Ordinal);
        Assert.Contains("\"refused\":0", pushed.Output, StringComparison.Ordinal);
        for (var i = 0; i < backups; i++)
        {
            await world.DoAsync("restore", world.PathOf($"b{i}"), "--data", world.PathOf($"r{i}"));
            using var listed = JsonDocument.Parse(await world.DoAsync("atsign", "list", "--data", world.PathOf($"r{i}"), "--json"));
            Assert.InRange(listed.RootElement.GetProperty("records").GetInt32(), 1, Records + 100);
        }
    }

    [Fact]
    public async Task Stores_that_nobody_holds_are_administered_on_their_files_and_the_server_takes_them_over()
    {
        var folder = TestWorld.NewFolder();
        var data = Path.Combine(folder, "data");
        try
        {
            var tool = TestWorld.ToolFor(folder, "localhost:1", "none");
            Assert.Equal(4, (await tool.RunAsync(Token, "atsign", "list", "--data", data)).Exit);
            Assert.Equal(0, (await tool.RunAsync(Token, "atsign", "add", "@carol", "--data", data)).Exit);
            await using (var server = await ServerProcess.StartAsync(data, [], Token))
            {
                Assert.Equal("@carol", Assert.Single(server.Ready.AtSigns).AtSign.ToString());
                server.Process.Kill();
                await server.Process.WaitForExitAsync(Token);
            }

            // The socket of the killed server is still there, and nobody answers.
            Assert.True(File.Exists(Path.Combine(data, "admin.sock")));
            Assert.Equal(0, (await tool.RunAsync(Token, "atsign", "remove", "@carol", "--data", data, "--yes")).Exit);
            await using var again = await ServerProcess.StartAsync(data, [], Token);
            Assert.Empty(again.Ready.AtSigns);
            Assert.Equal("", (await tool.RunAsync(Token, "directory", "list", "--data", Path.Combine(folder, "none"))).Output);
            Assert.Equal(0, (await tool.RunAsync(Token, "atsign", "list", "--data", data)).Exit);
        }
        finally
        {
            System.IO.Directory.Delete(folder, recursive: true);
        }
    }
}
