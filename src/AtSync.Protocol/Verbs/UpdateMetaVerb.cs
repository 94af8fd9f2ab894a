using System.Buffers;

namespace AtSync.Protocol.Verbs;

/// <summary><c>update:meta[:nc][:public|:@bob]:key@owner&lt;metadata&gt;</c>.</summary>
public sealed record UpdateMetaVerb : Verb
{
    /// <summary><c>:nc</c>: no commit entry.</summary>
    public bool NoCommit { get; init; }

    /// <summary>The 24 ordered fragments, after the key.</summary>
    public AtMetadata Metadata { get; init; } = AtMetadata.Empty;

    /// <summary><c>:public</c>.</summary>
    public bool IsPublic { get; init; }

    /// <summary>Recipient as typed, without <c>@</c>.</summary>
    public string? SharedWith { get; init; }

    /// <summary>Entity with namespace, as typed.</summary>
    public required string Key { get; init; }

    /// <summary>Owner as typed, without <c>@</c>.</summary>
    public required string Owner { get; init; }

    /// <inheritdoc/>
    public override string Word => "update:meta";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output) => throw new NotImplementedException();
}
