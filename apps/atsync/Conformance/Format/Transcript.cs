using System.Text.RegularExpressions;

namespace AtSync.App.Conformance.Format;

/// <summary>A golden transcript: what goes over one or more connections, as bytes. The format is explained in <c>transcripts/README.md</c>.</summary>
internal sealed partial class Transcript
{
    private const string ResourcePrefix = "transcripts/";

    private Transcript(string name, IReadOnlyList<TranscriptEntry> entries)
    {
        Name = name;
        Entries = entries;
        Requirements = [.. entries.Where(entry => entry.Mark == Marks.Requires).Select(entry => entry.Text)];
    }

    /// <summary>The file's name without its ending.</summary>
    public string Name { get; }

    public IReadOnlyList<TranscriptEntry> Entries { get; }

    /// <summary>What a run needs to have for it: <c>peer</c>, <c>secret</c>, …</summary>
    public IReadOnlyList<string> Requirements { get; }

    /// <summary>Those that come with this program, in ordinal order of their names.</summary>
    public static IReadOnlyList<Transcript> Embedded()
    {
        var assembly = typeof(Transcript).Assembly;
        return
        [
            .. assembly.GetManifestResourceNames()
                .Where(name => name.StartsWith(ResourcePrefix, StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
                .Select(name =>
                {
                    using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
                    return Parse(Path.GetFileNameWithoutExtension(name[ResourcePrefix.Length..]), reader.ReadToEnd());
                }),
        ];
    }

    /// <summary>Reads the text of a file.</summary>
    /// <exception cref="FormatException">It is no transcript; the message names the line.</exception>
    public static Transcript Parse(string name, string text)
    {
        var entries = new List<TranscriptEntry>();
        var lines = text.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i];
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            var match = EntryLine().Match(line);
            if (!match.Success || !Marks.All.Contains(match.Groups["mark"].Value[0], StringComparison.Ordinal))
            {
                throw new FormatException($"{name}, line {i + 1}: no mark of a transcript: {line}");
            }

            string[] servers = match.Groups["servers"] is { Success: true, Value: var words } ? words.Split(',') : [];
            entries.Add(new TranscriptEntry(i + 1, match.Groups["mark"].Value[0], servers, match.Groups["text"].Value));
            if (Problem(entries) is { } problem)
            {
                throw new FormatException($"{name}, line {i + 1}: {problem}");
            }
        }

        return new Transcript(name, entries);
    }

    private static string? Problem(List<TranscriptEntry> entries)
    {
        var entry = entries[^1];
        var before = entries.Count > 1 ? entries[^2] : null;
        var isAnswer = entry.Mark is Marks.Answer or Marks.JsonAnswer;
        return entry switch
        {
            { IsAlternative: true } when !isAnswer => "only answers differ from server to server",
            { IsAlternative: true } when entry.Servers.Except(Servers.All).Any() => $"a server is one of {string.Join(", ", Servers.All)}",
            { IsAlternative: true } when before is not ({ Mark: Marks.Why } or { IsAlternative: true }) => "answers of some servers need a reason before them (Y:)",
            { Mark: Marks.Requires } when entries.Any(each => each.Mark != Marks.Requires) => "requirements (R:) come first",
            { Mark: Marks.Time } when !int.TryParse(entry.Text, out _) => "T: takes milliseconds",
            { Mark: not Marks.End, Text: "" } => "nothing behind the mark",
            _ => null,
        };
    }

    [GeneratedRegex(@"^(?<mark>[A-Z])(\[(?<servers>[a-z0-9]+(,[a-z0-9]+)*)\])?:( (?<text>.*))?$")]
    private static partial Regex EntryLine();
}
