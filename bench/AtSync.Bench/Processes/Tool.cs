using System.Diagnostics;
using AtSync.App.Hosting;

namespace AtSync.Bench.Processes;

/// <summary>Runs <c>atsync</c> in processes of its own, as a person or a script would.</summary>
/// <param name="environment">Variables of every process besides the inherited ones; null removes one.</param>
internal sealed class Tool(params IEnumerable<KeyValuePair<string, string?>> environment)
{
    /// <summary>Far above what any command takes; a process that hangs is killed and reported.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly KeyValuePair<string, string?>[] _environment = [.. environment];

    /// <summary>Runs one command to its end.</summary>
    public Task<ToolResult> RunAsync(CancellationToken cancellationToken, params IEnumerable<string> arguments) =>
        RunAsync(arguments, input: null, killAfter: null, cancellationToken);

    /// <summary>Runs one command.</summary>
    /// <param name="arguments">Of <c>atsync</c>.</param>
    /// <param name="input">Its stdin; null = empty.</param>
    /// <param name="killAfter">SIGKILL after this time, if it still runs; null lets it end.</param>
    /// <param name="cancellationToken">Kills it.</param>
    public async Task<ToolResult> RunAsync(IEnumerable<string> arguments, string? input, TimeSpan? killAfter, CancellationToken cancellationToken)
    {
        using var process = Start(arguments);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var errors = process.StandardError.ReadToEndAsync(cancellationToken);
            await WriteInputAsync(process, input);
            using var timeout = new CancellationTokenSource(killAfter ?? Patience);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
            var isKilled = false;
            try
            {
                await process.WaitForExitAsync(stop.Token);
            }
            catch (OperationCanceledException) when (timeout.IsCancellationRequested && killAfter is not null)
            {
                process.Kill();
                isKilled = true;
                await process.WaitForExitAsync(cancellationToken);
            }

            return new ToolResult(process.ExitCode, await output, await errors, isKilled);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }

    /// <summary>Starts one command and leaves it to the caller.</summary>
    public Process Start(IEnumerable<string> arguments)
    {
        var start = OwnProgram.Command(arguments);
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        foreach (var (name, value) in _environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    private static async Task WriteInputAsync(Process process, string? input)
    {
        try
        {
            if (input is not null)
            {
                await process.StandardInput.WriteAsync(input);
            }

            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading.
        }
    }
}

/// <summary>How a run of <c>atsync</c> ended.</summary>
/// <param name="Exit">Exit code.</param>
/// <param name="Output">stdout.</param>
/// <param name="Errors">stderr.</param>
/// <param name="IsKilled">It was killed before its end.</param>
internal sealed record ToolResult(int Exit, string Output, string Errors, bool IsKilled)
{
    /// <summary>Lines of stdout.</summary>
    public IReadOnlyList<string> Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
