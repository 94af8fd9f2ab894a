using System.CommandLine;
using AtSync.App.CommandLine;

namespace AtSync.App.Commands;

/// <summary><c>atsync keys</c>: lists keys of the local secondary, or with <c>--remote</c> of the atServer.</summary>
internal static class KeysCommand
{
    public static Command Build()
    {
        var at = new ClientArguments();
        var regex = new Argument<string?>("regex") { Description = "Only keys that match it.", HelpName = "REGEX", Arity = ArgumentArity.ZeroOrOne };
        var all = new Option<bool>("--all") { Description = "Hidden and system keys too." };
        var command = new Command("keys", "List keys.");
        at.AddTo(command, hasRemote: true);
        command.Arguments.Add(regex);
        command.Options.Add(all);
        return command.With(async (arguments, output, cancellationToken) =>
        {
            await using var client = await at.OpenAsync(arguments, output, at.IsRemote(arguments), isLive: false, cancellationToken);
            if (at.IsRemote(arguments))
            {
                foreach (var key in await client.ScanRemoteAsync(arguments.GetValue(regex), cancellationToken))
                {
                    output.Result(writer => writer.WriteString("key"u8, key), key);
                }

                return ExitCode.Done;
            }

            await foreach (var record in client.ScanAsync(arguments.GetValue(regex), arguments.GetValue(all), cancellationToken: cancellationToken))
            {
                output.Result(
                    writer =>
                    {
                        writer.WriteString("key"u8, record.Key.Full);
                        writer.WriteNumber("commitId"u8, record.CommitId);
                        writer.WriteBoolean("pending"u8, record.IsPending);
                        if (record.ExpiresAt is { } expires)
                        {
                            writer.WriteString("expiresAt"u8, expires.UtcDateTime);
                        }
                    },
                    record.Key.Full);
            }

            return ExitCode.Done;
        });
    }
}
