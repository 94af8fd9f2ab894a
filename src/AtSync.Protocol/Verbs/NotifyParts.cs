using AtSync.Protocol.Grammar;

namespace AtSync.Protocol.Verbs;

/// <summary>What <c>notify</c> and <c>notify:all</c> share: the words of their parts, and the value at the end.</summary>
internal static class NotifyParts
{
    public static readonly string[] Operations = ["update", "delete"];
    public static readonly string[] MessageTypes = ["key", "text"];

    /// <summary>
    /// The tail of <c>notify</c>: <c>key[@from][:value]</c> up to the end of the line. The published pattern takes the longest key (no <c>@</c>, no two colons
    /// in a row, at least two UTF-16 units) and gives back until the rest fits; this does the same without trying every length.
    /// </summary>
    public static bool TryKey(scoped ref VerbReader reader, out string? key, out string? from, out ReadOnlyMemory<byte>? value)
    {
        from = null;
        value = null;
        var start = reader.Position;
        if (!KeyParts.TryLongKey(ref reader, hasColons: true, firstMayBeAt: false, out key))
        {
            return false;
        }

        if (reader.IsAtEnd || (KeyParts.TryOptionalOwner(ref reader, out from) && TryValue(ref reader, out value)))
        {
            return true;
        }

        // The "@" is no sender's: it belongs to a value that begins at the last colon of what was taken for the key. (Behind two colons
        // only a line break can have failed, and that would fail any longer value too.)
        from = null;
        reader.Position = start;
        var text = reader.Rest;
        var at = text.IndexOf((byte)'@');
        var colon = at < 0 || text[..at].IndexOf("::"u8) >= 0 ? -1 : text[..at].LastIndexOf((byte)':');
        if (colon < 1 || !CharClass.HasTwoUnits(text[..colon]))
        {
            return false;
        }

        key = reader.Text(colon);
        return TryValue(ref reader, out value);
    }

    /// <summary>Takes <c>[:value]</c>, which reaches to the end of the line.</summary>
    public static bool TryValue(scoped ref VerbReader reader, out ReadOnlyMemory<byte>? value)
    {
        value = null;
        if (reader.IsAtEnd)
        {
            return true;
        }

        if (!reader.TryTake(":"u8) || !reader.TryRest(out ReadOnlyMemory<byte> rest))
        {
            return false;
        }

        value = rest;
        return true;
    }

    /// <summary>Writes <c>[@from][:value]</c>.</summary>
    public static void WriteTail(scoped ref VerbWriter writer, string? from, ReadOnlyMemory<byte>? value)
    {
        KeyParts.WriteOwner(ref writer, from);
        if (value is { } text)
        {
            writer.Byte((byte)':');
            writer.Value(text.Span);
        }
    }
}
