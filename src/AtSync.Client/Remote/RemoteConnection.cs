using AtSync.Crypto;
using AtSync.Protocol;
using AtSync.Protocol.Verbs;
using AtSync.Transport;

namespace AtSync.Client.Remote;

/// <summary>
/// One connection to an atServer: requests in order, any number in flight (pipelined where the peer is ours, one at a time otherwise), notification lines beside them.
/// One reader, one writer gate. A broken connection fails every pending request with <see cref="AtFault.Network"/>.
/// </summary>
public sealed class RemoteConnection : IAsyncDisposable
{
    /// <summary>Dials, waits for the first prompt.</summary>
    public static ValueTask<RemoteConnection> ConnectAsync(INetwork network, HostPort address, AtSign atSign, TimeSpan requestTimeout, TimeProvider timeProvider, CancellationToken cancellationToken) =>
        throw new NotImplementedException();

    /// <summary>Sends a command and returns the payload of its <c>data:</c> answer.</summary>
    /// <exception cref="AtException"><see cref="AtFault.Refused"/> with the code for an <c>error:</c> answer; <see cref="AtFault.Network"/>.</exception>
    public ValueTask<ReadOnlyMemory<byte>> SendAsync(Verb command, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Sends a ready line (without its newline).</summary>
    public ValueTask<ReadOnlyMemory<byte>> SendLineAsync(ReadOnlyMemory<byte> line, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary><c>from</c> and <c>cram</c>.</summary>
    public ValueTask CramAsync(string secret, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary><c>from</c> and <c>pkam</c>, with the enrollment id when the keys have one.</summary>
    public ValueTask PkamAsync(AtKeysFile keys, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>What <c>info</c> says of the peer; asked once per connection, empty for a peer without it.</summary>
    public ValueTask<ServerFeatures> GetFeaturesAsync(CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Application bytes so far.</summary>
    public (long Sent, long Received) Bytes => throw new NotImplementedException();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}

/// <summary>What a server says it can do.</summary>
/// <param name="Version">As told.</param>
/// <param name="EpochId">Our extension <c>atsync.epoch</c>: the random id of the store's history; null for other servers.</param>
/// <param name="Names">Features present.</param>
public sealed record ServerFeatures(string? Version, string? EpochId, IReadOnlySet<string> Names)
{
    /// <summary>Batch items may carry <c>ifCommit</c>.</summary>
    public const string IfCommit = "atsync.ifCommit";

    /// <summary><c>info</c> carries <c>epoch</c>.</summary>
    public const string Epoch = "atsync.epoch";

    /// <summary>Several commands may be in flight on one connection.</summary>
    public const string Pipelining = "atsync.pipelining";

    /// <summary><c>monitor</c> and requests may share a connection.</summary>
    public const string MultiplexedMonitor = "atsync.multiplexedMonitor";
}
