using System.Text;
using System.Text.RegularExpressions;

namespace AtSync.App.Conformance.Format;

/// <summary>An <c>S:</c> entry: the whole answer, byte for byte but for its names.</summary>
internal static class TextPattern
{
    /// <summary>Whether an answer is what the text says; if so, new names have their values afterwards.</summary>
    public static bool Matches(string text, string answer, KnownValues known)
    {
        var pattern = new StringBuilder("^");
        var named = new List<(string Name, string? Kind, string Group)>();
        foreach (var part in WireText.Parts(text))
        {
            if (part.Name is null)
            {
                pattern.Append(Regex.Escape(part.Literal));
            }
            else if (known.Find(part.Name) is { } value)
            {
                pattern.Append(Regex.Escape(value));
            }
            else if (named.Find(each => each.Name == part.Name) is { Group: { } group })
            {
                pattern.Append($"\\k<{group}>");
            }
            else
            {
                named.Add((part.Name, part.Kind, $"n{named.Count}"));
                pattern.Append($"(?<{named[^1].Group}>{KnownValues.PatternOf(part.Kind)})");
            }
        }

        var match = Regex.Match(answer, pattern.Append("\\z").ToString(), RegexOptions.CultureInvariant, TimeSpan.FromSeconds(5));
        if (!match.Success || named.Any(each => !known.Holds(each.Kind, match.Groups[each.Group].Value)))
        {
            return false;
        }

        named.ForEach(each => known.Set(each.Name, match.Groups[each.Group].Value));
        return true;
    }
}
