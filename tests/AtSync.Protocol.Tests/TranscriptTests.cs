using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;
using AtSync.App.Conformance.Format;
using AtSync.Protocol.Responses;
using AtSync.Protocol.Tests.Responses;
using AtSync.Protocol.Tests.Verbs;
using AtSync.Protocol.Verbs;

namespace AtSync.Protocol.Tests;

/// <summary>The golden transcripts, format in <c>transcripts/README.md</c>: every command parses or is refused as it says, and is written as it stands there.</summary>
public sealed class TranscriptTests
{
    private static readonly KnownValues Known = new(Fill);

    public static TheoryData<string> Files =>
        [.. Directory.GetFiles(Folder, "*.wire").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];

    private static string Folder => AtSync.Tests.RepositoryFolder.Of("transcripts");

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_command_parses_and_is_written_as_it_stands(string file)
    {
        foreach (var (line, answers) in Exchanges(file))
        {
            if (!VerbParser.TryParse(Encoding.UTF8.GetBytes(line), out var verb, out var error))
            {
                // The gate stands before the grammar, so a stranger is told of that instead.
                Assert.True(answers.Count == 0 || answers.Any(answer => answer.StartsWith("error:AT0003", StringComparison.Ordinal) || answer.StartsWith("error:AT0401", StringComparison.Ordinal)), $"{file}: {line}: {error}");
                continue;
            }

            var output = new ArrayBufferWriter<byte>();
            verb.WriteTo(output);
            var written = Encoding.UTF8.GetString(output.WrittenSpan);
            Assert.Equal(WithoutLicence(line), WithoutLicence(written));
            Assert.True(VerbParser.TryParse(output.WrittenMemory, out var again, out _));
            Assert.Equal(VerbFields.Describe(verb), VerbFields.Describe(again));
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_answer_is_one_message_to_a_client(string file)
    {
        foreach (var answer in Exchanges(file).SelectMany(exchange => exchange.Answers).Where(answer => answer != "@bob@"))
        {
            var owner = answer.EndsWith("@bob@", StringComparison.Ordinal) ? "@bob" : "@alice";
            Assert.Single(ResponseReaderTests.Messages(owner, [Encoding.UTF8.GetBytes(answer)]));
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void A_refused_grammar_is_told_in_the_words_of_the_parser(string file)
    {
        foreach (var (line, answers) in Exchanges(file))
        {
            if (answers is [var answer] && answer.Contains(": Invalid syntax. ", StringComparison.Ordinal) && !answer.Contains(Fill("reason"), StringComparison.Ordinal))
            {
                Assert.False(VerbParser.TryParse(Encoding.UTF8.GetBytes(line), out _, out var refusal));
                var prompt = answer[(answer.IndexOf('\n', StringComparison.Ordinal) + 1)..];
                var output = new ArrayBufferWriter<byte>();
                ResponseWriter.Write(Response.Refuse(refusal), new ResponseStyle(prompt, prompt, prompt != "@", HasJsonErrors: false), output);
                Assert.Equal(answer, Encoding.UTF8.GetString(output.WrittenSpan));
            }
        }
    }

    /// <summary>Commands, names filled in, each with what may be answered to it as text.</summary>
    private static IEnumerable<(string Line, List<string> Answers)> Exchanges(string file)
    {
        var entries = Transcript.Parse(file, File.ReadAllText(Path.Combine(Folder, file + ".wire"))).Entries;
        for (var i = 0; i < entries.Count; i++)
        {
            if (entries[i].Mark is not (Marks.Send or Marks.Poll))
            {
                continue;
            }

            var answers = entries.Skip(i + 1).TakeWhile(entry => entry.Mark is Marks.Answer or Marks.Why or Marks.JsonAnswer)
                .Where(entry => entry.Mark == Marks.Answer).Select(entry => Filled(entry.Text)).ToList();
            foreach (var line in Filled(entries[i].Text).Split('\n').Select(line => line.TrimEnd('\r')).Where(line => line.Length > 0 && line != "@exit"))
            {
                yield return (line, answers);
            }
        }
    }

    /// <summary>What a client may spell in more than one way: cases, spaces before the first colon, digits behind the milliseconds.</summary>
    private static string WithoutLicence(string line)
    {
        var colon = Math.Max(0, line.IndexOf(':', StringComparison.Ordinal));
        return Regex.Replace(line[..colon].Replace(" ", "", StringComparison.Ordinal) + line[colon..], @"(T[0-9:]{8})\.[0-9]+Z", "$1Z").ToUpperInvariant();
    }

    private static string Filled(string text) => Encoding.UTF8.GetString(WireText.Command(text, name => Known.Find(name)!));

    /// <summary>Any text that the grammar takes for a name: digits pass everywhere.</summary>
    private static string Fill(string name) => name is "alice" or "bob" ? name : "123456";
}
