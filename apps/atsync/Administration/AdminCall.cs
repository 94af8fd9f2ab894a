using System.Text.Json;
using AtSync.App.CommandLine;
using AtSync.App.Hosting;
using AtSync.Server.Administration;
using AtSync.Storage;
using AtSync.Transport;
using Microsoft.Extensions.Logging;

namespace AtSync.App.Administration;

/// <summary>
/// Asks for something to be done with a server: through its socket while it runs, on its files while nobody holds their lock. The answers are the same.
/// </summary>
internal static class AdminCall
{
    private const int AnswerBytesMax = 64 * 1024;

    /// <summary>Runs it to its end.</summary>
    /// <param name="data">The data folder.</param>
    /// <param name="request">What.</param>
    /// <param name="onEntry">Gets each line of a list.</param>
    /// <param name="onProgress">Gets done and total now and then.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The last answer.</returns>
    /// <exception cref="CliException">Not done; says why.</exception>
    public static async Task<JsonElement> RunAsync(
        string data, AdminRequest request, Action<JsonElement> onEntry, Action<long, long> onProgress, CancellationToken cancellationToken)
    {
        // What brings an atSign makes the folder.
        if (!System.IO.Directory.Exists(data) && request.Command is not (AdminCommand.Add or AdminCommand.Import))
        {
            throw new CliException(ExitCode.NotFound, $"There is no data folder '{data}'.");
        }

        var line = JsonLines.Format(request.Write);
        JsonElement? last = null;
        if (await ConnectAsync(data, cancellationToken) is { } stream)
        {
            await using (stream)
            {
                await stream.WriteAsync(line, cancellationToken);
                var answers = new JsonLines(stream, AnswerBytesMax);
                while (last is null && await answers.ReadAsync(cancellationToken) is { } answer)
                {
                    Take(answer);
                }
            }
        }
        else
        {
            await using var server = await OpenAsync(data);
            await AdminSession.RunAsync(
                line,
                server.Administration,
                answer =>
                {
                    Take(answer);
                    return ValueTask.CompletedTask;
                },
                cancellationToken);
        }

        return last switch
        {
            null => throw new CliException(ExitCode.Network, "The server ended before it answered. Whether it was done is not known: look with 'atsync atsign list'."),
            { } answer when answer.GetProperty("ok"u8).GetBoolean() => answer,
            { } refusal => throw Failure(refusal),
        };

        void Take(ReadOnlyMemory<byte> answer)
        {
            using var document = JsonDocument.Parse(answer);
            var root = document.RootElement;
            if (root.TryGetProperty("entry"u8, out var entry))
            {
                onEntry(entry);
            }
            else if (root.TryGetProperty("progress"u8, out var progress))
            {
                onProgress(progress.GetProperty("done"u8).GetInt64(), progress.GetProperty("total"u8).GetInt64());
            }
            else
            {
                last = root.Clone();
            }
        }
    }

    /// <summary>Null when no server runs there that can be asked.</summary>
    private static async Task<Stream?> ConnectAsync(string data, CancellationToken cancellationToken)
    {
        var socket = DataFolder.AdminSocketOf(data);
        try
        {
            return File.Exists(socket) ? await LocalSocketListener.ConnectAsync(socket, cancellationToken) : null;
        }
        catch (NetworkException)
        {
            // What a killed server left there; if one is running nevertheless, the lock says so.
            return null;
        }
    }

    private static async Task<StoppedServer> OpenAsync(string data)
    {
        try
        {
            return await StoppedServer.OpenAsync(data, new ConsoleLog(LogLevel.Error, TimeProvider.System));
        }
        catch (StoreException held) when (held.Fault == StoreFault.Locked)
        {
            throw new CliException(
                ExitCode.Local,
                $"The data folder '{data}' is in use by an atsync that can't be asked: it is starting or ending, it belongs to another user, or '{DataFolder.AdminSocketOf(data)}' is too long for a socket.",
                held);
        }
    }

    private static CliException Failure(JsonElement answer)
    {
        var fault = answer.TryGetProperty("fault"u8, out var name) ? name.GetString() : null;
        var exit = fault switch
        {
            "usage" => ExitCode.Usage,
            "notFound" => ExitCode.NotFound,
            "store" => ExitCode.Local,
            "network" => ExitCode.Network,
            _ => ExitCode.Refused,
        };
        return new CliException(exit, answer.GetProperty("error"u8).GetString() ?? "Refused.");
    }
}
