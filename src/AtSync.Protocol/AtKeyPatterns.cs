namespace AtSync.Protocol;

/// <summary>
/// The published key patterns as code. Vocabulary: a <b>unit</b> is what an atSign is made of, a letter, digit, <c>_</c>, <c>-</c> or an emoji (a
/// surrogate pair is one unit); an <b>entity</b> is made of units and <c>. ' * "</c>; an <b>owner</b> is <c>@</c> and 1 to 55 units.
/// Letters are compared without case. The patterns themselves are the oracle of the tests.
/// </summary>
internal static class AtKeyPatterns
{
    private const int MaxUnits = 55;

    private static readonly string[] PrivateKeyNames =
    [
        "at_pkam_publickey", "at_pkam_privatekey", "privatekey", "self_encryption_key", "at_secret", "at_secret_deleted", "signing_keypair_generated",
        "commitLogCompactionStats", "accessLogCompactionStats", "notificationCompactionStats",
    ];

    public static AtKeyKind KindOf(ReadOnlySpan<char> full)
    {
        if (IsReserved(full))
        {
            return AtKeyKind.Reserved;
        }

        if (TakeWord(full, "public:", out var rest) && IsEntityAndOwner(rest))
        {
            return AtKeyKind.Public;
        }

        if (TakeWord(full, "private:", out rest) && IsEntityAndOwner(WithoutRecipient(rest, out _)))
        {
            return AtKeyKind.Private;
        }

        var name = WithoutRecipient(full, out var recipient);
        if (IsEntityAndOwner(name))
        {
            return recipient.IsEmpty || recipient.Equals(name[(name.IndexOf('@') + 1)..], StringComparison.OrdinalIgnoreCase)
                ? AtKeyKind.Self
                : AtKeyKind.Shared;
        }

        if (TakeWord(full, "cached:public:", out rest) && IsEntityAndOwner(rest))
        {
            return AtKeyKind.CachedPublic;
        }

        if (TakeWord(full, "cached:", out rest) && IsEntityAndOwner(WithoutRecipient(rest, out recipient)) && !recipient.IsEmpty)
        {
            return AtKeyKind.CachedShared;
        }

        return TakeWord(full, "local:", out rest) && IsEntityAndOwner(rest) ? AtKeyKind.Local : AtKeyKind.Invalid;
    }

    private static bool IsReserved(ReadOnlySpan<char> full)
    {
        if (full.Equals("configkey", StringComparison.OrdinalIgnoreCase) || IsHiddenWithoutOwner(full))
        {
            return true;
        }

        foreach (var name in PrivateKeyNames)
        {
            if (full.EndsWith(name, StringComparison.OrdinalIgnoreCase) && EndsWithWord(full[..^name.Length], "privatekey:"))
            {
                return true;
            }
        }

        // The other forms all stand directly before "@" and one unit; there may be several such places.
        for (var at = full.IndexOf('@'); at >= 0;)
        {
            if (UnitLength(full[(at + 1)..]) > 0 && IsReservedBefore(full[..at]))
            {
                return true;
            }

            var next = full[(at + 1)..].IndexOf('@');
            at = next < 0 ? -1 : at + 1 + next;
        }

        return false;
    }

    private static bool IsReservedBefore(ReadOnlySpan<char> text)
    {
        if (EndsWithWord(text, "private:blocklist") || EndsWithWord(text, "public:signing_publickey") || EndsWithWord(text, "public:publickey"))
        {
            return true;
        }

        if (EndsWithWord(text, ":signing_privatekey") && EndsWithAtAndUnits(text[..^":signing_privatekey".Length]))
        {
            return true;
        }

        // Only at the very beginning: "@bob:shared_key".
        if (WithoutRecipient(text, out var recipient).Equals("shared_key", StringComparison.OrdinalIgnoreCase) && !recipient.IsEmpty)
        {
            return true;
        }

        var units = UnitsBackwards(text, out var start);
        return units is > 0 and <= MaxUnits && EndsWithWord(text[..start], "shared_key.");
    }

