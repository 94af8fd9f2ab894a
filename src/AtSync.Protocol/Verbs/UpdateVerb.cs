using System.Buffers;
using AtSync.Protocol.Grammar;

namespace AtSync.Protocol.Verbs;

/// <summary><c>update[:nc]&lt;metadata&gt;[:public|:@bob]:key[@owner] value</c>.</summary>
/// <remarks>
/// <code>
/// C: update:ttl:60000:isEncrypted:true:ivNonce:3q2+7w==:@bob:phone.wavi@alice NkHfXA==
/// S: data:42
/// </code>
/// <c>:nc</c> and <c>:public</c> are parts only when a key follows; otherwise they are the key. Differs from the reference: a key whose name begins with <c>meta</c>
/// is an ordinary key (there the dispatcher takes it for <c>update:meta</c>).
/// </remarks>
public sealed record UpdateVerb : Verb
{
    internal const string Usage = "e.g. update:@alice:location@bob San Francisco";

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
    public override void WriteTo(IBufferWriter<byte> output)
    {
        var writer = new VerbWriter(output);
        writer.Literal(NoCommit ? "update:nc"u8 : "update"u8);
        MetadataFragments.Write(ref writer, Metadata);
        KeyParts.WriteScope(ref writer, IsPublic, SharedWith);
        KeyParts.WriteKey(ref writer, KeyWithColon, Key, Owner);
        writer.Byte((byte)' ');
        writer.Value(Value.Span);
        writer.Flush();
    }

    internal static Verb? Parse(ref VerbReader reader) => reader.TryTake("update"u8) ? KeyParts.WithNoCommit(ref reader, Body) : null;

    private const string KeyWithColon = "privatekey:at_pkam_publickey";

    private static Verb? Body(ref VerbReader reader, bool noCommit)
    {
        var start = reader.Position;
        if (reader.TryTake(":json:"u8) && reader.TryRest(out ReadOnlyMemory<byte> json))
        {
            return new UpdateJsonVerb { NoCommit = noCommit, Json = json };
        }

        reader.Position = start;
        var metadata = MetadataFragments.Read(ref reader);
        return KeyParts.WithScope(ref reader, (noCommit, metadata), Tail);
    }

    private static UpdateVerb? Tail(ref VerbReader reader, (bool NoCommit, AtMetadata Metadata) front, bool isPublic, string? recipient)
    {
        if (!KeyParts.TryKey(ref reader, KeyWithColon, out var key) || !KeyParts.TryOptionalOwner(ref reader, out var owner)
            || !reader.TryTake(" "u8) || !reader.TryRest(out ReadOnlyMemory<byte> value))
        {
            return null;
        }

        return new UpdateVerb
        {
            NoCommit = front.NoCommit,
            Metadata = front.Metadata,
            IsPublic = isPublic,
            SharedWith = recipient,
            Key = key!,
            Owner = owner,
            Value = value,
        };
    }
}
