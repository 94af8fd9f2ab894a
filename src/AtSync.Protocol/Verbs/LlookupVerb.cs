using System.Buffers;

namespace AtSync.Protocol.Verbs;

/// <summary><c>llookup[:meta|:all][:cached][:public|:@bob]:key@owner</c>.</summary>
public sealed record LlookupVerb : Verb
{
    /// <summary>What to answer with.</summary>
    public LookupOperation Operation { get; init; }

    /// <summary><c>:cached</c>.</summary>
    public bool IsCached { get; init; }

    /// <summary><c>:public</c>.</summary>
    public bool IsPublic { get; init; }

    /// <summary>Recipient as typed, without <c>@</c>.</summary>
    public string? SharedWith { get; init; }

    /// <summary>Entity with namespace, as typed (may hold colons).</summary>
    public required string Key { get; init; }

    /// <summary>Owner as typed, without <c>@</c>.</summary>
    public required string Owner { get; init; }

    /// <inheritdoc/>
    public override string Word => "llookup";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output) => throw new NotImplementedException();
}
