using AtSync.Transport;

namespace AtSync.Server.Peers;

/// <summary>The way to other atServers.</summary>
public sealed record PeerOptions
{
    /// <summary>Dials the atDirectory and other atServers; shows the own client certificate where it has one.</summary>
    public required INetwork Network { get; init; }

    /// <summary>The atDirectory that says where they are.</summary>
    public required HostPort Directory { get; init; }

    /// <summary>
    /// Whether another atServer must show, besides its proof by <c>pol</c>, a certificate for the host name that the atDirectory gives for its
    /// atSign. The listener must then ask for certificates.
    /// </summary>
    public bool RequireCertificate { get; init; }

    /// <summary>Time for one exchange with another atServer.</summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a connection that nobody uses is kept.</summary>
    public TimeSpan IdleLife { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Wait after the first failure to reach an atSign; doubles up to <see cref="RetryMax"/>, give or take a fifth.</summary>
    public TimeSpan RetryMin { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest wait between two tries.</summary>
    public TimeSpan RetryMax { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How often a notification is tried that the other side refuses for a reason that may pass.</summary>
    public int RefusalsMax { get; init; } = 5;

    /// <summary>Most bytes of an answer of another atServer.</summary>
    public int AnswerBytesMax { get; init; } = 12_000_000;
}
