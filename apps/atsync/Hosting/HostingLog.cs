using Microsoft.Extensions.Logging;

namespace AtSync.App.Hosting;

/// <summary>Every message of the programs that serve; event ids 5000 to 5099.</summary>
internal static partial class HostingLog
{
    [LoggerMessage(5000, LogLevel.Warning, "The atDirectory could not be told where the atSigns are; it will be tried again: {Reason}")]
    public static partial void NotRegistered(ILogger log, string reason);

    [LoggerMessage(5001, LogLevel.Information, "The atDirectory knows where the atSigns are.")]
    public static partial void Registered(ILogger log);

    [LoggerMessage(5002, LogLevel.Warning, "A connection to the administration failed.")]
    public static partial void AdministrationFailed(ILogger log, Exception failure);

    [LoggerMessage(5003, LogLevel.Information, "The configuration was read again; changed: {Keys}.")]
    public static partial void Reloaded(ILogger log, string keys);

    [LoggerMessage(5004, LogLevel.Error, "What changed can't be used; what was in force stays: {Reason}")]
    public static partial void ReloadRefused(ILogger log, string reason);

    [LoggerMessage(5005, LogLevel.Warning, "These keys changed and take a restart: {Keys}.")]
    public static partial void NeedsRestart(ILogger log, string keys);

    [LoggerMessage(5006, LogLevel.Information, "The {Program} is ready; open files at most: {OpenFiles}.")]
    public static partial void Ready(ILogger log, string program, long? openFiles);

    [LoggerMessage(5007, LogLevel.Information, "Stopping; connections have {Seconds} s to end.")]
    public static partial void Stopping(ILogger log, double seconds);

    [LoggerMessage(5008, LogLevel.Warning, "Not ready: {Reason}")]
    public static partial void NotReady(ILogger log, string reason);

    [LoggerMessage(5010, LogLevel.Warning, "The server runs, but can't be administered while it does: {Reason}")]
    public static partial void NotAdministered(ILogger log, string reason);
}
