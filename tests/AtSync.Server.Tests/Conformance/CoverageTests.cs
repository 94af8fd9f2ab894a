using System.Text;
using AtSync.App.Conformance.Format;
using AtSync.App.Conformance.Replay;
using AtSync.Protocol.Verbs;

namespace AtSync.Server.Tests.Conformance;

/// <summary>Every verb of the grammar, sent by every kind of caller, is in some transcript: <c>transcripts/COVERAGE.md</c> is the proof, made from the files.</summary>
public sealed class CoverageTests
{
    /// <summary>Cells that have to stay empty, each with its reason.</summary>
    private static readonly Dictionary<(VerbWord, string), string> Reasons = [];

    [Fact]
    public void Every_verb_is_sent_by_every_kind_of_caller()
    {
        var sent = Sent();
        var empty =
            from word in Enum.GetValues<VerbWord>()
            from caller in CallerKind.Callers
            where !sent.Contains((word, caller)) && !Reasons.ContainsKey((word, caller))
            select $"{WordOf(word)} by {caller}";

        Assert.Empty(empty);
        Assert.DoesNotContain(Reasons.Keys, sent.Contains);
    }

    [Fact]
    public void The_table_of_coverage_is_what_the_files_say()
    {
        var file = AtSync.Tests.RepositoryFolder.Of("transcripts/COVERAGE.md");
        var table = Table();
        if (Environment.GetEnvironmentVariable("ATSYNC_WRITE_COVERAGE") == "1")
        {
            File.WriteAllText(file, table);
        }

        Assert.True(
            File.ReadAllText(file).ReplaceLineEndings("\n") == table,
            "COVERAGE.md is not what the files say. Run this test once with ATSYNC_WRITE_COVERAGE=1 and look at the difference.");
    }

    private static string Table()
    {
        var sent = Sent();
        var text = new StringBuilder();
        text.Append("# What the transcripts cover\n\nWhich kinds of callers (see README.md) send which verbs. Made from the files by a test (see CONTRIBUTING.md).\n\n");
        text.Append($"| verb | {string.Join(" | ", CallerKind.Callers)} |\n|---|{string.Concat(CallerKind.Callers.Select(_ => "---|"))}\n");
        foreach (var word in Enum.GetValues<VerbWord>().OrderBy(WordOf, StringComparer.Ordinal))
        {
            text.Append($"| {WordOf(word)} |");
            foreach (var caller in CallerKind.Callers)
            {
                text.Append($" {(sent.Contains((word, caller)) ? "●" : Reasons.GetValueOrDefault((word, caller), ""))} |");
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    private static HashSet<(VerbWord, string)> Sent()
    {
        var sent = new HashSet<(VerbWord, string)>();
        foreach (var file in TranscriptTests.Files.Select(row => row.Data))
        {
            var kinds = new Dictionary<string, string>();
            var current = CallerKind.Owner;
            foreach (var entry in TranscriptTests.Read(file).Entries)
            {
                switch (entry.Mark)
                {
                    case Marks.Become:
                        current = entry.Text.Split(' ')[0];
                        kinds[entry.Text.Split(' ')[^1]] = current;
                        break;
                    case Marks.Use:
                        current = kinds.GetValueOrDefault(entry.Text, entry.Text);
                        break;
                    case Marks.Send or Marks.Poll:
                        var command = Encoding.UTF8.GetString(WireText.Command(entry.Text, _ => "1"));
                        foreach (var line in command.Split('\n', '\r').Where(line => line.Length > 0))
                        {
                            if (VerbParser.WordOf(Encoding.UTF8.GetBytes(line)) is { } word)
                            {
                                sent.Add((word, current));
                            }
                        }

                        break;
                }
            }
        }

        return sent;
    }

    private static string WordOf(VerbWord word) => word switch
    {
        VerbWord.UpdateMeta => "update:meta",
        VerbWord.SyncFrom => "sync:from",
        _ when word.ToString() is ['N', 'o', 't', 'i', 'f', 'y', .. { Length: > 0 } part] => $"notify:{part.ToLowerInvariant()}",
        _ => word.ToString().ToLowerInvariant(),
    };
}
