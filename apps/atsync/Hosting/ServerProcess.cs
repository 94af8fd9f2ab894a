using System.Diagnostics;
using System.Text;
using AtSync.App.CommandLine;

namespace AtSync.App.Hosting;

/// <summary>An <c>atsync up</c> in a process of its own, with everything on free ports. It ends when this process does, however that ends.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(20);
    private readonly Process _process;
    private readonly StringBuilder _messages;

    private ServerProcess(Process process, StringBuilder messages, ReadyLine ready)
    {
        _process = process;
        _messages = messages;
        Ready = ready;
    }

    public ReadyLine Ready { get; }

    public Process Process => _process;

    /// <summary>What it wrote to stderr so far.</summary>
    public string Messages
    {
        get
        {
            lock (_messages)
            {
                return _messages.ToString();
            }
        }
    }

    /// <summary>Starts it and waits for its ready line.</summary>
    public static async Task<ServerProcess> StartAsync(string dataFolder, IReadOnlyList<string> atSigns, CancellationToken cancellationToken)
    {
        var start = OwnProgram.Command(
            ["up", "--data", dataFolder, "--directory-port", "0", "--first-port", "0", "--parent-stdin", .. atSigns.SelectMany(atSign => new[] { "--atsign", atSign })]);
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        var process = Process.Start(start) ?? throw new CliException(ExitCode.Local, $"'{start.FileName}' could not be started.");
        var messages = ChildProcess.GatherErrors(process);
        try
        {
            using var timeout = new CancellationTokenSource(StartTimeout);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
            var line = await process.StandardOutput.ReadLineAsync(stop.Token);
            if (line is not null)
            {
                return new ServerProcess(process, messages, ReadyLine.Parse(line));
            }

            await process.WaitForExitAsync(stop.Token);
            throw new CliException(
                Enum.IsDefined((ExitCode)process.ExitCode) ? (ExitCode)process.ExitCode : ExitCode.Local,
                $"The server did not start (exit {process.ExitCode}): {messages.ToString().Trim()}");
        }
        catch
        {
            process.Kill();
            process.Dispose();
            throw;
        }
    }

    /// <summary>Ends it politely by closing its stdin; kills it when that takes too long.</summary>
    public ValueTask DisposeAsync() => ChildProcess.EndAsync(_process, StopTimeout);
}
