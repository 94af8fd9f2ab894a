namespace AtSync.Protocol.Grammar;

/// <summary>The pieces that the key verbs share: <c>[:public|:@recipient]:key[@owner]</c>.</summary>
internal static class KeyParts
{
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
}
