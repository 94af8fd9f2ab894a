namespace AtSync.Storage.Server;

/// <summary>Where and how a <see cref="SqliteEngine"/> keeps its files.</summary>
public sealed record SqliteEngineOptions
{
    /// <summary>The most shards a folder may have.</summary>
    public const int ShardsMax = 64;

    /// <summary>The folder of the engine's files; made when absent, readable by its owner only. One process at a time may open it.</summary>
    public required string Folder { get; init; }

    /// <summary>
    /// How many files the atSigns are spread over when the folder is new, 1 to <see cref="ShardsMax"/>; an existing folder keeps its number.
    /// More files allow more simultaneous fsyncs; atSigns in the same file share one.
    /// </summary>
    public int Shards { get; init; } = 4;

    /// <summary>The most simultaneous readers of one shard; further ones wait. At least 1.</summary>
    public int ReadersPerShard { get; init; } = 4;

    /// <summary>Page cache of each shard's writer, KiB.</summary>
    public int WriterCacheKib { get; init; } = 16 * 1024;

    /// <summary>Page cache of each reader, KiB. Small, because every shard has several and the system caches the file anyway.</summary>
    public int ReaderCacheKib { get; init; } = 1024;

    /// <summary>The most 4 KiB pages each shard file may have; beyond it writes fail with <see cref="StoreFault.Full"/>. 0 = no limit.</summary>
    public long PagesPerShardMax { get; init; }

    internal void Validate()
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(Folder);
        ArgumentOutOfRangeException.ThrowIfLessThan(Shards, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Shards, ShardsMax);
        ArgumentOutOfRangeException.ThrowIfLessThan(ReadersPerShard, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(WriterCacheKib, 64);
        ArgumentOutOfRangeException.ThrowIfLessThan(ReaderCacheKib, 64);
        ArgumentOutOfRangeException.ThrowIfNegative(PagesPerShardMax);
    }
}
