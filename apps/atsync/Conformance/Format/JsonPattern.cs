using System.Text.Json;

namespace AtSync.App.Conformance.Format;

/// <summary>
/// A <c>J:</c> or <c>N:</c> entry: JSON whose members may come in any order. Beyond JSON: <c>"name"?:</c> may be absent, <c>...</c> at the end of
/// an object or array allows more, <c>~</c> before a value means that it is spelled as JSON inside a string, and a name stands for a value or, in a
/// string, for a part of it.
/// </summary>
internal static class JsonPattern
{
    /// <summary>Whether an answer is what the text says: a document between a beginning (<c>data:</c>) and an end (the prompt) that are compared as text.</summary>
    public static bool Matches(string text, string answer, KnownValues known)
    {
        var from = text.AsSpan().IndexOfAny('{', '[');
        var to = text.AsSpan().LastIndexOfAny('}', ']') + 1;
        if (from < 0 || to <= from)
        {
            throw new FormatException($"no JSON in {text}");
        }

        // Where the answer's document ends is told by what has to follow it, in which names have no place.
        var head = string.Concat(WireText.Parts(text[..from]).Select(part => part.Literal));
        var tail = string.Concat(WireText.Parts(text[to..]).Select(part => part.Literal));
        return answer.Length >= head.Length + tail.Length
            && answer.StartsWith(head, StringComparison.Ordinal) && answer.EndsWith(tail, StringComparison.Ordinal)
            && MatchesDocument(text[from..to], answer[head.Length..(answer.Length - tail.Length)], known);
    }

    /// <summary>The same for a document alone.</summary>
    public static bool MatchesDocument(string pattern, string json, KnownValues known)
    {
        var expected = new JsonPatternReader(pattern).ReadWhole();
        try
        {
            using var document = JsonDocument.Parse(json);
            var found = new List<(string Name, string Value)>();
            var trial = new KnownValues(name => found.LastOrDefault(each => each.Name == name).Value ?? known.Find(name));
            if (!expected.Matches(document.RootElement, trial, found))
            {
                return false;
            }

            found.ForEach(each => known.Set(each.Name, each.Value));
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
