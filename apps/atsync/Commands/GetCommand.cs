using System.CommandLine;
using AtSync.App.CommandLine;
using AtSync.Client;

namespace AtSync.App.Commands;

/// <summary><c>atsync get</c>: reads the local secondary, or with <c>--remote</c> the atServer.</summary>
internal static class GetCommand
{
    public static Command Build()
    {
        var at = new ClientArguments();
        var key = KeyArgument.Required();
        var file = new Option<string?>("--file") { Description = "Write the content to this file instead of stdout.", HelpName = "file" };
        var command = new Command("get", "Print a value.");
        at.AddTo(command, hasRemote: true);
        command.Arguments.Add(key);
        command.Options.Add(file);
        return command.With(async (arguments, output, cancellationToken) =>
        {
            var name = arguments.GetRequiredValue(key);
            var destination = arguments.GetValue(file);
            await using var client = await at.OpenAsync(arguments, output, needsKeys: true, isLive: false, cancellationToken);
            var isRemote = at.IsRemote(arguments);
            var value = isRemote ? await client.GetRemoteAsync(name, cancellationToken) : await client.GetAsync(name, cancellationToken);
            if (value is not null)
            {
                await TellAsync(name, value, destination, output, cancellationToken);
                return ExitCode.Done;
            }

            if (!isRemote && !name.Contains(':', StringComparison.Ordinal) && await TellFileAsync(client, name, destination, output, cancellationToken))
            {
                return ExitCode.Done;
            }

            throw new CliException(
                ExitCode.NotFound, isRemote ? $"'{name}' is not there." : $"'{name}' is not in this device's store. 'atsync sync' brings what other devices wrote.");
        });
    }

    private static async Task TellAsync(string key, AtValue value, string? destination, Output output, CancellationToken cancellationToken)
    {
        if (destination is not null)
        {
            await NewFile.WriteAsync(destination, stream => stream.WriteAsync(value.Bytes, cancellationToken).AsTask());
            output.Result(writer => WriteFile(writer, key, destination, value.Bytes.Length), null);
        }
        else if (output.IsJson)
        {
            output.Json(writer => RecordJson.Write(writer, key, value));
        }
        else if (value.Text is { } text)
        {
            output.Text(text);
        }
        else if (Console.IsOutputRedirected)
        {
            output.Raw(value.Bytes.Span);
        }
        else
        {
            output.Text($"({value.Bytes.Length:N0} bytes; write them to a file with --file)");
        }
    }

    private static async Task<bool> TellFileAsync(AtClient client, string path, string? destination, Output output, CancellationToken cancellationToken)
    {
        if (destination is null)
        {
            if (output.IsJson)
            {
                // A file's content may be larger than any JSON reader takes.
                var found = await FindAsync(client, path, cancellationToken);
                return found is null ? false : throw CliException.Usage($"'{path}' is a file of {found.Size:N0} bytes: name where it goes with --file.");
            }

            using var stdout = Console.OpenStandardOutput();
            return await client.Files.GetAsync(path, stdout, cancellationToken) is not null;
        }

        Client.Files.FileEntry? entry = null;
        await NewFile.WriteAsync(destination, async stream => entry = await client.Files.GetAsync(path, stream, cancellationToken), () => entry is not null);
        if (entry is null)
        {
            return false;
        }

        output.Result(writer => WriteFile(writer, path, destination, entry.Size), null);
        return true;
    }

    private static async Task<Client.Files.FileEntry?> FindAsync(AtClient client, string path, CancellationToken cancellationToken)
    {
        await foreach (var entry in client.Files.ListAsync(cancellationToken))
        {
            if (entry.Path == path)
            {
                return entry;
            }
        }

        return null;
    }

    private static void WriteFile(System.Text.Json.Utf8JsonWriter writer, string key, string file, long bytes)
    {
        writer.WriteString("key"u8, key);
        writer.WriteString("file"u8, file);
        writer.WriteNumber("bytes"u8, bytes);
    }
}
