using Microsoft.Extensions.Logging;

namespace AtSync.Client;

/// <summary>
/// Every message of this project. Event ids: 5000 to 5029 the client's edge, 5030 to 5059 the way to the remote secondary, 5060 to 5099 sync.
/// Kinds and sizes only; names of keys at Debug; values, secrets and plaintext never.
/// </summary>
internal static partial class Log
{
    [LoggerMessage(5000, LogLevel.Debug, "Local secondary of {AtSign} opened: device {DeviceId}, offline {IsOffline}, live {IsLive}.")]
    public static partial void StoreOpened(ILogger log, string atSign, string deviceId, bool isOffline, bool isLive);

    [LoggerMessage(5001, LogLevel.Debug, "{Count} expired records removed.")]
    public static partial void ExpiredRemoved(ILogger log, int count);

    [LoggerMessage(5002, LogLevel.Warning, "Removing expired records failed; trying again later.")]
    public static partial void ExpiryFailed(ILogger log, Exception failure);

    [LoggerMessage(5003, LogLevel.Warning, "A reader of changes was too far behind and was ended.")]
    public static partial void WatcherFellBehind(ILogger log);

    [LoggerMessage(5005, LogLevel.Information, "Conflict {Id} resolved: kept {Side}.")]
    public static partial void ConflictResolved(ILogger log, long id, string side);

    [LoggerMessage(5006, LogLevel.Debug, "{Chunks} chunks of files removed that nothing refers to.")]
    public static partial void ChunksCollected(ILogger log, int chunks);

    [LoggerMessage(5007, LogLevel.Information, "Files stored: {Files}, {Bytes} bytes, {Skipped} skipped.")]
    public static partial void FolderStored(ILogger log, int files, long bytes, int skipped);

    [LoggerMessage(5008, LogLevel.Debug, "The time of the last sync could not be kept.")]
    public static partial void PositionNotKept(ILogger log, Exception failure);
}
