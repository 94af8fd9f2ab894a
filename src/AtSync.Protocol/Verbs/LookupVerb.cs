using System.Buffers;

namespace AtSync.Protocol.Verbs;

/// <summary><c>lookup:[bypassCache:true|false:][meta:|all:]key@owner</c>.</summary>
public sealed record LookupVerb : Verb
{
    /// <summary><c>bypassCache</c>.</summary>
    public bool? BypassCache { get; init; }

    /// <summary>What to answer with.</summary>
    public LookupOperation Operation { get; init; }

    /// <summary>Entity with namespace, as typed.</summary>
    public required string Key { get; init; }

    /// <summary>Owner as typed, without <c>@</c>.</summary>
    public required string Owner { get; init; }

    /// <inheritdoc/>
    public override string Word => "lookup";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output) => throw new NotImplementedException();
}
