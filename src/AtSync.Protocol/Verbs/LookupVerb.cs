using System.Buffers;
using AtSync.Protocol.Grammar;

namespace AtSync.Protocol.Verbs;

/// <summary><c>lookup:[bypassCache:true|false:][meta:|all:]key@owner</c>.</summary>
/// <remarks>
/// <code>
/// C: lookup:all:phone.wavi@bob
/// S: data:{"key":"@alice:phone.wavi@bob","data":"123","metaData":{…}}
/// </code>
/// The key is all up to the last <c>@</c>, at least two UTF-16 units.
/// </remarks>
public sealed record LookupVerb : Verb
{
    internal const string Usage = "e.g lookup:location@bob";

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
    public override void WriteTo(IBufferWriter<byte> output)
    {
        var writer = new VerbWriter(output);
        writer.Literal("lookup:"u8);
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
        if (!reader.TryTake("lookup:"u8))
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

    private static LookupVerb? AfterBypass(ref VerbReader reader, bool? bypass)
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

    private static LookupVerb? Tail(ref VerbReader reader, bool? bypass, LookupOperation operation)
    {
        var length = reader.Rest.LastIndexOf((byte)'@');
        if (length < 1 || reader.Rest[0] == ':' || !CharClass.HasTwoUnits(reader.Rest[..length]) || !CharClass.IsOneLine(WithoutFirst(reader.Rest[..length])))
        {
            return null;
        }

        var key = reader.Text(length);
        return reader.TryToken("@"u8, out var owner) && reader.IsAtEnd
            ? new LookupVerb { BypassCache = bypass, Operation = operation, Key = key, Owner = owner }
            : null;
    }

    /// <summary>In the pattern the first character of a key may be anything but a colon, a line break too.</summary>
    private static ReadOnlySpan<byte> WithoutFirst(ReadOnlySpan<byte> key) =>
        key[(System.Text.Rune.DecodeFromUtf8(key, out _, out var length) == System.Buffers.OperationStatus.Done ? length : 1)..];
}
