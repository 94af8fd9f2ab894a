using Microsoft.Extensions.Logging;

namespace AtSync.Client;

/// <content>The way to the remote secondary (5030 to 5059) and sync (5060 to 5099).</content>
internal static partial class Log
{
    [LoggerMessage(5030, LogLevel.Information, "Connected to the atServer of {AtSign} at {Address}: version {Version}, {Features} features.")]
    public static partial void Connected(ILogger log, string atSign, string address, string version, int features);

    [LoggerMessage(5031, LogLevel.Information, "The kept address {Address} failed ({Reason}); asking the atDirectory again.")]
    public static partial void AddressFailed(ILogger log, string address, string reason);
}
