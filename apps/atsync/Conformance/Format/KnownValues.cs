using System.Globalization;

namespace AtSync.App.Conformance.Format;

/// <summary>What the names of a transcript stand for so far, and what kinds of values there are.</summary>
/// <param name="given">Values that the replayer knows (keys, ids of devices); null for a name it does not.</param>
internal sealed class KnownValues(Func<string, string?> given)
{
    private readonly Dictionary<string, string> _captured = [];

    /// <summary>The value of a name, or of a name and a number (<c>id1+1</c>); null when nothing has named it yet.</summary>
    public string? Find(string name)
    {
        var sign = name.IndexOfAny(['+', '-']);
        if (sign < 0)
        {
            return _captured.TryGetValue(name, out var value) ? value : given(name);
        }

        return Find(name[..sign]) is { } known && long.TryParse(known, out var number)
            ? (number + long.Parse(name.AsSpan(sign), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture)).ToString(CultureInfo.InvariantCulture)
            : null;
    }

    public void Set(string name, string value) => _captured[name] = value;

    /// <summary>The regular expression of a kind.</summary>
    public static string PatternOf(string? kind) => kind switch
    {
        null => "[^\\n]+?",
        "any" => "[^\\n]*?",
        "int" => "-?[0-9]+",
        "uuid" => "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        "time" => "[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}([0-9]{3})?Z",
        "iso" => "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?Z",
        "base64" => "[A-Za-z0-9+/_-]+={0,2}",
        "otp" => "[1-9A-NP-Z]{6,}",
        "version" => "[0-9]+\\.[0-9]+\\.[0-9]+[^\"]*?",
        _ when kind.StartsWith("after.", StringComparison.Ordinal) => "[0-9]+",
        _ => throw new FormatException($"'{kind}' is no kind of value"),
    };

    /// <summary>What a pattern cannot say: <c>after.id1</c> is a number greater than that of <c>id1</c>.</summary>
    public bool Holds(string? kind, string value) => kind?.StartsWith("after.", StringComparison.Ordinal) != true
        || (long.TryParse(value, out var number) && long.TryParse(Find(kind["after.".Length..]), out var earlier) && number > earlier);
}
