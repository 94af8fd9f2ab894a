using AtSync.App.CommandLine;
using AtSync.Client;
using AtSync.Client.Sync;

namespace AtSync.App.Drawing;

/// <summary>A round of sync with its progress drawn.</summary>
internal static class SyncView
{
    public static Task<SyncResult> RunAsync(AtClient client, Output output, string title, CancellationToken cancellationToken) =>
        ProgressView.RunAsync(output, title, async report =>
        {
            if (!output.IsDrawing)
            {
                return await client.SyncAsync(cancellationToken);
            }

            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var drawing = DrawAsync(client, report, stop.Token);
            try
            {
                return await client.SyncAsync(cancellationToken);
            }
            finally
            {
                await stop.CancelAsync();
                await drawing;
            }
        });

    public static async Task DrawAsync(AtClient client, Action<long, long, string> report, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var progress in client.ProgressAsync(cancellationToken))
            {
                report(progress.Done, progress.Total, $"{PhaseOf(progress.Phase)} {progress.Done:N0}, {Sizes.Text(progress.Bytes)}, {progress.ItemsPerSecond:N0}/s");
            }
        }
        catch (OperationCanceledException)
        {
            // The round has ended.
        }
    }

    private static string PhaseOf(SyncPhase phase) => phase switch
    {
        SyncPhase.Connecting => "connecting",
        SyncPhase.Pulling => "receiving",
        SyncPhase.Pushing => "sending",
        SyncPhase.BackingOff => "waiting",
        _ => "",
    };
}
