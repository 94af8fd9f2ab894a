using AtSync.Crypto;
using AtSync.Protocol;
using AtSync.Transport;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace AtSync.Client;

/// <summary>Everything a client is opened with. Immutable; files and environment are read by the app, not here.</summary>
public sealed record AtClientOptions
{
    /// <summary>Whose data it is.</summary>
    public required AtSign AtSign { get; init; }

    /// <summary>Folder of the local secondary; made when missing, with its store.</summary>
    public required string StoreDirectory { get; init; }

    /// <summary>The keys. Null opens the store without them: listing, counts and deletes work, sealing, opening and syncing do not.</summary>
    public AtKeysFile? Keys { get; init; }

    /// <summary>The atDirectory.</summary>
    public HostPort Directory { get; init; } = new("root.atsign.org", 64);

    /// <summary>How to dial; null dials over TLS and trusts the system's authorities.</summary>
    public INetwork? Network { get; init; }

    /// <summary>True never touches the network: every call that needs it fails with <see cref="AtFault.Network"/>.</summary>
    public bool IsOffline { get; init; }

    /// <summary>True keeps the store in step in the background while the client is open (one process per store does it).</summary>
    public bool IsLive { get; init; }

    /// <summary>A name for people, kept with the store; null keeps the one it has.</summary>
    public string? DeviceName { get; init; }

    /// <summary>
    /// Versions written here say by which device (its id and <see cref="DeviceName"/>), where the peer carries it: people see it in the conflict inbox of
    /// every device. Off by default, since it costs each record some 80 to 120 bytes on the wire, in both directions, which is as much again
    /// as its other metadata.
    /// </summary>
    public bool TellsDevice { get; init; }

    /// <summary>Namespaces to sync; null syncs everything. A namespace covers what ends in its dotted segments.</summary>
    public EquatableList<string>? Scope { get; init; }

    /// <summary>What decides a conflict when no entry of <see cref="ConflictPolicies"/> covers the key.</summary>
    public ConflictPolicy ConflictPolicy { get; init; } = ConflictPolicy.LatestEdit;

    /// <summary>Per namespace.</summary>
    public IReadOnlyDictionary<string, ConflictPolicy> ConflictPolicies { get; init; } = new Dictionary<string, ConflictPolicy>();

    /// <summary>Sizes and times of the sync path.</summary>
    public Sync.SyncLimits SyncLimits { get; init; } = new();

    /// <summary>The clock.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Random bytes and ids.</summary>
    public IRandomSource Random { get; init; } = SystemRandomSource.Instance;

    /// <summary>Logs: kinds and sizes; key names at Debug; values never.</summary>
    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;
}
