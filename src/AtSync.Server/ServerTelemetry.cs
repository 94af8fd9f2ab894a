using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace AtSync.Server;

/// <summary>The names under which the server's metrics and traces are found; all of them are here.</summary>
public static class ServerTelemetry
{
    /// <summary>Name of the <see cref="Meter"/>.</summary>
    public const string MeterName = "AtSync.Server";

    /// <summary>Name of the <see cref="ActivitySource"/>.</summary>
    public const string ActivitySourceName = "AtSync.Server";

    /// <summary>Open connections.</summary>
    public const string ConnectionsName = "atsync.server.connections";

    /// <summary>Commands, tagged with their verb.</summary>
    public const string CommandsName = "atsync.server.commands";

    /// <summary>Error answers, tagged with their code.</summary>
    public const string RefusalsName = "atsync.server.refusals";

    /// <summary>Changes committed.</summary>
    public const string CommitsName = "atsync.server.commits";

    /// <summary>Entries sent in sync pages.</summary>
    public const string SyncEntriesName = "atsync.server.sync_entries";

    /// <summary>Statistics notifications sent.</summary>
    public const string StatsNotificationsName = "atsync.server.stats_notifications";

    private static readonly Meter Meter = new(MeterName);
    private static readonly UpDownCounter<long> OpenConnections = Meter.CreateUpDownCounter<long>(ConnectionsName, "{connection}");
    private static readonly Counter<long> Commands = Meter.CreateCounter<long>(CommandsName, "{command}");
    private static readonly Counter<long> Refusals = Meter.CreateCounter<long>(RefusalsName, "{answer}");
    private static readonly Counter<long> Commits = Meter.CreateCounter<long>(CommitsName, "{change}");
    private static readonly Counter<long> SyncEntries = Meter.CreateCounter<long>(SyncEntriesName, "{entry}");
    private static readonly Counter<long> StatsNotifications = Meter.CreateCounter<long>(StatsNotificationsName, "{line}");

    internal static ActivitySource Activities { get; } = new(ActivitySourceName);

    internal static void ConnectionOpened() => OpenConnections.Add(1);

    internal static void ConnectionEnded() => OpenConnections.Add(-1);

    internal static void Command(string word) => Commands.Add(1, new KeyValuePair<string, object?>("verb", word));

    internal static void Refused(string code) => Refusals.Add(1, new KeyValuePair<string, object?>("code", code));

    internal static void Committed(long count) => Commits.Add(count);

    internal static void PageSent(long entries) => SyncEntries.Add(entries);

    internal static void StatsSent() => StatsNotifications.Add(1);
}
