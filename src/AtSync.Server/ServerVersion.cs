namespace AtSync.Server;

/// <summary>What this server says it is. A version number means little to peers; the feature names are what they go by.</summary>
internal static class ServerVersion
{
    /// <summary>The server version whose grammar and semantics are followed.</summary>
    public const string Protocol = "3.17.0";

    /// <summary>Our own name and version.</summary>
    public static string Product { get; } = $"AtSync {typeof(ServerVersion).Assembly.GetName().Version?.ToString(3)}";

    /// <summary>Extensions, under a prefix of our own: used by a client only when they are listed, never needed.</summary>
    public static IReadOnlyList<(string Name, string Description)> Features { get; } =
    [
        ("atsync.ifCommit", "batch items may carry ifCommit: the command applies only if the key's commit id is still this"),
        ("atsync.epoch", "info carries the id of the store's history; it changes with a restore or import"),
        ("atsync.pipelining", "several commands may be sent without waiting; they run in order, each with its own answer"),
        ("atsync.multiplexedMonitor", "monitor:multiplexed and requests may share a connection"),
    ];
}
