using System.Diagnostics.Metrics;

namespace AtSync.Directory;

/// <summary>The names under which the directory's metrics are found; all of them are here.</summary>
public static class DirectoryTelemetry
{
    /// <summary>Name of the <see cref="Meter"/>.</summary>
    public const string MeterName = "AtSync.Directory";

    /// <summary>Open connections.</summary>
    public const string ConnectionsName = "atsync.directory.connections";

    /// <summary>Requests, tagged with whether the atSign was found.</summary>
    public const string RequestsName = "atsync.directory.requests";

    private static readonly Meter Meter = new(MeterName);
    private static readonly UpDownCounter<long> OpenConnections = Meter.CreateUpDownCounter<long>(ConnectionsName, "{connection}");
    private static readonly Counter<long> Requests = Meter.CreateCounter<long>(RequestsName, "{request}");

    internal static void ConnectionOpened() => OpenConnections.Add(1);

    internal static void ConnectionEnded() => OpenConnections.Add(-1);

    internal static void Asked(bool wasFound) => Requests.Add(1, new KeyValuePair<string, object?>("found", wasFound));
}
