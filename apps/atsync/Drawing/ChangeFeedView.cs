using AtSync.App.CommandLine;
using AtSync.Client;

namespace AtSync.App.Drawing;

/// <summary>Prints changes until the program is stopped.</summary>
internal static class ChangeFeedView
{
    /// <param name="client">Live, or offline.</param>
    /// <param name="regex">Which keys; null for all.</param>
    /// <param name="withRounds">Tells of the first round's end too.</param>
    /// <param name="output">Where to.</param>
    /// <param name="cancellationToken">Stops it; passes through as an exception.</param>
    public static async Task<ExitCode> RunAsync(AtClient client, string? regex, bool withRounds, Output output, CancellationToken cancellationToken)
    {
        var first = withRounds ? FirstRoundAsync(client, output, cancellationToken) : Task.CompletedTask;
        while (true)
        {
            try
            {
                await PrintAsync(client, regex, output, cancellationToken);
                await first;
                return ExitCode.Done;
            }
            catch (AtException failure) when (failure.Fault == AtFault.FellBehind)
            {
                output.Notice("Some changes were passed over because they could not be printed as fast as they came.");
            }
        }
    }

    private static async Task PrintAsync(AtClient client, string? regex, Output output, CancellationToken cancellationToken)
    {
        await foreach (var change in client.WatchAsync(regex, cancellationToken))
        {
            output.Result(
                writer =>
                {
                    writer.WriteString("key"u8, change.Key.Full);
                    writer.WriteBoolean("deleted"u8, change.IsDeleted);
                    writer.WriteBoolean("remote"u8, change.IsRemote);
                    writer.WriteNumber("commitId"u8, change.CommitId);
                },
                $"{(change.IsRemote ? "received" : "written")} {(change.IsDeleted ? "(deleted) " : "")}{change.Key.Full}");
        }
    }

    /// <summary>A failure here is told and no end: the client goes on trying in the background.</summary>
    private static async Task FirstRoundAsync(AtClient client, Output output, CancellationToken cancellationToken)
    {
        try
        {
            var result = await client.SyncAsync(cancellationToken);
            output.Result(writer => SyncJson.Write(writer, result), SyncJson.Text(result));
        }
        catch (AtException failure)
        {
            output.Error(Problem.Of(failure));
        }
        catch (OperationCanceledException)
        {
            // Stopped before it was in step.
        }
    }
}
