using Microsoft.Extensions.Logging;

namespace AtSync.Client;

/// <content>The way to the remote secondary (5030 to 5059) and sync (5060 to 5099).</content>
internal static partial class Log
{
    [LoggerMessage(5030, LogLevel.Information, "Connected to the atServer of {AtSign} at {Address}: version {Version}, {Features} features.")]
    public static partial void Connected(ILogger log, string atSign, string address, string version, int features);

    [LoggerMessage(5031, LogLevel.Information, "The kept address {Address} failed ({Reason}); asking the atDirectory again.")]
    public static partial void AddressFailed(ILogger log, string address, string reason);

    [LoggerMessage(5060, LogLevel.Debug, "Batch of {Items} answered: {Accepted} accepted, {Moved} keys had moved.")]
    public static partial void BatchSettled(ILogger log, int items, int accepted, int moved);

    [LoggerMessage(5061, LogLevel.Warning, "A batch of {Items} was refused as a whole; its edits are sent one by one.")]
    public static partial void BatchSplit(ILogger log, int items);

    [LoggerMessage(5062, LogLevel.Debug, "Round ended: {Pulled} pulled, {Pushed} pushed, {Conflicts} conflicts, cursor {Cursor}.")]
    public static partial void RoundEnded(ILogger log, long pulled, long pushed, long conflicts, long cursor);

    [LoggerMessage(5063, LogLevel.Warning, "Round failed ({Fault}); next in {DelayMs} ms.")]
    public static partial void RoundFailed(ILogger log, AtFault fault, long delayMs, Exception failure);

    [LoggerMessage(5064, LogLevel.Warning, "The remote secondary went back ({Reason}): everything is pulled again, pending edits are kept.")]
    public static partial void Resyncing(ILogger log, string reason);

    [LoggerMessage(5065, LogLevel.Information, "The scope grew: pulling {Added}.")]
    public static partial void Widening(ILogger log, string added);

    [LoggerMessage(5066, LogLevel.Debug, "A single entry was fetched again: {Key}.")]
    public static partial void Refetched(ILogger log, string key);

    [LoggerMessage(5067, LogLevel.Warning, "Waiting for a signal of the local store failed; trying again.")]
    public static partial void SignalFailed(ILogger log, Exception failure);
}
