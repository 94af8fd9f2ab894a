using AtSync.Protocol;
using AtSync.Server.Records;

namespace AtSync.Server.Web;

/// <summary>
/// A page's path as a key: leading slashes and the owner's <c>@alice/</c> go, so do <c>public:</c> in front and <c>@alice</c> at the end; the
/// segments, last first, joined with dots, are the key's name.
/// </summary>
/// <example><c>/@alice/demo/index.html</c> → <c>public:index.html.demo@alice</c></example>
internal static class PublicPath
{
    private const string Public = "public:";

    /// <summary>The atSign at the path's beginning, for requests that nothing else says it of.</summary>
    public static AtSign? AtSignOf(string path)
    {
        var rest = path.TrimStart('/');
        var end = rest.IndexOf('/', StringComparison.Ordinal);
        return rest.StartsWith('@') && end > 0 && AtSign.TryParse(rest.AsSpan(0, end), out var atSign, out _) ? atSign : null;
    }

    /// <summary>The full key; null when it can be none that is shown here.</summary>
    public static string? KeyOf(string path, AtSign owner)
    {
        var rest = path.TrimStart('/');
        if (AtSignOf(rest) == owner)
        {
            rest = rest[(rest.IndexOf('/', StringComparison.Ordinal) + 1)..];
        }

        rest = AtKey.Fold(rest);
        if (rest.StartsWith(Public, StringComparison.Ordinal))
        {
            rest = rest[Public.Length..];
        }

        if (rest.EndsWith(owner.ToString(), StringComparison.Ordinal))
        {
            rest = rest[..^owner.ToString().Length];
        }

        var segments = rest.Split('/');
        Array.Reverse(segments);
        var key = AtKey.Fold($"{Public}{string.Join('.', segments)}{owner}");
        return IsVisible(key) ? key : null;
    }

    /// <summary>A public key whose name does not begin with an underscore: such names are hidden from scans, and here.</summary>
    public static bool IsVisible(string key) =>
        KeyRules.CheckLength(key) is null
        && AtKey.KindOf(key) is AtKeyKind.Public or AtKeyKind.Reserved
        && key.StartsWith(Public, StringComparison.Ordinal)
        && key.Length > Public.Length
        && key[Public.Length] != '_';
}
