using AtSync.App.Hosting;
using AtSync.Bench.Processes;

namespace AtSync.EndToEnd.Tests;

/// <summary>A server process with @alice, a folder for everything, and <c>atsync</c> run as scripts run it. Nothing outside the folder is read or written.</summary>
internal sealed class TestWorld : IAsyncDisposable
{
    private TestWorld(string folder, ServerProcess server)
    {
        Folder = folder;
        Server = server;
        Tool = ToolFor(folder, server.Ready.Directory, server.Ready.AuthorityFile);
    }

    public const string Alice = "@alice";

    public string Folder { get; }

    public ServerProcess Server { get; private set; }

    /// <summary>Knows the atDirectory, the authority, a home of its own.</summary>
    public Tool Tool { get; }

    public string ServerFolder => PathOf("server");

    /// <summary>Where <c>activate</c> puts the key file when it is not told.</summary>
    public string KeyFile => PathOf(".atsign/keys/@alice_key.atKeys");

    public static async Task<TestWorld> StartAsync(bool isActivated = true)
    {
        var folder = NewFolder();
        var server = await ServerProcess.StartAsync(Path.Combine(folder, "server"), [Alice], Token);
        var world = new TestWorld(folder, server);
        if (isActivated)
        {
            var activated = await world.RunAsync("activate", Alice, "--secret", world.Server.Ready.AtSigns[0].Secret!);
            Assert.Equal((0, ""), (activated.Exit, activated.Exit == 0 ? "" : activated.Errors));
        }

        return world;
    }

    public static string NewFolder() => System.IO.Directory.CreateTempSubdirectory("atsync-e2e-").FullName;

    public static Tool ToolFor(string folder, string root, string authority, params KeyValuePair<string, string?>[] further) => new(
    [
        new("ATSYNC_ROOT", root),
        new("ATSYNC_CA", authority),
        new("ATSYNC_HOME", Path.Combine(folder, "home")),
        new("ATSYNC_PASSPHRASE_FILE", null),
        new("HOME", folder),
        new("USERPROFILE", folder),
        .. further,
    ]);

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public string PathOf(string relative) => Path.Combine(Folder, relative);

    public Task<ToolResult> RunAsync(params IEnumerable<string> arguments) => Tool.RunAsync(Token, arguments);

    /// <summary>Runs a command that has to succeed; its stdout.</summary>
    public async Task<string> DoAsync(params IEnumerable<string> arguments)
    {
        var list = arguments.ToArray();
        var result = await RunAsync(list);
        Assert.True(result.Exit == 0, $"atsync {string.Join(' ', list)} ended with {result.Exit}: {result.Output}{result.Errors}");
        return result.Output;
    }

    /// <summary>Syncs a device until it is in step.</summary>
    public async Task SyncAsync(string store) =>
        Assert.Contains("\"inSync\":true", await DoAsync("sync", Alice, "--store", PathOf(store), "--json"), StringComparison.Ordinal);

    /// <summary>What a device holds, as text.</summary>
    public Task<string> ExportAsync(string store) => DoAsync("export", Alice, "-", "--store", PathOf(store), "--offline");

    /// <summary>SIGKILL, and a new process on the same data.</summary>
    public async Task KillServerAsync()
    {
        await StopServerAsync();
        await StartServerAsync();
    }

    /// <summary>SIGKILL.</summary>
    public async Task StopServerAsync()
    {
        Server.Process.Kill();
        await Server.DisposeAsync();
    }

    /// <summary>A new process on the same data.</summary>
    public async Task StartServerAsync() => Server = await ServerProcess.StartAsync(ServerFolder, [], Token);

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        System.IO.Directory.Delete(Folder, recursive: true);
    }
}
