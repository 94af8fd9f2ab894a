using AtSync.Crypto.Algorithms;
using AtSync.Protocol;
using AtSync.Transport;

namespace AtSync.App.Conformance.Replay;

/// <summary>An atSign that a run acts for.</summary>
internal sealed record Party
{
    public required AtSign AtSign { get; init; }

    /// <summary>Its atServer.</summary>
    public required HostPort Address { get; init; }

    /// <summary>Logs in as the owner; of an atSign that is not activated, the one that shall.</summary>
    public required RsaPrivateKey Key { get; init; }

    /// <summary>Goes with the key, or null for the atSign's first key.</summary>
    public string? EnrollmentId { get; init; }

    /// <summary>The one-time secret while the server takes it, else null.</summary>
    public string? Secret { get; init; }
}

/// <summary>What a run has to work with.</summary>
internal sealed record ConformanceOptions
{
    public required INetwork Network { get; init; }

    /// <summary>Whose server is looked at; null when only the onboarding of another atSign is.</summary>
    public required Party Owner { get; init; }

    /// <summary>A second atSign, for everything between atSigns.</summary>
    public Party? Peer { get; init; }

    /// <summary>An atSign whose secret is in force: the transcripts about that are replayed with it.</summary>
    public Party? Secret { get; init; }

    /// <summary>Whether that atSign may be activated for good.</summary>
    public bool MayOnboard { get; init; }

    /// <summary>Lets time pass.</summary>
    public required Func<TimeSpan, CancellationToken, Task> Pause { get; init; }

    /// <summary>A new key pair; about 0.3 s of CPU.</summary>
    public Func<RsaPrivateKey> NewKey { get; init; } = RsaPrivateKey.Generate;

    /// <summary>How long an answer may take.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Is told each line that goes over a connection, or null.</summary>
    public Action<string>? Trace { get; init; }
}
