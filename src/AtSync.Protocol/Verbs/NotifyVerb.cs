using System.Buffers;

namespace AtSync.Protocol.Verbs;

/// <summary><c>notify[:id:…][:update|:delete][:messageType:…][:priority:…][:strategy:…][:latestN:n][:notifier:…][:ttln:ms][:eAtn:…][:eph]&lt;metadata&gt;:(@to|public):key[@from][:value]</c>.</summary>
public sealed record NotifyVerb : Verb
{
    /// <summary>Chosen by the sender.</summary>
    public string? Id { get; init; }

    /// <summary><c>update</c> or <c>delete</c>.</summary>
    public string? Operation { get; init; }

    /// <summary><c>key</c> or <c>text</c>.</summary>
    public string? MessageType { get; init; }

    /// <summary><c>low</c>, <c>medium</c>, <c>high</c>.</summary>
    public string? Priority { get; init; }

    /// <summary><c>all</c> or <c>latest</c>.</summary>
    public string? Strategy { get; init; }

    /// <summary>For strategy latest.</summary>
    public long? LatestN { get; init; }

    /// <summary>Name of the notifier.</summary>
    public string? Notifier { get; init; }

    /// <summary>Life of the notification, ms.</summary>
    public long? TtlnMs { get; init; }

    /// <summary><c>eAtn</c>: absolute expiry of the notification.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary><c>eph</c>.</summary>
    public bool IsEphemeral { get; init; }

    /// <summary>The 24 ordered fragments.</summary>
    public AtMetadata Metadata { get; init; } = AtMetadata.Empty;

    /// <summary><c>:public</c> instead of a recipient.</summary>
    public bool IsPublic { get; init; }

    /// <summary>Recipient as typed, without <c>@</c>.</summary>
    public string? To { get; init; }

    /// <summary>As typed.</summary>
    public required string Key { get; init; }

    /// <summary>Sender as typed, without <c>@</c>.</summary>
    public string? From { get; init; }

    /// <summary>A slice of the line.</summary>
    public ReadOnlyMemory<byte>? Value { get; init; }

    /// <inheritdoc/>
    public override string Word => "notify";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output) => throw new NotImplementedException();
}
