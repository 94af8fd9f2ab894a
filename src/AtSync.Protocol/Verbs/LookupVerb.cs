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
        KeyParts.WriteLookup(ref writer, new LookupParts(BypassCache, Operation, Key, Owner));
        writer.Flush();
    }

    internal static Verb? Parse(ref VerbReader reader) =>
        reader.TryTake("lookup:"u8) && KeyParts.Lookup(ref reader, KeyLength) is { } parts
            ? new LookupVerb { BypassCache = parts.BypassCache, Operation = parts.Operation, Key = parts.Key, Owner = parts.Owner }
            : null;

    private static int KeyLength(ReadOnlySpan<byte> text)
    {
        var length = text.LastIndexOf((byte)'@');
        return length < 1 || text[0] == ':' || !CharClass.HasTwoUnits(text[..length]) || !CharClass.IsOneLine(WithoutFirst(text[..length])) ? 0 : length;
    }

    /// <summary>In the pattern the first character of a key may be anything but a colon, a line break too.</summary>
    private static ReadOnlySpan<byte> WithoutFirst(ReadOnlySpan<byte> key) =>
        key[(System.Text.Rune.DecodeFromUtf8(key, out _, out var length) == System.Buffers.OperationStatus.Done ? length : 1)..];
}
