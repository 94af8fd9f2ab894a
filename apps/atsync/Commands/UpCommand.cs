using System.CommandLine;
using AtSync.App.CommandLine;
using AtSync.App.Hosting;
using AtSync.Protocol;
using AtSync.Transport;
using Microsoft.Extensions.Logging;

namespace AtSync.App.Commands;

/// <summary><c>atsync up</c>: an atDirectory and an atServer in one process, for trying out, developing and small installations.</summary>
internal static class UpCommand
{
    /// <summary>Time that sessions have for ending politely.</summary>
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(10);

    public static Command Build()
    {
        var data = new Option<string>("--data") { Description = "Folder for everything it keeps; made when missing.", HelpName = "dir", Required = true };
        var directoryPort = Port("--directory-port", $"Port of the atDirectory; 0 takes a free one [default: that of the last run, {UpOptions.DirectoryPortDefault}].");
        var firstPort = Port("--first-port", $"Port of the first new atSign, counting up; 0 takes free ones [default: {UpOptions.FirstPortDefault}].");
        var atSigns = new Option<string[]>("--atsign")
        {
            Description = "Host this atSign too; may be given several times.",
            HelpName = "@atSign",
            AllowMultipleArgumentsPerToken = true,
        };
        atSigns.Validators.Add(result =>
        {
            foreach (var token in result.Tokens)
            {
                if (!AtSign.TryParse(token.Value, out _, out var problem))
                {
                    result.AddError($"'{token.Value}' is no atSign: {problem}.");
                }
            }
        });
        var verbose = new Option<bool>("--verbose") { Description = "Log what happens, not only what goes wrong, to stderr." };
        var parentStdin = new Option<bool>("--parent-stdin") { Description = "End when stdin closes (for programs that start this one).", Hidden = true };

        return new Command("up", "Run an atDirectory and an atServer on this machine, with an own certificate authority.")
        {
            data, directoryPort, firstPort, atSigns, verbose, parentStdin,
        }.With(async (arguments, output, cancellationToken) =>
        {
            var options = new UpOptions(
                arguments.GetRequiredValue(data),
                arguments.GetValue(directoryPort),
                arguments.GetValue(firstPort) ?? UpOptions.FirstPortDefault,
                [.. (arguments.GetValue(atSigns) ?? []).Select(text => AtSign.Parse(text))]);
            var level = arguments.GetValue(verbose) ? LogLevel.Information : LogLevel.Warning;
            await RunAsync(options, level, arguments.GetValue(parentStdin), output, cancellationToken);
            return ExitCode.Done;
        });
    }

    private static async Task RunAsync(UpOptions options, LogLevel level, bool endsWithStdin, Output output, CancellationToken cancellationToken)
    {
        FileDescriptorLimit.Raise();
        using var log = new ConsoleLog(level, TimeProvider.System);
        var (host, ready) = await UpHost.StartAsync(options, TimeProvider.System, log, cancellationToken);
        await using (host)
        {
            output.Json(ready.Write);
            try
            {
                await (endsWithStdin ? ParentWatch.UntilStdinClosesAsync(cancellationToken) : Task.Delay(Timeout.Infinite, cancellationToken));
            }
            catch (OperationCanceledException)
            {
                // A signal is the ordinary way to end it.
            }

            using var timeout = new CancellationTokenSource(DrainTimeout);
            await host.DrainAsync(timeout.Token);
        }
    }

    private static Option<int?> Port(string name, string description)
    {
        var option = new Option<int?>(name) { Description = description, HelpName = "port" };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, out var port) && port is < 0 or > 65_535)
            {
                result.AddError($"{name} takes a port from 0 to 65535, not {port}.");
            }
        });
        return option;
    }
}
