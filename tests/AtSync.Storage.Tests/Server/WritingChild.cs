using System.Diagnostics;
using System.Globalization;
using AtSync.Protocol;
using AtSync.Storage.Server;

namespace AtSync.Storage.Tests.Server;

/// <summary>
/// Another process that writes <see cref="History"/> into a folder and prints the number of acknowledged calls after each. It is this
/// same program, which finds the folder in its environment when it begins.
/// </summary>
public sealed class WritingChild : IDisposable
{
    private const string Variable = "ATSYNC_STORAGE_TEST_CHILD";

    private readonly Process _process;

    private WritingChild(Process process) => _process = process;

    public static WritingChild Start(string folder)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(WritingChild).Assembly.Location])
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
            Environment = { [Variable] = folder },
        };
        return new WritingChild(Process.Start(start)!);
    }

    /// <summary>The next number.</summary>
    public async Task<int> ReadAsync() =>
        int.Parse(await _process.StandardOutput.ReadLineAsync() ?? throw new EndOfStreamException("The child ended."), CultureInfo.InvariantCulture);

    /// <summary>SIGKILL.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>The last number it managed to print whole, 0 when none was left.</summary>
    public async Task<int> ReadRestAsync()
    {
        var rest = await _process.StandardOutput.ReadToEndAsync();
        var whole = rest[..(rest.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return whole.Length == 0 ? 0 : int.Parse(whole[^1], CultureInfo.InvariantCulture);
    }

    public void Dispose() => _process.Dispose();

    /// <summary>Where this process is to write; null when it is to run tests.</summary>
    internal static string? FolderFromEnvironment => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } folder ? folder : null;

    /// <summary>Writes until it is killed, or until nobody listens any more.</summary>
    internal static async Task WriteAsync(string folder)
    {
        var engine = SqliteEngine.Open(new SqliteEngineOptions { Folder = folder, Shards = 1 }, new SeededRandom(Environment.ProcessId));
        var alice = AtSign.Parse("@alice");
        var store = await engine.FindAsync(alice, CancellationToken.None) ?? await engine.AddAsync(alice, CancellationToken.None);

        // Asynchronous reads of the console's input block; a thread of its own may.
        var listening = new Thread(() =>
        {
            Console.In.ReadToEnd();
            Environment.Exit(0);
        });
        listening.IsBackground = true;
        listening.Start();
        for (var n = await History.PrefixAsync(store); ; n++)
        {
            await store.ApplyAsync(History.Call(n));
            Console.WriteLine(n + 1);
        }
    }
}
