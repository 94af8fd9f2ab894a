using System.Buffers;

namespace AtSync.Protocol.Verbs;

/// <summary><c>monitor[:strict][:selfNotifications][:multiplexed][:epochMillis][ regex]</c>.</summary>
public sealed record MonitorVerb : Verb
{
    /// <summary><c>:strict</c>.</summary>
    public bool Strict { get; init; }

    /// <summary><c>:selfNotifications</c>.</summary>
    public bool SelfNotifications { get; init; }

    /// <summary><c>:multiplexed</c>.</summary>
    public bool Multiplexed { get; init; }

    /// <summary>Only stored notifications after this time, Unix ms.</summary>
    public long? EpochMs { get; init; }

    /// <summary>Filter.</summary>
    public string? Regex { get; init; }

    /// <inheritdoc/>
    public override string Word => "monitor";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output) => throw new NotImplementedException();
}
