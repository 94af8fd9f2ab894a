using System.Buffers;
using AtSync.Protocol.Grammar;

namespace AtSync.Protocol.Verbs;

/// <summary><c>notify:all:[update:|delete:][messageType:…:][ttl:n:][ttb:n:][ttr:n:][ccd:b:]@a,@b:key[@from][:value]</c>.</summary>
/// <remarks>
/// <code>
/// C: notify:all:update:messageType:key:@bob,@carol:phone.wavi@alice:123
/// S: data: {"@bob":"6f1d…","@carol":"91ac…"}
/// </code>
/// A part that cannot be one is the recipient: <c>notify:all:update:phone</c> goes to the atSign <c>update</c>. Deprecated since 2026.
/// </remarks>
public sealed record NotifyAllVerb : Verb
{
    internal const string Usage = "e.g notify:all:@alice,@bob:key1@colin";

    /// <summary><c>update</c> or <c>delete</c>.</summary>
    public string? Operation { get; init; }

    /// <summary><c>key</c> or <c>text</c>.</summary>
    public string? MessageType { get; init; }

    /// <summary>ms</summary>
    public long? Ttl { get; init; }

    /// <summary>ms</summary>
    public long? Ttb { get; init; }

    /// <summary>s</summary>
    public long? Ttr { get; init; }

    /// <summary>cascade delete</summary>
    public bool? Ccd { get; init; }

    /// <summary>As typed.</summary>
    public required EquatableList<string> To { get; init; }

    /// <summary>As typed.</summary>
    public required string Key { get; init; }

    /// <summary>Without <c>@</c>.</summary>
    public string? From { get; init; }

    /// <summary>A slice of the line.</summary>
    public ReadOnlyMemory<byte>? Value { get; init; }

    /// <inheritdoc/>
    public override string Word => "notify:all";

    /// <inheritdoc/>
    public override void WriteTo(IBufferWriter<byte> output)
    {
        var writer = new VerbWriter(output);
        writer.Literal("notify:all:"u8);
        Part(ref writer, ""u8, Operation);
        Part(ref writer, "messageType:"u8, MessageType);
        Part(ref writer, "ttl:"u8, Ttl);
        Part(ref writer, "ttb:"u8, Ttb);
        Part(ref writer, "ttr:"u8, Ttr);
        if (Ccd is { } ccd)
        {
            writer.Literal("ccd:"u8);
            writer.Flag(ccd);
            writer.Byte((byte)':');
        }

        for (var i = 0; i < To.Count; i++)
        {
            // Without its "@" a recipient could be read as one of the parts in front of it.
            writer.Literal(i == 0 ? "@"u8 : ",@"u8);
            writer.Token(To[i].StartsWith('@') ? To[i].AsSpan(1) : default);
        }

        writer.Byte((byte)':');
        writer.Token(Key);
        NotifyParts.WriteTail(ref writer, From, Value);

        writer.Flush();
    }

    internal static Verb? Parse(ref VerbReader reader)
    {
        if (!reader.TryTake("notify:all:"u8))
        {
            return null;
        }

        // Where each part began; the published pattern gives them back from the last one on.
        Span<int> starts = stackalloc int[7];
        starts[0] = reader.Position;
        var operation = Keyword(ref reader, ""u8, NotifyParts.Operations);
        starts[1] = reader.Position;
        var messageType = Keyword(ref reader, "messageType:"u8, NotifyParts.MessageTypes);
        starts[2] = reader.Position;
        var ttl = Number(ref reader, "ttl:"u8, canBeNegative: false);
        starts[3] = reader.Position;
        var ttb = Number(ref reader, "ttb:"u8, canBeNegative: false);
        starts[4] = reader.Position;
        var ttr = Number(ref reader, "ttr:"u8, canBeNegative: true);
        starts[5] = reader.Position;
        var ccd = Flag(ref reader);
        starts[6] = reader.Position;
        for (var kept = 6; kept >= 0; kept--)
        {
            reader.Position = starts[kept];
            if ((kept == 6 || starts[kept] != starts[kept + 1]) && Tail(ref reader) is { } verb)
            {
                return verb with
                {
                    Operation = kept > 0 ? operation : null,
                    MessageType = kept > 1 ? messageType : null,
                    Ttl = kept > 2 ? ttl : null,
                    Ttb = kept > 3 ? ttb : null,
                    Ttr = kept > 4 ? ttr : null,
                    Ccd = kept > 5 ? ccd : null,
                };
            }
        }

        return null;
    }

    private static NotifyAllVerb? Tail(ref VerbReader reader)
    {
        var to = reader.Text(CharClass.NotColonOrSpace(reader.Rest));
        if (!reader.TryToken(":"u8, out var key) || !KeyParts.TryOptionalOwner(ref reader, out var from) || !NotifyParts.TryValue(ref reader, out var value))
        {
            return null;
        }

        return new NotifyAllVerb { To = new EquatableList<string>(to.Split(',', StringSplitOptions.RemoveEmptyEntries)), Key = key, From = from, Value = value };
    }

    private static string? Keyword(ref VerbReader reader, ReadOnlySpan<byte> tag, string[] words)
    {
        var start = reader.Position;
        if (reader.TryTake(tag) && reader.TryTakeOneOf(words, out var word) && reader.TryTake(":"u8))
        {
            return word;
        }

        reader.Position = start;
        return null;
    }

    private static long? Number(ref VerbReader reader, ReadOnlySpan<byte> tag, bool canBeNegative)
    {
        var start = reader.Position;
        if (reader.TryNumber(tag, out var number, canBeNegative) && reader.TryTake(":"u8))
        {
            return number;
        }

        reader.Position = start;
        return null;
    }

    /// <summary>The published pattern is <c>true|false+</c>: the last letter may be repeated.</summary>
    private static bool? Flag(ref VerbReader reader)
    {
        var start = reader.Position;
        if (reader.TryFlag("ccd:"u8, out var flag))
        {
            while (flag == false && reader.TryTake("e"u8))
            {
            }

            if (reader.TryTake(":"u8))
            {
                return flag;
            }
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
            writer.Byte((byte)':');
        }
    }

    private static void Part(ref VerbWriter writer, ReadOnlySpan<byte> tag, long? value)
    {
        if (value is { } number)
        {
            writer.Literal(tag);
            writer.Number(number);
            writer.Byte((byte)':');
        }
    }
}
