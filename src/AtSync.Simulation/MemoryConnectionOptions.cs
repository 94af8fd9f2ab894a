using System.IO.Pipelines;
using System.Net;

namespace AtSync.Simulation;

/// <summary>How a pair of in-memory connections is made.</summary>
public sealed record MemoryConnectionOptions
{
    /// <summary>The host name the dialled end asked for (the SNI seen by the accepted end); empty when none.</summary>
    public string ServerName { get; init; } = "";

    /// <summary>The port the accepted end was reached on; 0 when it does not matter.</summary>
    public int LocalPort { get; init; }

    /// <summary>What ALPN would have negotiated; empty when none.</summary>
    public string ApplicationProtocol { get; init; } = "";

    /// <summary>The dialling end as the accepted end sees it.</summary>
    public EndPoint? DialledFrom { get; init; } = new IPEndPoint(IPAddress.Loopback, 1);

    /// <summary>Where continuations of both ends run. Inline (the default) keeps a run on the threads that write, so it replays identically.</summary>
    public PipeScheduler Scheduler { get; init; } = PipeScheduler.Inline;

    /// <summary>Bytes in one direction that were written and not yet looked at before the writer has to wait. At least 1.</summary>
    public int BackPressureBytes { get; init; } = 65_536;
}
