using System.Buffers;
using AtSync.Protocol.Grammar;

namespace AtSync.Protocol.Verbs;

/// <summary><c>update:meta[:nc][:public|:@bob]:key@owner&lt;metadata&gt;</c>.</summary>
/// <remarks>
/// <code>
/// C: update:meta:phone.wavi@alice:ttl:60000
/// S: data:43
/// </code>
/// The fragments stand behind the key. A key has at least two UTF-16 units.
/// </remarks>
public sealed record UpdateMetaVerb : Verb
{
    internal const string Usage = "update:meta:ttl:20000:ttb:20000:ttr:20000";

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
    public override void WriteTo(IBufferWriter<byte> output)
    {
        var writer = new VerbWriter(output);
        writer.Literal(NoCommit ? "update:meta:nc"u8 : "update:meta"u8);
        KeyParts.WriteScope(ref writer, IsPublic, SharedWith);
        writer.Byte((byte)':');
        writer.Token(Key);
        KeyParts.WriteOwner(ref writer, Owner);
        MetadataFragments.Write(ref writer, Metadata);
        writer.Flush();
    }

    internal static Verb? Parse(ref VerbReader reader) => reader.TryTake("update:meta"u8)
        ? KeyParts.WithNoCommit(ref reader, static (ref reader, noCommit) => KeyParts.WithScope(ref reader, noCommit, Tail))
        : null;

    private static UpdateMetaVerb? Tail(ref VerbReader reader, bool noCommit, bool isPublic, string? recipient)
    {
        if (!reader.TryTake(":"u8) || !KeyParts.TryLongKey(ref reader, hasColons: false, firstMayBeAt: false, out var key)
            || !reader.TryToken("@"u8, out var owner))
        {
            return null;
        }

        var metadata = MetadataFragments.Read(ref reader);
        return reader.IsAtEnd
            ? new UpdateMetaVerb { NoCommit = noCommit, Metadata = metadata, IsPublic = isPublic, SharedWith = recipient, Key = key!, Owner = owner }
            : null;
    }
}
