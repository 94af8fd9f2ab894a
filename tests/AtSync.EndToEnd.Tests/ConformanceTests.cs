using System.Text.Json;
using AtSync.App.Hosting;
using AtSync.Bench.Processes;

namespace AtSync.EndToEnd.Tests;

/// <summary><c>atsync conformance</c> against <c>atsync up</c>, over TLS: real processes, real files.</summary>
public sealed class ConformanceTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_transcript_passes_against_up_which_is_left_as_it_was()
    {
        var folder = TestWorld.NewFolder();
        await using var server = await ServerProcess.StartAsync(Path.Combine(folder, "server"), ["@alice", "@bob", "@carol"], Token);
        var tool = TestWorld.ToolFor(folder, server.Ready.Directory, server.Ready.AuthorityFile);
        foreach (var atSign in server.Ready.AtSigns.Take(2))
        {
            Assert.Equal(0, (await tool.RunAsync(Token, "activate", atSign.AtSign.ToString(), "--secret", atSign.Secret!)).Exit);
        }

        var before = await KeysAsync(tool);
        var secretFile = Path.Combine(folder, "secret");
        await File.WriteAllTextAsync(secretFile, server.Ready.AtSigns[2].Secret + "\n", Token);

        var result = await tool.RunAsync(
            Token, "conformance", "--json", "--atsign", "@alice", "--peer-keys", Path.Combine(folder, ".atsign/keys/@bob_key.atKeys"), "--onboard", "@carol", "--secret-file", secretFile);

        var lines = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(result.Exit == 0, string.Join('\n', lines.Where(line => !line.Contains("\"verdict\":\"passed\"", StringComparison.Ordinal))) + result.Errors);
        using var last = JsonDocument.Parse(lines[^1]);
        Assert.Equal((true, 0, 0), (last.RootElement.GetProperty("ok").GetBoolean(), last.RootElement.GetProperty("deviating").GetInt32(), last.RootElement.GetProperty("skipped").GetInt32()));
        Assert.Equal(lines.Length - 1, last.RootElement.GetProperty("passed").GetInt32());
        Assert.Equal(before, await KeysAsync(tool));

        // The one that may be activated is.
        Assert.Equal(1, (await tool.RunAsync(Token, "activate", "@carol", "--secret-file", secretFile)).Exit);
        await server.DisposeAsync();
        System.IO.Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task What_cannot_be_run_is_told_with_its_exit_code()
    {
        await using var world = await TestWorld.StartAsync();

        await RefusesAsync(2, "--keys", "conformance");
        await RefusesAsync(2, "no-such*", "conformance", "--keys", world.KeyFile, "--only", "no-such*");
        await RefusesAsync(2, "--onboard", "conformance", "--keys", world.KeyFile, "--onboard", "@carol");
        await RefusesAsync(2, "another atSign", "conformance", "--keys", world.KeyFile, "--peer-keys", world.KeyFile);
        await RefusesAsync(2, "--atsign", "conformance", "--keys", world.PathOf("server/ca.pem"));
        await RefusesAsync(5, "@nobody_key", "conformance", "--keys", world.PathOf("@nobody_key.atKeys"));
        await RefusesAsync(3, "localhost:1", "conformance", "--keys", world.KeyFile, "--root", "localhost:1");

        var table = await world.RunAsync("conformance", "--keys", world.KeyFile, "--only", "*noop*");
        Assert.Equal(0, table.Exit);
        Assert.Contains("noop\tpassed\t\n", table.Output, StringComparison.Ordinal);
        Assert.EndsWith("1 passed, 0 deviate, 0 skipped\n", table.Output, StringComparison.Ordinal);

        async Task RefusesAsync(int exit, string named, params string[] arguments)
        {
            var result = await world.RunAsync(arguments);
            Assert.True(result.Exit == exit && result.Errors.Contains(named, StringComparison.Ordinal), $"{string.Join(' ', arguments)}: {result.Exit} {result.Errors}");
        }
    }

    /// <summary>All keys of @alice, but the public key that her server keeps of every atSign it speaks to.</summary>
    private static async Task<string[]> KeysAsync(Tool tool) =>
        [.. (await tool.RunAsync(Token, "keys", "@alice", "--remote", "--all")).Output.Split('\n').Where(key => key != "cached:public:publickey@bob")];
}
