using AtSync.Protocol.Verbs;

namespace AtSync.Protocol.Grammar;

/// <summary>The pieces that the key verbs share: <c>[:public|:@recipient]:key[@owner]</c>, and how an update and a lookup begin.</summary>
internal static class KeyParts
{
    private static readonly string[] LookupOperations = ["meta:", "all:"];

    /// <summary>What follows <c>[:nc]</c>; null when it does not fit.</summary>
    public delegate Verb? AfterNoCommit(ref VerbReader reader, bool noCommit);

    /// <summary>What follows <c>[:public|:@recipient]</c>; null when it does not fit.</summary>
    public delegate Verb? AfterScope<TState>(ref VerbReader reader, TState state, bool isPublic, string? recipient);

    /// <summary>How far a key reaches from the begin of the text; 0 when none does.</summary>
    public delegate int KeyLength(ReadOnlySpan<byte> text);

    /// <summary>Takes <c>[:nc]</c> and what follows. When that does not fit, <c>nc</c> was the key.</summary>
    public static Verb? WithNoCommit(ref VerbReader reader, AfterNoCommit tail)
    {
        var start = reader.Position;
        if (reader.TryTake(":nc"u8) && tail(ref reader, noCommit: true) is { } verb)
        {
            return verb;
        }

        reader.Position = start;
        return tail(ref reader, noCommit: false);
    }

    /// <summary>Takes <c>[:public|:@recipient]</c> and what follows. When that does not fit behind <c>:public</c>, <c>public</c> was the key.</summary>
    public static Verb? WithScope<TState>(ref VerbReader reader, TState state, AfterScope<TState> tail)
    {
        var start = reader.Position;
        if (TryPublic(ref reader) && tail(ref reader, state, isPublic: true, null) is { } verb)
        {
            return verb;
        }

        reader.Position = start;
        TryRecipient(ref reader, out var recipient);
        return tail(ref reader, state, isPublic: false, recipient);
    }

    /// <summary>
    /// Takes <c>[bypassCache:true|false:][meta:|all:]key@owner</c> up to the end of the line. What can't be one of the parts in front is the begin of
    /// the key.
    /// </summary>
    public static LookupParts? Lookup(ref VerbReader reader, KeyLength keyLength)
    {
        var start = reader.Position;
        if (reader.TryFlag("bypassCache:"u8, out var bypass) && reader.TryTake(":"u8) && AfterBypass(ref reader, keyLength) is { } parts)
        {
            return parts with { BypassCache = bypass };
        }

        reader.Position = start;
        return AfterBypass(ref reader, keyLength);
    }

    /// <summary>Writes <c>[bypassCache:true|false:][meta:|all:]key@owner</c>.</summary>
    public static void WriteLookup(scoped ref VerbWriter writer, LookupParts parts)
    {
        if (parts.BypassCache is { } bypass)
        {
            writer.Literal("bypassCache:"u8);
            writer.Flag(bypass);
            writer.Byte((byte)':');
        }

        writer.Literal(parts.Operation switch
        {
            LookupOperation.Meta => "meta:"u8,
            LookupOperation.All => "all:"u8,
            _ => ""u8,
        });
        writer.Text(parts.Key);
        WriteOwner(ref writer, parts.Owner);
    }

    /// <summary>Takes <c>:public</c>. The caller sets the cursor back when no <c>:key</c> follows: then <c>public</c> was the key.</summary>
    public static bool TryPublic(scoped ref VerbReader reader) => reader.TryTake(":public"u8);

    /// <summary>Takes <c>:@recipient</c>.</summary>
    public static bool TryRecipient(scoped ref VerbReader reader, out string? recipient) => reader.TryToken(":@"u8, out recipient);

    /// <summary>
    /// Takes <c>:key</c> of the class <c>[^:@\s]+</c>, or the one key with a colon that the verb allows (<c>privatekey:at_secret</c>).
    /// </summary>
    public static bool TryKey(scoped ref VerbReader reader, string exception, out string? key)
    {
        var start = reader.Position;
        if (reader.TryToken(":"u8, out key) && (reader.IsAtEnd || reader.Rest[0] != ':'))
        {
            return true;
        }

        reader.Position = start;
        return reader.TryTake(":"u8) && reader.TryTakeOneOf([exception], out key);
    }

    /// <summary>Takes <c>@owner</c> when an <c>@</c> is there; false when something else than an owner follows it.</summary>
    public static bool TryOptionalOwner(scoped ref VerbReader reader, out string? owner)
    {
        owner = null;
        return reader.IsAtEnd || reader.Rest[0] != '@' || reader.TryToken("@"u8, out owner);
    }

    /// <summary>
    /// Takes <c>key@owner</c> and the rest of the line must be the owner. The key is at least two UTF-16 units without <c>@</c>; unless
    /// <paramref name="hasColons"/>, without colons too, otherwise without two in a row; only <paramref name="firstMayBeAt"/> lets it begin with <c>@</c>.
    /// </summary>
    public static bool TryLongKey(scoped ref VerbReader reader, bool hasColons, bool firstMayBeAt, out string? key)
    {
        key = null;
        var text = reader.Rest;
        if (text.IsEmpty || text[0] == ':' || (text[0] == '@' && !firstMayBeAt))
        {
            return false;
        }

        var length = 1;
        while (length < text.Length && text[length] != '@' && (text[length] != ':' || (hasColons && (length + 1 == text.Length || text[length + 1] != ':'))))
        {
            length++;
        }

        if (!CharClass.HasTwoUnits(text[..length]))
        {
            return false;
        }

        key = reader.Text(length);
        return true;
    }

    /// <summary>Writes <c>[:public|:@recipient]</c>.</summary>
    public static void WriteScope(scoped ref VerbWriter writer, bool isPublic, string? recipient)
    {
        if (isPublic)
        {
            writer.Literal(":public"u8);
        }
        else if (recipient is not null)
        {
            writer.Literal(":@"u8);
            writer.Token(recipient);
        }
    }

    /// <summary>Writes <c>:key[@owner]</c>.</summary>
    public static void WriteKey(scoped ref VerbWriter writer, string exception, string key, string? owner)
    {
        writer.Byte((byte)':');
        if (key == exception)
        {
            writer.Raw(key);
        }
        else
        {
            writer.Token(key);
        }

        WriteOwner(ref writer, owner);
    }

    /// <summary>Writes <c>@owner</c> when there is one.</summary>
    public static void WriteOwner(scoped ref VerbWriter writer, string? owner)
    {
        if (owner is not null)
        {
            writer.Byte((byte)'@');
            writer.Token(owner);
        }
    }

    private static LookupParts? AfterBypass(ref VerbReader reader, KeyLength keyLength)
    {
        var start = reader.Position;
        if (reader.TryTakeOneOf(LookupOperations, out var word) && KeyAndOwner(ref reader, keyLength) is { } parts)
        {
            return parts with { Operation = word == "meta:" ? LookupOperation.Meta : LookupOperation.All };
        }

        reader.Position = start;
        return KeyAndOwner(ref reader, keyLength);
    }

    private static LookupParts? KeyAndOwner(ref VerbReader reader, KeyLength keyLength)
    {
        if (keyLength(reader.Rest) is not (> 0 and var length))
        {
            return null;
        }

        var key = reader.Text(length);
        return reader.TryToken("@"u8, out var owner) && reader.IsAtEnd ? new LookupParts(null, LookupOperation.Value, key, owner) : null;
    }
}

/// <summary>What <c>lookup</c> and <c>plookup</c> have in common.</summary>
internal readonly record struct LookupParts(bool? BypassCache, LookupOperation Operation, string Key, string Owner);
