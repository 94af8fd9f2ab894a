using AtSync.Protocol;
using AtSync.Storage.Server;

namespace AtSync.Server.Administration;

/// <summary>What an <see cref="Administration"/> is composed of.</summary>
public sealed record AdministrationOptions
{
    /// <summary>The atSigns; need not be listening.</summary>
    public required AtServerHost Host { get; init; }

    /// <summary>Where they are found.</summary>
    public required IAtSignHosting Hosting { get; init; }

    /// <summary>Puts what the program keeps besides its stores (addresses, ports, authority) into the folder of a backup.</summary>
    public Func<string, CancellationToken, ValueTask> BackUpOthersAsync { get; init; } = static (_, _) => ValueTask.CompletedTask;
}

/// <summary>A hosted atSign as an operator sees it.</summary>
/// <param name="AtSign">Which.</param>
/// <param name="IsActivated">Its one-time secret was used.</param>
/// <param name="Address"><c>host:port</c>; null while the server does not run.</param>
/// <param name="EpochId">See <see cref="IKeyStore.EpochId"/>.</param>
/// <param name="Connections">At this moment.</param>
/// <param name="Summary">Counts, and what it may hold.</param>
public sealed record AtSignEntry(AtSign AtSign, bool IsActivated, string? Address, string EpochId, int Connections, StoreSummary Summary);

/// <summary>What an export wrote.</summary>
/// <param name="Records">Records, deletions not counted.</param>
/// <param name="LastCommitId">The highest commit id given out.</param>
/// <param name="Bytes">Of the file.</param>
public sealed record ExportedAtSign(long Records, long LastCommitId, long Bytes);

/// <summary>What an import put in place.</summary>
/// <param name="Entry">The atSign as it is now.</param>
/// <param name="IsReplaced">It took the place of one that was hosted.</param>
/// <param name="IsRegistered">The atDirectory knows; false: it is told as soon as it can be.</param>
public sealed record ImportedAtSign(AtSignEntry Entry, bool IsReplaced, bool IsRegistered);

/// <summary>What a backup holds.</summary>
/// <param name="Files">How many files.</param>
/// <param name="Bytes">Of all of them.</param>
public sealed record BackupSummary(int Files, long Bytes);
