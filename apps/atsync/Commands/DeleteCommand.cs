using System.CommandLine;
using AtSync.App.CommandLine;
using AtSync.Client;

namespace AtSync.App.Commands;

/// <summary><c>atsync delete</c>: deletes, then pushes.</summary>
internal static class DeleteCommand
{
    public static Command Build()
    {
        var at = new ClientArguments();
        var push = new PushAfterWrite();
        var key = KeyArgument.Required();
        var command = new Command("delete", "Delete a key: durable at once, pushed when in touch.");
        at.AddTo(command, hasRemote: true);
        command.Arguments.Add(key);
        push.AddTo(command);
        return command.With(async (arguments, output, cancellationToken) =>
        {
            var name = arguments.GetRequiredValue(key);
            // File records are named by a keyed hash: finding them needs the keys.
            await using var client = await at.OpenAsync(arguments, output, needsKeys: true, isLive: false, cancellationToken);
            if (at.IsRemote(arguments))
            {
                var commit = await client.WriteRemoteAsync(new AtWrite(name, null), cancellationToken);
                output.Result(
                    writer =>
                    {
                        writer.WriteBoolean("deleted"u8, true);
                        writer.WriteBoolean("pushed"u8, true);
                        writer.WriteNumber("commitId"u8, commit);
                    },
                    $"deleted remotely, commit {commit}");
                return ExitCode.Done;
            }

            var wasThere = await client.DeleteAsync(name, cancellationToken);
            if (!name.Contains(':', StringComparison.Ordinal))
            {
                wasThere |= await client.Files.DeleteAsync(name, cancellationToken);
            }

            return wasThere
                ? await push.RunAsync(client, arguments, at, output, "deleted", cancellationToken)
                : throw new CliException(ExitCode.NotFound, $"'{name}' is not in this device's store. 'atsync sync' brings what other devices wrote.");
        });
    }
}
