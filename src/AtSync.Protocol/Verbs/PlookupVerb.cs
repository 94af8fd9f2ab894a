using System.Buffers;
using AtSync.Protocol.Grammar;

namespace AtSync.Protocol.Verbs;

/// <summary><c>plookup:[bypassCache:true|false:][meta:|all:]key@owner</c>.</summary>
/// <remarks>
/// <code>
/// C: plookup:all:phone.wavi@bob
/// S: data:{"key":"public:phone.wavi@bob","data":"123","metaData":{…}}
/// </code>
/// The key is all up to the only <c>@</c>, without white space.
/// </remarks>
public sealed record PlookupVerb : Verb
{
    internal const string Usage = "e.g plookup:location@bob";

    /// <summary><c>bypassCache</c>.</summary>
    public bool? BypassCache { get; init; }

    /// <summary>What to answer with.</summary>
    public LookupOperation Operation { get; init; }

    /// <summary>Entity with namespace, as typed.</summary>
    public required string Key { get; init; }

    /// <summary>Owner as typed, without <c>@</c>.</summary>
    public required string Owner { get; init; }

    /// <inheritdoc/>
    public override string Word => "plookup";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output)
    {
        var writer = new VerbWriter(output);
        writer.Literal("plookup:"u8);
        KeyParts.WriteLookup(ref writer, new LookupParts(BypassCache, Operation, Key, Owner));
        writer.Flush();
    }

    internal static Verb? Parse(ref VerbReader reader) =>
        reader.TryTake("plookup:"u8) && KeyParts.Lookup(ref reader, CharClass.NotAtOrSpace) is { } parts
            ? new PlookupVerb { BypassCache = parts.BypassCache, Operation = parts.Operation, Key = parts.Key, Owner = parts.Owner }
            : null;
}
