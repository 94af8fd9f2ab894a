namespace AtSync.Client.Files;

/// <summary>Sizes of files as records.</summary>
internal static class FileLimits
{
    /// <summary>Most bytes of content in a chunk: sealed (padded, base64) these are 3,932,180 bytes, under the 4 MB of a batch.</summary>
    public const int ChunkBytes = 2_949_120;

    /// <summary>
    /// Most bytes of a content that lies in its manifest. A record of its own costs writing, sending and applying some 50 µs in all; a byte inside the
    /// JSON costs a third more text than in a chunk. The two meet at about 16 KiB, and most files of a source tree are smaller.
    /// </summary>
    public const int InlineBytesMax = 16 * 1024;

    /// <summary>Bytes of sealed values after which collected records are written in one transaction.</summary>
    public const long BatchBytes = 8 * 1024 * 1024;

    /// <summary>Records after which collected records are written in one transaction.</summary>
    public const int BatchRecords = 1000;

    /// <summary>Most UTF-8 bytes of a relative path.</summary>
    public const int PathBytesMax = 4096;

    /// <summary>
    /// Age from which a chunk is garbage whenever no manifest refers to it. Younger ones may be part of a file whose manifest, always written last, is
    /// still under way from another device; only those that this device itself replaced go at once.
    /// </summary>
    public static readonly TimeSpan ChunkGrace = TimeSpan.FromDays(7);
}
