using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace AtSync.Client;

/// <summary>The names under which the SDK's metrics and traces are found; all of them are here.</summary>
public static class ClientTelemetry
{
    /// <summary>Name of the <see cref="Meter"/>.</summary>
    public const string MeterName = "AtSync.Client";

    /// <summary>Name of the <see cref="ActivitySource"/>.</summary>
    public const string ActivitySourceName = "AtSync.Client";

    /// <summary>Records written here.</summary>
    public const string LocalWritesName = "atsync.client.local_writes";

    /// <summary>Bytes of sealed values written here.</summary>
    public const string LocalWriteBytesName = "atsync.client.local_write_bytes";

    /// <summary>Files stored as records.</summary>
    public const string FilesStoredName = "atsync.client.files_stored";

    internal static Meter Meter { get; } = new(MeterName);

    internal static ActivitySource Activities { get; } = new(ActivitySourceName);

    internal static Counter<long> LocalWrites { get; } = Meter.CreateCounter<long>(LocalWritesName, "{record}");

    internal static Counter<long> LocalWriteBytes { get; } = Meter.CreateCounter<long>(LocalWriteBytesName, "By");

    internal static Counter<long> FilesStored { get; } = Meter.CreateCounter<long>(FilesStoredName, "{file}");
}
