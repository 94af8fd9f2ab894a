using System.Diagnostics.CodeAnalysis;

namespace AtSync.Protocol;

/// <summary>
/// A full key, taken apart: <c>[cached:][public:|private:|privatekey:|local:|@sharedWith:]entity[.namespace]@owner</c>. Immutable; already folded
/// (trimmed, lower case, no spaces). <see cref="ToString"/> gives the full key again.
/// </summary>
public sealed record AtKey
{
    /// <summary>The most UTF-16 units of a full key.</summary>
    public const int MaxLength = 248;

    /// <summary>The most UTF-16 units of a full key that begins with <c>cached:</c>.</summary>
    public const int MaxCachedLength = 255;

    private AtKey(string full, AtKeyKind kind) => (Full, Kind) = (full, kind);

    /// <summary>The full key, folded.</summary>
    public string Full { get; }

    /// <summary>What it is.</summary>
    public AtKeyKind Kind { get; }

    /// <summary>The part between the prefixes and the owner, namespace included (<c>x.sub.notes</c>); the whole rest for keys without an owner.</summary>
    public string Entity { get; private init; } = "";

    /// <summary>Text after the last dot of <see cref="Entity"/>; null when there is no dot.</summary>
    public string? Namespace { get; private init; }

    /// <summary>Recipient; null unless the key names one.</summary>
    public AtSign? SharedWith { get; private init; }

    /// <summary>Null for reserved keys that have none.</summary>
    public AtSign? Owner { get; private init; }

    /// <summary>Begins with <c>cached:</c>.</summary>
    public bool IsCached { get; private init; }

    /// <summary>Takes a full key apart. False, with words for a person, for what is no valid key.</summary>
    public static bool TryParse(ReadOnlySpan<char> full, [NotNullWhen(true)] out AtKey? key, [NotNullWhen(false)] out string? problem)
    {
        key = null;
        var text = Fold(full.ToString());
        var kind = KindOf(text);
        var isCached = text.StartsWith("cached:", StringComparison.Ordinal);
        var max = isCached ? MaxCachedLength : MaxLength;
        if (text.Length > max)
        {
            problem = $"key length {text.Length} is greater than max allowed {max} chars";
            return false;
        }

        if (kind == AtKeyKind.Invalid)
        {
            problem = "not a valid key: expected [public:|@recipient:]name.namespace@owner, names of letters, digits, emoji and . - _ ' * \"";
            return false;
        }

        var rest = isCached ? text.AsSpan("cached:".Length) : text;
        AtSign? sharedWith = null;
        if (PrefixLength(rest) is > 0 and var prefix)
        {
            rest = rest[prefix..];
        }

        if (!rest.IsEmpty && rest[0] == '@')
        {
            if (!TryTakeAtSign(rest[..Math.Max(0, rest.IndexOf(':'))], out sharedWith, out problem))
            {
                return false;
            }

            rest = rest[(rest.IndexOf(':') + 1)..];
        }

        var at = rest.IndexOf('@');
        AtSign? owner = null;
        if (at >= 0 && !TryTakeAtSign(rest[at..], out owner, out problem))
        {
            return false;
        }

        // A reserved key is recognised by a part of it, so its shape has not been checked yet.
        var entity = at >= 0 ? rest[..at] : rest;
        if (entity.IsEmpty || entity.Contains(':'))
        {
            problem = "not a valid key: a prefix (public:, @recipient:) may stand only once, in front of a name";
            return false;
        }

        problem = null;
        key = new AtKey(text, kind)
        {
            Entity = entity.ToString(),
            Namespace = NamespaceOf(entity),
            SharedWith = sharedWith,
            Owner = owner,
            IsCached = isCached,
        };
        return true;
    }

    /// <summary>
    /// Completes a key as people write it, for <paramref name="owner"/>: <c>name.ns</c>, <c>public:name.ns</c>, <c>@bob:name.ns</c>, with or without <c>@owner</c>.
    /// </summary>
    public static bool TryParseTyped(ReadOnlySpan<char> text, AtSign owner, [NotNullWhen(true)] out AtKey? key, [NotNullWhen(false)] out string? problem)
    {
        key = null;
        var typed = text.Trim();
        if (typed.IsEmpty)
        {
            problem = "a key may not be empty";
            return false;
        }

        if (typed.ContainsAny(' ', '\t'))
        {
            problem = "a key may not contain white space: it would be taken out silently";
            return false;
        }

        var nameAt = typed.LastIndexOf(':') + 1;
        if (nameAt == 0 && typed[0] == '@')
        {
            problem = "a key that begins with an atSign names a recipient: write @recipient:name.namespace";
            return false;
        }

        var hasNoOwner = typed.StartsWith("privatekey:", StringComparison.OrdinalIgnoreCase);
        return hasNoOwner || typed[nameAt..].Contains('@')
            ? TryParse(typed, out key, out problem)
            : TryParse($"{typed}{owner}", out key, out problem);
    }

    /// <summary>How storage spells a key: trimmed, lower case, spaces removed. Gives back the same string when nothing is to be done.</summary>
    public static string Fold(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        var folded = key.Trim().ToLowerInvariant();
        return folded.Contains(' ') ? folded.Replace(" ", "", StringComparison.Ordinal) : folded;
    }

    /// <summary>The kind of a full key by the published patterns, in their order.</summary>
    public static AtKeyKind KindOf(ReadOnlySpan<char> full) => AtKeyPatterns.KindOf(full);

    /// <summary>Whether a namespace covers this key: it equals the last dotted segments of the entity (<c>notes</c> covers <c>x.sub.notes</c>).</summary>
    public bool IsIn(ReadOnlySpan<char> scope)
    {
        var before = Entity.Length - scope.Length - 1;
        return before >= 0 && !scope.IsEmpty && Entity[before] == '.' && Entity.AsSpan(before + 1).Equals(scope, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Whether a commit of this key enters the commit log (not <c>private:</c>, <c>privatekey:</c>, <c>local:</c>, <c>public:_</c> unless <c>public:__</c>).</summary>
    public static bool IsLogged(ReadOnlySpan<char> full)
    {
        if (full.StartsWith("private:") || full.StartsWith("privatekey:") || full.StartsWith("local:"))
        {
            return false;
        }

        return !full.StartsWith("public:_") || full.StartsWith("public:__");
    }

    /// <inheritdoc/>
    public override string ToString() => Full;

    private static int PrefixLength(ReadOnlySpan<char> text)
    {
        foreach (var prefix in Prefixes)
        {
            if (text.StartsWith(prefix))
            {
                return prefix.Length;
            }
        }

        return 0;
    }

    private static readonly string[] Prefixes = ["public:", "private:", "privatekey:", "local:"];

    private static bool TryTakeAtSign(ReadOnlySpan<char> text, out AtSign? atSign, [NotNullWhen(false)] out string? problem)
    {
        var isValid = AtSign.TryParse(text, out var parsed, out problem);
        atSign = isValid ? parsed : null;
        return isValid;
    }

    private static string? NamespaceOf(ReadOnlySpan<char> entity)
    {
        var dot = entity.LastIndexOf('.');
        return dot < 0 || dot == entity.Length - 1 ? null : entity[(dot + 1)..].ToString();
    }
}
