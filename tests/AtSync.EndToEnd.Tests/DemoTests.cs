using System.Text.Json;
using AtSync.Bench.Processes;

namespace AtSync.EndToEnd.Tests;

public sealed class DemoTests : IDisposable
{
    private readonly string _folder = TestWorld.NewFolder();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => System.IO.Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_demo_brings_every_file_back_and_leaves_nothing_behind()
    {
        var files = System.IO.Directory.CreateDirectory(Path.Combine(_folder, "files")).FullName;
        var temp = System.IO.Directory.CreateDirectory(Path.Combine(_folder, "temp")).FullName;
        System.IO.Directory.CreateDirectory(Path.Combine(files, "deep", "er"));
        var random = new Random(5);
        foreach (var (name, size) in new[] { ("empty", 0), (".hidden", 10), ("deep/one byte", 1), ("deep/er/large.bin", 9_000_000), ("na\u00EFve \U0001F600.txt", 70_000) })
        {
            var bytes = new byte[size];
            random.NextBytes(bytes);
            await File.WriteAllBytesAsync(Path.Combine(files, name), bytes, Token);
        }

        File.CreateSymbolicLink(Path.Combine(files, "link"), Path.Combine(files, "empty"));

        var result = await new Tool().RunAsync(Token, "demo", files, "--temp", temp, "--json");

        Assert.True(result.Exit == 0, result.Output + result.Errors);
        using var last = JsonDocument.Parse(result.Lines[^1]);
        Assert.True(last.RootElement.GetProperty("ok").GetBoolean());
        Assert.True(last.RootElement.GetProperty("equal").GetBoolean());
        Assert.Equal(5, last.RootElement.GetProperty("files").GetInt32());
        Assert.Equal(5, last.RootElement.GetProperty("restored").GetInt32());
        Assert.Equal(9_070_011, last.RootElement.GetProperty("bytes").GetInt64());
        Assert.Equal(1, last.RootElement.GetProperty("conflicts").GetInt32());
        Assert.Equal(1, last.RootElement.GetProperty("skipped").GetInt32());
        Assert.StartsWith("{\"ok\":true,\"files\":5,", result.Lines[^1], StringComparison.Ordinal);
        Assert.Empty(System.IO.Directory.EnumerateFileSystemEntries(temp));
    }

    [Fact]
    public async Task Outside_a_checkout_a_folder_has_to_be_named()
    {
        var start = App.Hosting.OwnProgram.Command(["demo", "--json"]);
        start.WorkingDirectory = _folder;
        start.RedirectStandardError = true;
        using var process = System.Diagnostics.Process.Start(start)!;
        var errors = await process.StandardError.ReadToEndAsync(Token);
        await process.WaitForExitAsync(Token);

        Assert.Equal(2, process.ExitCode);
        Assert.Contains("FOLDER", errors, StringComparison.Ordinal);
    }
}
