using Microsoft.Extensions.Logging;

namespace AtSync.Storage;

/// <summary>Every log line of this project; event ids 2000 to 2099. Never values, keys only at Debug.</summary>
internal static partial class Log
{
    [LoggerMessage(2000, LogLevel.Information, "Key stores in '{Folder}' are open: {Shards} files")]
    public static partial void EngineOpened(ILogger logger, string folder, int shards);

    [LoggerMessage(2001, LogLevel.Error, "A write to '{Path}' failed; nothing of it was done; calls that shared it are repeated alone")]
    public static partial void WriteFailed(ILogger logger, Exception failure, string path);

    [LoggerMessage(2003, LogLevel.Error, "No space is left for '{Path}': writes are refused and change nothing until there is room again")]
    public static partial void Full(ILogger logger, string path);

    [LoggerMessage(2004, LogLevel.Information, "'{Path}' takes writes again")]
    public static partial void Recovered(ILogger logger, string path);

    [LoggerMessage(2002, LogLevel.Warning, "Clearing what a removed atSign left in '{Path}' failed; the next opening goes on with it")]
    public static partial void SweepFailed(ILogger logger, Exception failure, string path);

    [LoggerMessage(2003, LogLevel.Information, "All key stores were copied to '{Folder}'")]
    public static partial void BackedUp(ILogger logger, string folder);
}
