using System.Buffers;
using AtSync.Protocol.Grammar;

namespace AtSync.Protocol.Verbs;

/// <summary><c>llookup[:meta|:all][:cached][:public|:@bob]:key@owner</c>.</summary>
/// <remarks>
/// <code>
/// C: llookup:all:@bob:phone.wavi@alice
/// S: data:{"key":"@bob:phone.wavi@alice","data":"123","metaData":{…}}
/// </code>
/// The key may hold single colons and may even begin with <c>@</c>, so a part in front of a key of one letter is read as the beginning of the key; the full key
/// comes out the same.
/// </remarks>
public sealed record LlookupVerb : Verb
{
    internal const string Usage = "e.g llookup:location@bob";

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
    public override void WriteTo(IBufferWriter<byte> output)
    {
        var writer = new VerbWriter(output);
        writer.Literal(Operation switch
        {
            LookupOperation.Meta => "llookup:meta"u8,
            LookupOperation.All => "llookup:all"u8,
            _ => "llookup"u8,
        });
        writer.Literal(IsCached ? ":cached"u8 : ""u8);
        KeyParts.WriteScope(ref writer, IsPublic, SharedWith);
        writer.Byte((byte)':');
        writer.Text(Key);
        KeyParts.WriteOwner(ref writer, Owner);
        writer.Flush();
    }

    internal static Verb? Parse(ref VerbReader reader)
    {
        if (!reader.TryTake("llookup"u8))
        {
            return null;
        }

        var start = reader.Position;
        if (reader.TryTakeOneOf(Operations, out var word)
            && AfterOperation(ref reader, word == ":meta" ? LookupOperation.Meta : LookupOperation.All) is { } withOperation)
        {
            return withOperation;
        }

        reader.Position = start;
        return AfterOperation(ref reader, LookupOperation.Value);
    }

    private static readonly string[] Operations = [":meta", ":all"];

    private static LlookupVerb? AfterOperation(ref VerbReader reader, LookupOperation operation)
    {
        var start = reader.Position;
        if (reader.TryTake(":cached"u8) && AfterCached(ref reader, operation, isCached: true) is { } cached)
        {
            return cached;
        }

        reader.Position = start;
        return AfterCached(ref reader, operation, isCached: false);
    }

    private static LlookupVerb? AfterCached(ref VerbReader reader, LookupOperation operation, bool isCached)
    {
        var start = reader.Position;
        string? recipient = null;
        var isPublic = KeyParts.TryPublic(ref reader);
        if ((isPublic || KeyParts.TryRecipient(ref reader, out recipient)) && Tail(ref reader, out var key, out var owner))
        {
            return new LlookupVerb { Operation = operation, IsCached = isCached, IsPublic = isPublic, SharedWith = recipient, Key = key!, Owner = owner! };
        }

        reader.Position = start;
        return Tail(ref reader, out key, out owner) ? new LlookupVerb { Operation = operation, IsCached = isCached, Key = key!, Owner = owner! } : null;
    }

    private static bool Tail(ref VerbReader reader, out string? key, out string? owner)
    {
        key = owner = null;
        return reader.TryTake(":"u8) && KeyParts.TryLongKey(ref reader, hasColons: true, firstMayBeAt: true, out key)
            && reader.TryToken("@"u8, out owner) && reader.IsAtEnd;
    }
}
