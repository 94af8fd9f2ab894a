using System.CommandLine;
using System.CommandLine.Parsing;
using AtSync.App.Commands;

namespace AtSync.App.CommandLine;

/// <summary>What a command does, once its arguments are known to be well formed.</summary>
internal delegate Task<ExitCode> CommandBody(ParseResult arguments, Output output, CancellationToken cancellationToken);

/// <summary>The command line: parses, runs one command, and turns what it throws into a message and an exit code.</summary>
internal static class Cli
{
    private static readonly Option<bool> Json = new("--json")
    {
        Description = "One JSON object per line on stdout; errors as JSON on stderr.",
        Recursive = true,
    };

    public static async Task<int> RunAsync(string[] args)
    {
        // Arguments begin with @: without this "put @alice" would be read as a file of arguments.
        var parsed = Root().Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false });
        using var output = new Output(args.Contains("--json"));
        if (parsed.Errors.Count > 0)
        {
            output.Error(new Problem(ExitCode.Usage, UsageMessage(parsed), null));
            return (int)ExitCode.Usage;
        }

        using var signals = new StopSignals();
        var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
        try
        {
            return await parsed.InvokeAsync(configuration, signals.Token);
        }
        catch (Exception failure)
        {
            // The owner of the process: nothing is left to go on with.
            var problem = Problem.Of(failure);
            if (problem.Exit != ExitCode.Interrupted)
            {
                output.Error(problem);
            }

            return (int)problem.Exit;
        }
    }

    /// <summary>Gives a command its body.</summary>
    public static Command With(this Command command, CommandBody body)
    {
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var output = new Output(arguments.GetValue(Json));
            return (int)await body(arguments, output, cancellationToken);
        });
        return command;
    }

    private static RootCommand Root()
    {
        var root = new RootCommand("AtSync: the atPlatform's synchronization. Servers, devices and data from one program.")
        {
            DemoCommand.Build(),
            UpCommand.Build(),
            ServerCommand.Build(),
            DirectoryCommand.Build(),
            AtSignCommand.Build(),
            BackupCommand.Build(),
            RestoreCommand.Build(),
            ActivateCommand.Build(),
            PutCommand.Build(),
            GetCommand.Build(),
            DeleteCommand.Build(),
            KeysCommand.Build(),
            ImportCommand.Build(),
            ExportCommand.Build(),
            SyncCommand.Build(),
            StatusCommand.Build(),
            WatchCommand.Build(),
            ConflictsCommand.Build(),
            ConformanceCommand.Build(),
        };
        root.Options.Add(Json);
        return root;
    }

    /// <summary>What does not parse is told by its place; the type of this program's variable says nothing to people.</summary>
    private static string WithoutType(string message) =>
        message.IndexOf(" as expected type '", StringComparison.Ordinal) is >= 0 and var at ? message[..at] + "." : message;

    private static string UsageMessage(ParseResult parsed)
    {
        var names = new List<string>();
        for (SymbolResult? result = parsed.CommandResult; result is CommandResult { Command: not RootCommand } command; result = result.Parent)
        {
            names.Insert(0, command.Command.Name);
        }

        return string.Join(' ', parsed.Errors.Select(error => WithoutType(error.Message)).Distinct()) + $" See '{string.Join(' ', ["atsync", .. names])} --help'.";
    }
}
