using System.Diagnostics;
using System.Text;

namespace AtSync.App.Hosting;

/// <summary>A program that was started with redirected streams and ends when its stdin closes.</summary>
internal static class ChildProcess
{
    /// <summary>Gathers what it writes to stderr; read the result under its own lock.</summary>
    public static StringBuilder GatherErrors(Process process)
    {
        var messages = new StringBuilder();
        process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is { } text)
            {
                lock (messages)
                {
                    messages.AppendLine(text);
                }
            }
        };
        process.BeginErrorReadLine();
        return messages;
    }

    /// <summary>Ends it politely by closing its stdin, kills it when that takes longer than <paramref name="patience"/>, and disposes it.</summary>
    public static async ValueTask EndAsync(Process process, TimeSpan patience)
    {
        try
        {
            process.StandardInput.Close();
            using var timeout = new CancellationTokenSource(patience);
            await process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
        }
        catch (Exception failure) when (failure is IOException or InvalidOperationException)
        {
            // It has ended already.
        }

        process.Dispose();
    }
}
