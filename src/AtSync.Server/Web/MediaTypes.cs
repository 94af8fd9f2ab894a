using System.Collections.Frozen;
using AtSync.Protocol;

namespace AtSync.Server.Web;

/// <summary>Which media type a page has.</summary>
internal static class MediaTypes
{
    private const int CharactersMax = 100;
    private const string TokenMarks = "!#$&-^_.+";

    private static readonly FrozenDictionary<string, string> ByExtension = new Dictionary<string, string>
    {
        ["avif"] = "image/avif",
        ["bmp"] = "image/bmp",
        ["css"] = "text/css; charset=utf-8",
        ["csv"] = "text/csv; charset=utf-8",
        ["gif"] = "image/gif",
        ["htm"] = "text/html; charset=utf-8",
        ["html"] = "text/html; charset=utf-8",
        ["ico"] = "image/x-icon",
        ["jpeg"] = "image/jpeg",
        ["jpg"] = "image/jpeg",
        ["js"] = "text/javascript; charset=utf-8",
        ["json"] = "application/json",
        ["md"] = "text/markdown; charset=utf-8",
        ["mjs"] = "text/javascript; charset=utf-8",
        ["mp3"] = "audio/mpeg",
        ["mp4"] = "video/mp4",
        ["pdf"] = "application/pdf",
        ["png"] = "image/png",
        ["svg"] = "image/svg+xml",
        ["txt"] = "text/plain; charset=utf-8",
        ["wasm"] = "application/wasm",
        ["webp"] = "image/webp",
        ["woff2"] = "font/woff2",
        ["xml"] = "application/xml",
        ["zip"] = "application/zip",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>
    /// By the file extension in the key's name. A key says its name first and its namespaces after it, so the extension is the second label:
    /// <c>index.html.demo</c>. A name without one gives null.
    /// </summary>
    public static string? OfName(string key, AtSign owner)
    {
        var name = key["public:".Length..^owner.ToString().Length];
        var labels = name.Split('.');
        return labels.Length > 1 ? ByExtension.GetValueOrDefault(labels[1]) : null;
    }

    /// <summary><c>type/subtype</c>, with parameters or without, in plain ASCII: goes into a header as it is.</summary>
    public static bool IsValid(string text)
    {
        if (text.Length > CharactersMax || text.Any(character => character is < ' ' or > '~'))
        {
            return false;
        }

        var end = text.IndexOf(';', StringComparison.Ordinal);
        var type = end < 0 ? text : text[..end].TrimEnd();
        var slash = type.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && slash < type.Length - 1
            && type.Where((_, index) => index != slash).All(character => char.IsAsciiLetterOrDigit(character) || TokenMarks.Contains(character, StringComparison.Ordinal));
    }
}
