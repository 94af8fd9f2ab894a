using AtSync.Protocol.Grammar;

namespace AtSync.Protocol.Verbs;

/// <summary>
/// The tail of <c>notify</c>: <c>key[@from][:value]</c> up to the end of the line. The published pattern takes the longest key (no <c>@</c>, no two colons
/// in a row, at least two UTF-16 units) and gives back until the rest fits; this does the same without trying every length.
/// </summary>
internal static class NotifyKey
{
    public static bool TryRead(scoped ref VerbReader reader, out string? key, out string? from, out ReadOnlyMemory<byte>? value)
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

    private static bool TryValue(scoped ref VerbReader reader, out ReadOnlyMemory<byte>? value)
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
}
