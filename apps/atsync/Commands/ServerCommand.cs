using System.CommandLine;
using AtSync.App.Configuration;
using AtSync.App.Hosting.Serving;

namespace AtSync.App.Commands;

/// <summary><c>atsync server</c>: an atServer from a configuration file.</summary>
internal static class ServerCommand
{
    public static Command Build() => new ServeCommand<ServerSettings>(
        "server",
        ServerKeys.Table,
        settings => settings.Log,
        settings => settings.ManagementAddress,
        settings => settings.DrainTimeout,
        async (settings, timeProvider, log, cancellationToken) => await ServerServing.StartAsync(settings, timeProvider, log, cancellationToken))
        .AddTo(new Command("server", "Run an atServer from a configuration file; SIGHUP reads it again."));
}
