using System.Buffers;
using AtSync.Protocol.Grammar;

namespace AtSync.Protocol.Verbs;

/// <summary><c>notify[:id:…][:update|:delete][:messageType:…][:priority:…][:strategy:…][:latestN:n][:notifier:…][:ttln:ms][:eAtn:…][:eph]&lt;metadata&gt;:(@to|public):key[@from][:value]</c>.</summary>
/// <remarks>
/// <code>
/// C: notify:id:6f1d…:update:ttln:60000:isEncrypted:true:ivNonce:3q2+7w==:@bob:phone.wavi@alice:NkHfXA==
/// S: data:6f1d…
/// </code>
/// The order is strict, a recipient or <c>public</c> is mandatory. The key has at least two UTF-16 units and may hold single colons
/// (<c>@bob:public:phone@alice</c>); it reaches as far as it can, so a value is told from it by the sender's <c>@</c> only.
/// <c>eAtn</c> and <c>eph</c> are of 2026 and sent only to a peer that lists <c>notify.eAtn</c>, <c>notify.eph</c>.
/// </remarks>
public sealed record NotifyVerb : Verb
{
    internal const string Usage = "e.g notify:@colin:key@kevin";

    /// <summary>Chosen by the sender.</summary>
    public string? Id { get; init; }

    /// <summary><c>update</c> or <c>delete</c>.</summary>
    public string? Operation { get; init; }

    /// <summary><c>key</c> or <c>text</c>.</summary>
    public string? MessageType { get; init; }

    /// <summary><c>low</c>, <c>medium</c>, <c>high</c>.</summary>
    public string? Priority { get; init; }

    /// <summary><c>all</c> or <c>latest</c>.</summary>
    public string? Strategy { get; init; }

    /// <summary>For strategy latest.</summary>
    public long? LatestN { get; init; }

    /// <summary>Name of the notifier.</summary>
    public string? Notifier { get; init; }

    /// <summary>Life of the notification, ms.</summary>
    public long? TtlnMs { get; init; }

    /// <summary><c>eAtn</c>: absolute expiry of the notification.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary><c>eph</c>.</summary>
    public bool IsEphemeral { get; init; }

    /// <summary>The 24 ordered fragments.</summary>
    public AtMetadata Metadata { get; init; } = AtMetadata.Empty;

    /// <summary><c>:public</c> instead of a recipient.</summary>
    public bool IsPublic { get; init; }

    /// <summary>Recipient as typed, without <c>@</c>.</summary>
    public string? To { get; init; }

    /// <summary>As typed.</summary>
    public required string Key { get; init; }

    /// <summary>Sender as typed, without <c>@</c>.</summary>
    public string? From { get; init; }

    /// <summary>A slice of the line.</summary>
    public ReadOnlyMemory<byte>? Value { get; init; }

    /// <inheritdoc/>
    public override string Word => "notify";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output)
    {
        var writer = new VerbWriter(output);
        writer.Literal("notify"u8);
        Part(ref writer, ":id:"u8, Id);
        Part(ref writer, ":"u8, Operation);
        Part(ref writer, ":messageType:"u8, MessageType);
        Part(ref writer, ":priority:"u8, Priority);
        Part(ref writer, ":strategy:"u8, Strategy);
        Part(ref writer, ":latestN:"u8, LatestN);
        if (Notifier is not null)
        {
            writer.Literal(":notifier:"u8);
            writer.Text(Notifier);
        }

        Part(ref writer, ":ttln:"u8, TtlnMs);
        if (ExpiresAt is { } expiry)
        {
            writer.Literal(":eAtn:"u8);
            writer.Time(expiry);
        }

        writer.Literal(IsEphemeral ? ":eph"u8 : ""u8);
        MetadataFragments.Write(ref writer, Metadata);
        KeyParts.WriteScope(ref writer, IsPublic, To);
        writer.Byte((byte)':');
        writer.Text(Key);
        NotifyParts.WriteTail(ref writer, From, Value);

        writer.Flush();
    }

    internal static Verb? Parse(ref VerbReader reader)
    {
        if (!reader.TryTake("notify"u8))
        {
            return null;
        }

        var id = Optional(ref reader, ":id:"u8, CharClass.WordsAndHyphens);
        var operation = OneOf(ref reader, ":"u8, NotifyParts.Operations);
        var messageType = OneOf(ref reader, ":messageType:"u8, NotifyParts.MessageTypes);
        var priority = OneOf(ref reader, ":priority:"u8, Priorities);
        var strategy = OneOf(ref reader, ":strategy:"u8, Strategies);
        reader.TryNumber(":latestN:"u8, out var latestN);
        var notifier = Optional(ref reader, ":notifier:"u8, CharClass.NotColonOrSpace);
        reader.TryNumber(":ttln:"u8, out var ttln);
        reader.TryTime(":eAtn:"u8, out var expiresAt);
        var isEphemeral = reader.TryTake(":eph"u8);
        var metadata = MetadataFragments.Read(ref reader);
        var isPublic = KeyParts.TryPublic(ref reader);
        string? to = null;
        if (!isPublic && !KeyParts.TryRecipient(ref reader, out to))
        {
            return null;
        }

        if (!reader.TryTake(":"u8) || !NotifyParts.TryKey(ref reader, out var key, out var from, out var value))
        {
            return null;
        }

        return new NotifyVerb
        {
            Id = id,
            Operation = operation,
            MessageType = messageType,
            Priority = priority,
            Strategy = strategy,
            LatestN = latestN,
            Notifier = notifier,
            TtlnMs = ttln,
            ExpiresAt = expiresAt,
            IsEphemeral = isEphemeral,
            Metadata = metadata,
            IsPublic = isPublic,
            To = to,
            Key = key!,
            From = from,
            Value = value,
        };
    }

    private static readonly string[] Priorities = ["low", "medium", "high"];
    private static readonly string[] Strategies = ["all", "latest"];

    private delegate int Extent(ReadOnlySpan<byte> text);

    private static string? Optional(ref VerbReader reader, ReadOnlySpan<byte> tag, Extent extent)
    {
        var start = reader.Position;
        if (reader.TryTake(tag) && extent(reader.Rest) is > 0 and var length)
        {
            return reader.Text(length);
        }

        reader.Position = start;
        return null;
    }

    private static string? OneOf(ref VerbReader reader, ReadOnlySpan<byte> tag, string[] words)
    {
        var start = reader.Position;
        if (reader.TryTake(tag) && reader.TryTakeOneOf(words, out var word))
        {
            return word;
        }

        reader.Position = start;
        return null;
    }

    private static void Part(ref VerbWriter writer, ReadOnlySpan<byte> tag, string? value)
    {
        if (value is not null)
        {
            writer.Literal(tag);
            writer.Token(value);
        }
    }

    private static void Part(ref VerbWriter writer, ReadOnlySpan<byte> tag, long? value)
    {
        if (value is { } number)
        {
            writer.Literal(tag);
            writer.Number(number);
        }
    }
}
