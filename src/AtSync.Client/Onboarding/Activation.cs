using AtSync.Crypto;
using AtSync.Crypto.Algorithms;
using AtSync.Protocol;
using AtSync.Transport;

namespace AtSync.Client.Onboarding;

/// <summary>First activation of an atSign: secret → keys → key file (durable before the secret goes) → public key published → secret deleted.</summary>
public static class Activation
{
    /// <summary>
    /// Activates. Repeating it after a crash goes on where it stopped, as long as the key file is there; repeating it after a success changes nothing.
    /// An atSign that was activated with other keys is refused.
    /// </summary>
    /// <exception cref="AtException"><see cref="AtFault.Refused"/>: wrong secret, already activated; <see cref="AtFault.Network"/>; <see cref="AtFault.Keys"/>: the key file can't be written.</exception>
    public static Task<AtKeysFile> ActivateAsync(ActivationOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Edge.RunAsync(() => new ActivationRun(options, RsaPrivateKey.Generate).RunAsync(cancellationToken));
    }
}

/// <summary>What an activation needs.</summary>
public sealed record ActivationOptions
{
    /// <summary>Whose.</summary>
    public required AtSign AtSign { get; init; }

    /// <summary>The one-time secret.</summary>
    public required string Secret { get; init; }

    /// <summary>Where the key file goes.</summary>
    public required string KeyFile { get; init; }

    /// <summary>Protects the key file; null writes the flat form.</summary>
    public string? Passphrase { get; init; }

    /// <summary>The atDirectory.</summary>
    public required HostPort Directory { get; init; }

    /// <summary>How to dial.</summary>
    public required INetwork Network { get; init; }

    /// <summary>App name of the first enrollment.</summary>
    public string AppName { get; init; } = "firstApp";

    /// <summary>Device name of the first enrollment.</summary>
    public string DeviceName { get; init; } = "firstDevice";

    /// <summary>The clock.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Random bytes.</summary>
    public IRandomSource Random { get; init; } = SystemRandomSource.Instance;
}
