using System.Buffers;

namespace AtSync.Protocol.Verbs;

/// <summary><c>update[:nc]&lt;metadata&gt;[:public|:@bob]:key[@owner] value</c>.</summary>
public sealed record UpdateVerb : Verb
{
    /// <summary><c>:nc</c>: no commit entry.</summary>
    public bool NoCommit { get; init; }

    /// <summary>The 24 ordered fragments.</summary>
    public AtMetadata Metadata { get; init; } = AtMetadata.Empty;

    /// <summary><c>:public</c>.</summary>
    public bool IsPublic { get; init; }

    /// <summary>Recipient as typed, without <c>@</c>.</summary>
    public string? SharedWith { get; init; }

    /// <summary>Entity with namespace, as typed.</summary>
    public required string Key { get; init; }

    /// <summary>Owner as typed, without <c>@</c>.</summary>
    public string? Owner { get; init; }

    /// <summary>Everything after the first space, UTF-8; a slice of the line.</summary>
    public ReadOnlyMemory<byte> Value { get; init; }

    /// <inheritdoc/>
    public override string Word => "update";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output) => throw new NotImplementedException();
}
