using System.CommandLine;
using AtSync.App.CommandLine;
using AtSync.App.Configuration;
using AtSync.App.Hosting;
using AtSync.App.Hosting.Serving;
using AtSync.Directory.Administration;
using AtSync.Protocol;
using AtSync.Storage.Server;
using AtSync.Transport;

namespace AtSync.App.Commands;

/// <summary><c>atsync directory</c>: an atDirectory from a configuration file; its subcommands administer the addresses of one, running or not.</summary>
internal static class DirectoryCommand
{
    public static Command Build()
    {
        var command = new ServeCommand<DirectorySettings>(
            "directory",
            DirectoryKeys.Table,
            settings => settings.Log,
            settings => settings.ManagementAddress,
            settings => settings.DrainTimeout,
            async (settings, timeProvider, log, cancellationToken) => await DirectoryServing.StartAsync(settings, timeProvider, log, cancellationToken))
            .AddTo(new Command("directory", "Run an atDirectory from a configuration file, or change what one answers."));
        command.Subcommands.Add(List());
        command.Subcommands.Add(Find());
        command.Subcommands.Add(Set());
        command.Subcommands.Add(Remove());
        return command;
    }

    private static Command List()
    {
        var data = Data();
        return new Command("list", "List every atSign and its address.") { data }.With(async (arguments, output, cancellationToken) =>
        {
            await using var book = Open(arguments.GetRequiredValue(data));
            await foreach (var (atSign, address) in book.ListAsync("", cancellationToken))
            {
                Show(output, atSign, address);
            }

            return ExitCode.Done;
        });
    }

    private static Command Find()
    {
        var (data, atSign) = (Data(), AtSignArgument());
        return new Command("find", "Say where an atSign's atServer is.") { atSign, data }.With(async (arguments, output, cancellationToken) =>
        {
            await using var book = Open(arguments.GetRequiredValue(data));
            var name = Parse(arguments.GetRequiredValue(atSign));
            Show(output, name, await book.FindAsync(name, cancellationToken) ?? throw NotThere(name));
            return ExitCode.Done;
        });
    }

    private static Command Set()
    {
        var (data, atSign) = (Data(), AtSignArgument());
        var address = new Argument<string>("address") { Description = "host:port of its atServer." };
        return new Command("set", "Register an atSign, or change its address.") { atSign, address, data }.With(async (arguments, output, cancellationToken) =>
        {
            var name = Parse(arguments.GetRequiredValue(atSign));
            var text = arguments.GetRequiredValue(address);
            if (!HostPort.TryParse(text, out var parsed))
            {
                throw CliException.Usage($"'{text}' is no address. Write host:port, for example alice.at.example.com:6464.");
            }

            await using var book = Open(arguments.GetRequiredValue(data));
            await book.SetAsync(name, parsed.ToString(), cancellationToken);
            Show(output, name, parsed.ToString());
            return ExitCode.Done;
        });
    }

    private static Command Remove()
    {
        var (data, atSign) = (Data(), AtSignArgument());
        return new Command("remove", "Take an atSign out of the atDirectory.") { atSign, data }.With(async (arguments, output, cancellationToken) =>
        {
            await using var book = Open(arguments.GetRequiredValue(data));
            var name = Parse(arguments.GetRequiredValue(atSign));
            if (!await book.RemoveAsync(name, cancellationToken))
            {
                throw NotThere(name);
            }

            output.Result(writer => writer.WriteString("removed"u8, name.ToString()), $"{name} removed");
            return ExitCode.Done;
        });
    }

    /// <summary>Through the socket of the running atDirectory; on its file when none runs, which several processes may open.</summary>
    private static IAddressBook Open(string data)
    {
        if (File.Exists(DataFolder.AdminSocketOf(data)))
        {
            return new SocketAddressBook(DataFolder.AdminSocketOf(data));
        }

        var file = DataFolder.AddressFileOf(data);
        return File.Exists(file)
            ? SqliteAddressBook.Open(file)
            : throw new CliException(ExitCode.NotFound, $"There is no atDirectory in '{data}': '{file}' does not exist.");
    }

    private static void Show(Output output, AtSign atSign, string address) => output.Result(
        writer =>
        {
            writer.WriteString("atSign"u8, atSign.ToString());
            writer.WriteString("address"u8, address);
        },
        $"{atSign} {address}");

    private static CliException NotThere(AtSign atSign) => new(ExitCode.NotFound, $"{atSign} is not in this atDirectory.");

    private static AtSign Parse(string text) => AtSign.TryParse(text, out var atSign, out var problem)
        ? atSign
        : throw CliException.Usage($"'{text}' is no atSign: {problem}.");

    private static Option<string> Data() => new("--data") { Description = "The atDirectory's data folder.", HelpName = "dir", Required = true };

    private static Argument<string> AtSignArgument() => new("@atSign") { Description = "The atSign." };
}
