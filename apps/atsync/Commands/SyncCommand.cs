using System.CommandLine;
using AtSync.App.CommandLine;
using AtSync.App.Drawing;

namespace AtSync.App.Commands;

/// <summary><c>atsync sync</c>: one round; with <c>--watch</c> it stays in step and tells of changes until it is stopped.</summary>
internal static class SyncCommand
{
    public static Command Build()
    {
        var at = new ClientArguments();
        var watch = new Option<bool>("--watch") { Description = "Stay in step and print changes until stopped." };
        var retry = new Option<bool>("--retry-refused") { Description = "Try refused edits once more." };
        var command = new Command("sync", "Bring this device and the atServer in step.");
        at.AddTo(command, hasOffline: false);
        command.Options.Add(watch);
        command.Options.Add(retry);
        return command.With(async (arguments, output, cancellationToken) =>
        {
            var isLive = arguments.GetValue(watch);
            await using var client = await at.OpenAsync(arguments, output, needsKeys: true, isLive, cancellationToken);
            if (arguments.GetValue(retry))
            {
                await client.RetryRefusedAsync(null, cancellationToken);
            }

            if (isLive)
            {
                return await ChangeFeedView.RunAsync(client, null, withRounds: true, output, cancellationToken);
            }

            var result = await SyncView.RunAsync(client, output, "sync", cancellationToken);
            output.Result(writer => SyncJson.Write(writer, result), SyncJson.Text(result));
            if (result.Refused == 0 && !result.InSync && await RefusedForNow.FindAsync(client, cancellationToken) is { } refused)
            {
                output.Error(Problem.Of(refused));
                return ExitCode.Refused;
            }

            return result.Refused > 0 ? ExitCode.Refused : ExitCode.Done;
        });
    }
}
