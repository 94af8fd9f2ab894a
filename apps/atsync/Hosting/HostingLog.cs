using Microsoft.Extensions.Logging;

namespace AtSync.App.Hosting;

/// <summary>Every message of the programs that serve; event ids 5000 to 5099.</summary>
internal static partial class HostingLog
{
    [LoggerMessage(5000, LogLevel.Warning, "The atDirectory could not be told where the atSigns are; it will be tried again: {Reason}")]
    public static partial void NotRegistered(ILogger log, string reason);

    [LoggerMessage(5001, LogLevel.Information, "The atDirectory knows where the atSigns are again.")]
    public static partial void RegisteredAgain(ILogger log);
}