    /// <summary><c>_name</c> without an owner, ASCII only.</summary>
    private static bool IsHiddenWithoutOwner(ReadOnlySpan<char> full)
    {
        if (full.Length < 2 || full[0] != '_')
        {
            return false;
        }

        foreach (var c in full[1..])
        {
            if (!IsAsciiUnit(c) && c is not ('.' or '\'' or '*' or '"'))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The text after <c>@recipient:</c>, or the whole text when it does not begin so.</summary>
    private static ReadOnlySpan<char> WithoutRecipient(ReadOnlySpan<char> text, out ReadOnlySpan<char> recipient)
    {
        recipient = default;
        if (text.IsEmpty || text[0] != '@')
        {
            return text;
        }

        var length = UnitsForwards(text[1..], out var units);
        if (units is 0 or > MaxUnits || 1 + length >= text.Length || text[1 + length] != ':')
        {
            return text;
        }

        recipient = text.Slice(1, length);
        return text[(2 + length)..];
    }

    private static bool IsEntityAndOwner(ReadOnlySpan<char> text)
    {
        var i = 0;
        while (i < text.Length)
        {
            var length = text[i] is '.' or '\'' or '*' or '"' ? 1 : UnitLength(text[i..]);
            if (length == 0)
            {
                break;
            }

            i += length;
        }

        if (i == 0 || i >= text.Length || text[i] != '@')
        {
            return false;
        }

        var owner = text[(i + 1)..];
        return UnitsForwards(owner, out var units) == owner.Length && units is > 0 and <= MaxUnits;
    }

    private static int UnitsForwards(ReadOnlySpan<char> text, out int units)
    {
        units = 0;
        var i = 0;
        while (i < text.Length && UnitLength(text[i..]) is > 0 and var length)
        {
            i += length;
            units++;
        }

        return i;
    }

    private static int UnitsBackwards(ReadOnlySpan<char> text, out int start)
    {
        var units = 0;
        start = text.Length;
        while (start > 0)
        {
            if (IsSingleUnit(text[start - 1]))
            {
                start--;
            }
            else if (start > 1 && IsPair(text[start - 2], text[start - 1]))
            {
                start -= 2;
            }
            else
            {
                break;
            }

            units++;
        }

        return units;
    }

    private static bool EndsWithAtAndUnits(ReadOnlySpan<char> text) =>
        UnitsBackwards(text, out var start) is > 0 and <= MaxUnits && start > 0 && text[start - 1] == '@';

    private static bool EndsWithWord(ReadOnlySpan<char> text, ReadOnlySpan<char> word) => text.EndsWith(word, StringComparison.OrdinalIgnoreCase);

    private static bool TakeWord(ReadOnlySpan<char> text, ReadOnlySpan<char> word, out ReadOnlySpan<char> rest)
    {
        var fits = text.StartsWith(word, StringComparison.OrdinalIgnoreCase);
        rest = fits ? text[word.Length..] : default;
        return fits;
    }

    /// <summary>How many UTF-16 units the first atSign unit takes; 0 when there is none.</summary>
    private static int UnitLength(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty)
        {
            return 0;
        }

        if (IsSingleUnit(text[0]))
        {
            return 1;
        }

        return text.Length > 1 && IsPair(text[0], text[1]) ? 2 : 0;
    }

    private static bool IsSingleUnit(char c) => IsAsciiUnit(c) || c is '\u00a9' or '\u00ae' or (>= '\u2000' and <= '\u3300') or (>= '\ufe00' and <= '\ufe0f');

    private static bool IsAsciiUnit(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '-';

    private static bool IsPair(char first, char second) => first is '\ud83c' or '\ud83d' or '\ud83e' && second is >= '\ud000' and <= '\udfff';
}
