using System.CommandLine;
using System.Runtime.InteropServices;
using AtSync.App.CommandLine;
using AtSync.App.Configuration;
using AtSync.App.Hosting.Management;
using AtSync.Transport;
using Microsoft.Extensions.Logging;

namespace AtSync.App.Hosting.Serving;

/// <summary>
/// How <c>atsync server</c> and <c>atsync directory</c> run: read the configuration, start, say so, reload when something changes, drain at the
/// end. They differ in their table of keys and in what is started.
/// </summary>
internal sealed class ServeCommand<TSettings>(
    string name,
    SettingTable<TSettings> table,
    Func<TSettings, LogSettings> logOf,
    Func<TSettings, string> managementOf,
    Func<TSettings, TimeSpan> drainOf,
    Func<TSettings, TimeProvider, ILoggerFactory, CancellationToken, Task<IServing<TSettings>>> startAsync)
{
    /// <summary>Gives a command the options and the body.</summary>
    public Command AddTo(Command command)
    {
        var config = new Option<string?>("--config") { Description = "The configuration file (JSON; comments allowed).", HelpName = "file" };
        var check = new Option<bool>("--check") { Description = "Only check the configuration: 0 when it can be used." };
        var print = new Option<bool>("--print-config")
        {
            Description = "Only print the configuration in force, with every key and its meaning; without --config that of the defaults.",
        };
        var parentStdin = new Option<bool>("--parent-stdin") { Description = "End when stdin closes (for programs that start this one).", Hidden = true };
        command.Options.Add(config);
        command.Options.Add(check);
        command.Options.Add(print);
        command.Options.Add(parentStdin);
        return command.With(async (arguments, output, cancellationToken) =>
        {
            var environment = Environment.GetEnvironmentVariables();
            var file = arguments.GetValue(config);
            if (file is null && !arguments.GetValue(print))
            {
                throw CliException.Usage($"'atsync {name}' needs its configuration: --config FILE. 'atsync {name} --print-config' prints one to begin with.");
            }

            if (arguments.GetValue(print))
            {
                Print(table.LoadUnchecked(file, environment), output);
                return ExitCode.Done;
            }

            var settings = table.Load(file!, environment);
            if (arguments.GetValue(check))
            {
                output.Result(writer => writer.WriteBoolean("ok"u8, true), $"'{file}' can be used.");
                return ExitCode.Done;
            }

            await RunAsync(file!, environment, settings, arguments.GetValue(parentStdin), output, cancellationToken);
            return ExitCode.Done;
        });
    }

    private void Print(TSettings settings, Output output)
    {
        if (output.IsJson)
        {
            output.Json(writer => table.Write(writer, settings));
        }
        else
        {
            output.Text(table.Document(settings).TrimEnd('\n'));
        }
    }

    private async Task RunAsync(
        string file, System.Collections.IDictionary environment, TSettings settings, bool endsWithStdin, Output output, CancellationToken cancellationToken)
    {
        var timeProvider = TimeProvider.System;
        var openFiles = FileDescriptorLimit.Raise();
        using var log = new ConsoleLog(logOf(settings), timeProvider, Console.Error);
        var logger = log.CreateLogger("AtSync.Hosting");
        await using var serving = await startAsync(settings, timeProvider, log, cancellationToken);
        using var telemetry = new Telemetry(name, hasMetrics: managementOf(settings).Length > 0);
        await using var management = managementOf(settings) is { Length: > 0 } address
            ? await ManagementEndpoint.StartAsync(
                ListenAddresses.Parse(address)!, serving.WhyNotReadyAsync, telemetry.Metrics, timeProvider, log, cancellationToken)
            : null;
        await using var reload = new ReloadLoop<TSettings>(file, environment, table, settings, logOf, serving, log, timeProvider);
        reload.Start();
        using var hangUp = OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = true;
            reload.Ask();
        });

        output.Json(writer =>
        {
            writer.WriteBoolean("ready"u8, true);
            serving.WriteReady(writer);
            writer.WriteString("management"u8, management?.Address);
        });
        HostingLog.Ready(logger, name, openFiles);
        ServiceNotice.Ready();
        try
        {
            await (endsWithStdin ? ParentWatch.UntilStdinClosesAsync(cancellationToken) : Task.Delay(Timeout.Infinite, cancellationToken));
        }
        catch (OperationCanceledException)
        {
            // A signal is the ordinary way to end it.
        }

        ServiceNotice.Stopping();
        var patience = drainOf(reload.Settings);
        HostingLog.Stopping(logger, patience.TotalSeconds);
        using var timeout = new CancellationTokenSource(patience);
        await serving.DrainAsync(timeout.Token);
    }
}
