using AtSync.Protocol;

namespace AtSync.Storage.Local;

/// <summary>Where a local store is and whose it is.</summary>
public sealed record LocalStoreOptions
{
    /// <summary>The store's folder; made, readable by its owner only, when it is not there. One atSign per folder.</summary>
    public required string Folder { get; init; }

    /// <summary>Whose store it is. A folder that holds another atSign's store is refused with <see cref="StoreFault.OtherOwner"/>.</summary>
    public required AtSign AtSign { get; init; }

    /// <summary>Gives a new store its device id.</summary>
    public required IRandomSource Random { get; init; }

    /// <summary>Times the safety poll of <see cref="ILocalStore.WaitForSignalAsync"/> and names archive copies.</summary>
    public required TimeProvider TimeProvider { get; init; }

    /// <summary>Sizes and times.</summary>
    public LocalStoreLimits Limits { get; init; } = new();
}

/// <summary>Sizes and times of a local store.</summary>
public sealed record LocalStoreLimits
{
    /// <summary>
    /// Conflicts waiting for a decision. They are never dropped: a page that would exceed this is refused with <see cref="StoreFault.Full"/>
    /// and stays at the remote until some are decided.
    /// </summary>
    public int ConflictsMax { get; init; } = 100_000;

    /// <summary>Replaced versions kept in the inbox; the oldest go first.</summary>
    public int ReplacedMax { get; init; } = 10_000;

    /// <summary>Bytes of replaced versions kept in the inbox; the oldest go first.</summary>
    public long ReplacedBytesMax { get; init; } = 64L * 1024 * 1024;

    /// <summary>How long a replaced version is kept.</summary>
    public TimeSpan ReplacedAgeMax { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Entries set aside. A page that would exceed this is refused with <see cref="StoreFault.Full"/>, for a cursor may not pass an entry silently.</summary>
    public int QuarantineMax { get; init; } = 100_000;

    /// <summary>Bytes of raw entries kept in the quarantine; beyond this an entry is listed without its bytes (the remote still has them).</summary>
    public long QuarantineBytesMax { get; init; } = 64L * 1024 * 1024;

    /// <summary>Ranges of accepted pushes remembered before they are written into their records (one walk over all records).</summary>
    public int AcceptedRangesMax { get; init; } = 4096;

    /// <summary>Accepted pushes with consecutive numbers and commit ids from which they are settled as a range instead of row by row.</summary>
    public int AcceptedRangeMin { get; init; } = 64;

    /// <summary>Changes kept for slow watchers (see <see cref="LocalWatch"/>); one that is further behind has to list the records again.</summary>
    public int ChangesMax { get; init; } = 65_536;

    /// <summary>The most bytes the file may have; a write beyond it fails with <see cref="StoreFault.Full"/>. 0 = as the disk allows.</summary>
    public long FileBytesMax { get; init; }

    /// <summary>How long a writer waits for other processes before it gives up with <see cref="StoreFault.Locked"/>.</summary>
    public TimeSpan BusyTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Safety poll for signals of other processes, should the operating system's file events fail.</summary>
    public TimeSpan SignalPoll { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Archive copies (made before a resync) that are kept; the oldest go first.</summary>
    public int ArchivesMax { get; init; } = 3;
}
