using Microsoft.Extensions.Logging;

namespace AtSync.Directory;

/// <summary>Every message of this project; event ids 4100 to 4199. Names that were asked for are not logged.</summary>
internal static partial class Log
{
    [LoggerMessage(4100, LogLevel.Debug, "An unknown atSign was asked for, number {Misses} on its connection.")]
    public static partial void NotFound(ILogger log, int misses);

    [LoggerMessage(4101, LogLevel.Error, "The address book failed.")]
    public static partial void StoreFailed(ILogger log, Exception failure);
}
