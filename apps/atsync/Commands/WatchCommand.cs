using System.CommandLine;
using AtSync.App.CommandLine;
using AtSync.App.Drawing;

namespace AtSync.App.Commands;

/// <summary><c>atsync watch</c>: stays in step and prints changes, local and remote, until it is stopped.</summary>
internal static class WatchCommand
{
    public static Command Build()
    {
        var at = new ClientArguments();
        var regex = new Argument<string?>("regex") { Description = "Only keys that match it.", HelpName = "REGEX", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("watch", "Print changes as they become durable here, until stopped.");
        at.AddTo(command);
        command.Arguments.Add(regex);
        return command.With(async (arguments, output, cancellationToken) =>
        {
            await using var client = await at.OpenAsync(arguments, output, needsKeys: true, isLive: !at.IsOffline(arguments), cancellationToken);
            return await ChangeFeedView.RunAsync(client, arguments.GetValue(regex), withRounds: false, output, cancellationToken);
        });
    }
}
