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
        if (BypassCache is { } bypass)
        {
            writer.Literal("bypassCache:"u8);
            writer.Flag(bypass);
            writer.Byte((byte)':');
        }

        writer.Literal(Operation switch
        {
            LookupOperation.Meta => "meta:"u8,
            LookupOperation.All => "all:"u8,
            _ => ""u8,
        });
        writer.Text(Key);
        KeyParts.WriteOwner(ref writer, Owner);
        writer.Flush();
    }

    internal static Verb? Parse(ref VerbReader reader)
    {
        if (!reader.TryTake("plookup:"u8))
        {
            return null;
        }

        var start = reader.Position;
        if (reader.TryFlag("bypassCache:"u8, out var bypass) && reader.TryTake(":"u8) && AfterBypass(ref reader, bypass) is { } withBypass)
        {
            return withBypass;
        }

        reader.Position = start;
        return AfterBypass(ref reader, null);
    }

    private static readonly string[] Operations = ["meta:", "all:"];

    private static PlookupVerb? AfterBypass(ref VerbReader reader, bool? bypass)
    {
        var start = reader.Position;
        if (reader.TryTakeOneOf(Operations, out var word)
            && Tail(ref reader, bypass, word == "meta:" ? LookupOperation.Meta : LookupOperation.All) is { } withOperation)
        {
            return withOperation;
        }

        reader.Position = start;
        return Tail(ref reader, bypass, LookupOperation.Value);
    }

    private static PlookupVerb? Tail(ref VerbReader reader, bool? bypass, LookupOperation operation)
    {
        var length = CharClass.NotAtOrSpace(reader.Rest);
        if (length == 0)
        {
            return null;
        }

        var key = reader.Text(length);
        return reader.TryToken("@"u8, out var owner) && reader.IsAtEnd
            ? new PlookupVerb { BypassCache = bypass, Operation = operation, Key = key, Owner = owner }
            : null;
    }
}
