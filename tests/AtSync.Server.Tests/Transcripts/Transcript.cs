using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace AtSync.Server.Tests.Transcripts;

/// <summary>One entry of a golden transcript: its mark (<c>A</c>, <c>C</c> or <c>S</c>) and its text as it stands in the file.</summary>
internal sealed record TranscriptEntry(char Mark, string Text);

/// <summary>The golden transcripts as <c>transcripts/README.md</c> describes them.</summary>
internal static partial class Transcript
{
    public static TheoryData<string> Files =>
        [.. System.IO.Directory.GetFiles(Folder(), "*.wire").Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];

    public static IReadOnlyList<TranscriptEntry> Read(string file) =>
        [.. File.ReadAllText(Path.Combine(Folder(), file)).Split('\n')
            .Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => new TranscriptEntry(line[0], line[3..]))];

    /// <summary>What a client sends: names are replaced, escapes undone. A name that nothing knows is an error of the transcript.</summary>
    public static byte[] Command(string text, Func<string, string> valueOf)
    {
        var bytes = new List<byte>();
        foreach (var (literal, name) in Parts(text))
        {
            bytes.AddRange(name is null ? literal : Encoding.UTF8.GetBytes(valueOf(name)));
        }

        return [.. bytes];
    }

    /// <summary>What an answer has to be: a name already known stands for its bytes, a new one for any run of one character or more without a newline.</summary>
    public static Regex Answer(string text, IReadOnlyDictionary<string, string> known)
    {
        var pattern = new StringBuilder("^");
        var seen = new HashSet<string>();
        foreach (var (literal, name) in Parts(text))
        {
            pattern.Append(name switch
            {
                null => Regex.Escape(Encoding.UTF8.GetString(literal)),
                _ when known.TryGetValue(name, out var value) => Regex.Escape(value),
                _ when seen.Add(name) => $"(?<{name}>[^\\n]+?)",
                _ => $"\\k<{name}>",
            });
        }

        return new Regex(pattern.Append("\\z").ToString(), RegexOptions.CultureInvariant, TimeSpan.FromSeconds(5));
    }

    /// <summary>Literal bytes and names, in order. Names are found before escapes are undone: an escaped <c>&lt;</c> stands for itself.</summary>
    private static IEnumerable<(byte[] Literal, string? Name)> Parts(string text)
    {
        var at = 0;
        foreach (Match name in Names().Matches(text))
        {
            yield return (Unescape(text[at..name.Index]), null);
            yield return ([], name.Groups[1].Value);
            at = name.Index + name.Length;
        }

        yield return (Unescape(text[at..]), null);
    }

    private static byte[] Unescape(string text)
    {
        var bytes = new List<byte>();
        var at = 0;
        foreach (Match escape in Escapes().Matches(text))
        {
            bytes.AddRange(Encoding.UTF8.GetBytes(text[at..escape.Index]));
            bytes.Add(escape.Value[1] switch
            {
                'n' => (byte)'\n',
                'r' => (byte)'\r',
                't' => (byte)'\t',
                '\\' => (byte)'\\',
                _ => byte.Parse(escape.Value.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture),
            });
            at = escape.Index + escape.Length;
        }

        bytes.AddRange(Encoding.UTF8.GetBytes(text[at..]));
        return [.. bytes];
    }

    private static string Folder() => AtSync.Tests.RepositoryFolder.Of("transcripts");

    [GeneratedRegex("<([a-zA-Z][a-zA-Z0-9]*)>")]
    private static partial Regex Names();

    [GeneratedRegex(@"\\(?:[nrt\\]|x[0-9a-fA-F]{2})")]
    private static partial Regex Escapes();
}
