using System.Buffers;

namespace AtSync.Protocol.Verbs;

/// <summary><c>delete[:dAt:…][:nc][:force][:priority:…][:cached][:public|:@bob]:key[@owner]</c>.</summary>
public sealed record DeleteVerb : Verb
{
    /// <summary><c>dAt</c>: when the deletion was made, UTC.</summary>
    public DateTimeOffset? DeletedAt { get; init; }

    /// <summary><c>:nc</c>.</summary>
    public bool NoCommit { get; init; }

    /// <summary><c>:force</c>.</summary>
    public bool Force { get; init; }

    /// <summary><c>low</c>, <c>medium</c>, <c>high</c>.</summary>
    public string? Priority { get; init; }

    /// <summary><c>:cached</c>.</summary>
    public bool IsCached { get; init; }

    /// <summary><c>:public</c>.</summary>
    public bool IsPublic { get; init; }

    /// <summary>Recipient as typed, without <c>@</c>.</summary>
    public string? SharedWith { get; init; }

    /// <summary>Entity with namespace, as typed.</summary>
    public required string Key { get; init; }

    /// <summary>Owner as typed, without <c>@</c>.</summary>
    public string? Owner { get; init; }

    /// <inheritdoc/>
    public override string Word => "delete";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output) => throw new NotImplementedException();
}
