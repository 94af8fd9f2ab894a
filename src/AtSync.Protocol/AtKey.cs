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
    public static bool TryParse(ReadOnlySpan<char> full, [NotNullWhen(true)] out AtKey? key, [NotNullWhen(false)] out string? problem) =>
        throw new NotImplementedException();

    /// <summary>
    /// Completes a key as people write it, for <paramref name="owner"/>: <c>name.ns</c>, <c>public:name.ns</c>, <c>@bob:name.ns</c>, with or without <c>@owner</c>.
    /// </summary>
    public static bool TryParseTyped(ReadOnlySpan<char> text, AtSign owner, [NotNullWhen(true)] out AtKey? key, [NotNullWhen(false)] out string? problem) =>
        throw new NotImplementedException();

    /// <summary>How storage spells a key: trimmed, lower case, spaces removed.</summary>
    public static string Fold(string key) => throw new NotImplementedException();

    /// <summary>The kind of a full key by the published patterns, in their order.</summary>
    public static AtKeyKind KindOf(ReadOnlySpan<char> full) => throw new NotImplementedException();

    /// <summary>Whether a namespace covers this key: it equals the last dotted segments of the entity (<c>notes</c> covers <c>x.sub.notes</c>).</summary>
    public bool IsIn(ReadOnlySpan<char> scope) => throw new NotImplementedException();

    /// <summary>Whether a commit of this key enters the commit log (not <c>private:</c>, <c>privatekey:</c>, <c>local:</c>, <c>public:_</c> unless <c>public:__</c>).</summary>
    public static bool IsLogged(ReadOnlySpan<char> full) => throw new NotImplementedException();

    /// <inheritdoc/>
    public override string ToString() => Full;
}
