namespace AtSync.Storage.Sqlite;

/// <summary>How a connection to one file is opened. Always WAL.</summary>
internal sealed record SqliteOptions
{
    /// <summary>The file; it is made when absent, its folder is not.</summary>
    public required string Path { get; init; }

    /// <summary>True: a commit is fsynced (<c>synchronous=FULL</c>). False: <c>NORMAL</c>, for what can be had again after a power cut.</summary>
    public bool IsDurable { get; init; } = true;

    /// <summary>A connection that never writes.</summary>
    public bool IsReader { get; init; }

    /// <summary>Memory-mapped reading. 0 on a server: a file truncated under the map would end the process.</summary>
    public long MmapBytes { get; init; }

    /// <summary>Page cache of this connection, KiB.</summary>
    public int CacheKib { get; init; } = 2048;

    /// <summary>How long a call waits for another connection's lock before it fails with <see cref="StoreFault.Locked"/>.</summary>
    public int BusyTimeoutMs { get; init; } = 5000;

    /// <summary>A new file is made so that free pages can be given back to the file system in small steps.</summary>
    public bool GivesSpaceBack { get; init; }

    /// <summary>What of the WAL is kept for writing over once its pages are in the file; the rest is given back. Negative = all of it.</summary>
    public long WalBytesKept { get; init; } = -1;

    /// <summary>Pages in the WAL at which a commit also checkpoints.</summary>
    public int WalAutoCheckpointPages { get; init; } = 1000;

    /// <summary>The most pages the file may have; beyond it writes fail with <see cref="StoreFault.Full"/>. 0 = no limit.</summary>
    public long MaxPages { get; init; }
}
