using System.Diagnostics;

namespace AtSync.Storage.Tests.Local;

/// <summary>Another process over the same store: this test program again, told by its environment what to do. It speaks through a file and ends by itself when its parent does.</summary>
public sealed class StoreChild : IDisposable
{
    private const string Scenario = "ATSYNC_STORE_CHILD";
    private const string Folder = "ATSYNC_STORE_FOLDER";
    private const string Output = "ATSYNC_STORE_OUTPUT";

    private readonly Process? _process;
    private readonly string _output = "";
    private int _linesRead;

    /// <summary>For the runner.</summary>
    public StoreChild()
    {
    }

    private StoreChild(Process process, string output) => (_process, _output) = (process, output);

    internal static StoreChild Start(string scenario, string folder)
    {
        var output = Path.GetTempFileName();
        var info = new ProcessStartInfo("dotnet") { RedirectStandardInput = true, RedirectStandardOutput = true };
        info.ArgumentList.Add(typeof(StoreChild).Assembly.Location);
        info.ArgumentList.Add("--filter-method");
        info.ArgumentList.Add($"*{nameof(StoreChild)}.{nameof(Does_as_its_parent_says)}");
        info.Environment[Scenario] = scenario;
        info.Environment[Folder] = folder;
        info.Environment[Output] = output;
        return new StoreChild(Process.Start(info)!, output);
    }

    /// <summary>The newest line the child has written, once there is a newer one.</summary>
    internal async Task<string> ReadLineAsync()
    {
        while (true)
        {
            // A short wait for another process, which has no event to offer that would be simpler.
            var lines = await ReadLinesAsync();
            if (lines.Length > _linesRead)
            {
                _linesRead = lines.Length;
                return lines[^1];
            }

            Assert.False(_process!.HasExited, "the child ended early");
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }

    internal async Task WaitForExitAsync()
    {
        _process!.StandardInput.Close();
        var text = await _process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(_process.ExitCode == 0, text);
    }

    internal void Kill()
    {
        _process!.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (_process is not null)
        {
            if (!_process.HasExited)
            {
                Kill();
            }

            _process.Dispose();
            File.Delete(_output);
        }
    }

    /// <summary>The child's side; nothing to do in an ordinary run.</summary>
    [Fact]
    public async Task Does_as_its_parent_says()
    {
        if (Environment.GetEnvironmentVariable(Scenario) is not { } scenario)
        {
            return;
        }

        using var folder = new StoreFolderFixture();
        await using var store = await folder.OpenAsync(folder: Environment.GetEnvironmentVariable(Folder));
        switch (scenario)
        {
            case "write":
                for (var i = 1; ; i++)
                {
                    await store.PutAsync($"write{i}", $"{i}");
                    Say($"{i}");
                }

            case "write100":
                for (var i = 1; i <= 100; i++)
                {
                    await store.PutAsync($"child{i}", $"{i}");
                }

                store.Signal();
                break;
            case "lock":
                var held = store.TryTakeSyncLock();
                Say(held is null ? "refused" : "held");
                await Console.In.ReadToEndAsync();
                break;
            case "read":
                Say((await store.GetAsync("late", default)) is { } record ? LocalFixtures.Text(record.Value) : "absent");
                break;
            default:
                throw new InvalidOperationException(scenario);
        }
    }

    private static void Say(string line) =>
        File.AppendAllText(Environment.GetEnvironmentVariable(Output)!, line + "\n");

    private async Task<string[]> ReadLinesAsync()
    {
        await using var file = new FileStream(_output, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(file);
        var text = await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
        var end = text.LastIndexOf('\n');
        return end < 0 ? [] : text[..end].Split('\n');
    }
}
