using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using AtSync.Protocol.Responses;
using AtSync.Protocol.Tests.Responses;
using AtSync.Protocol.Tests.Verbs;
using AtSync.Protocol.Verbs;

namespace AtSync.Protocol.Tests;

/// <summary>The golden transcripts, format in <c>transcripts/README.md</c>: every command parses, and is written as it stands there.</summary>
public sealed class TranscriptTests
{
    /// <summary>Commands whose spelling is not the canonical one, on purpose.</summary>
    private static readonly string[] OtherSpellings = ["UPDATE:isEncrypted:TRUE:Case.wavi@alice x", "scan:showHidden:true phone"];

    public static TheoryData<string> Files => [.. Directory.GetFiles(Folder(), "*.wire").Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];

    [Fact]
    public void Every_verb_has_a_transcript()
    {
        string[] names = [.. Enum.GetValues<VerbWord>().Select(FileOf), "update_json.wire"];
        Assert.Equal(names.Order(StringComparer.Ordinal), Files.Select(f => f.Data).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_command_parses_and_is_written_as_it_stands(string file)
    {
        var entries = Entries(file).ToList();
        var ownVerb = false;
        for (var i = 0; i < entries.Count; i++)
        {
            if (entries[i].Mark != "C")
            {
                continue;
            }

            var line = Filled(entries[i].Bytes).TrimEnd('\n', '\r');
            var isRefused = i + 1 < entries.Count && entries[i + 1].Mark == "S" && entries[i + 1].Bytes.StartsWith("error:AT0003", StringComparison.Ordinal);
            var isParsed = VerbParser.TryParse(Encoding.UTF8.GetBytes(line), out var verb, out var error);
            Assert.True(isParsed != isRefused, $"{file}: {line} {error}");
            if (verb is null)
            {
                continue;
            }

            ownVerb |= file == FileOf(VerbParser.WordOf(Encoding.UTF8.GetBytes(line))!.Value) || (file == "update_json.wire" && verb is UpdateJsonVerb);
            var output = new ArrayBufferWriter<byte>();
            verb.WriteTo(output);
            if (!OtherSpellings.Contains(line))
            {
                Assert.Equal(line, Encoding.UTF8.GetString(output.WrittenSpan));
            }

            Assert.True(VerbParser.TryParse(output.WrittenMemory, out var again, out _));
            Assert.Equal(VerbFields.Describe(verb), VerbFields.Describe(again));
        }

        Assert.True(ownVerb, $"{file} does not show its verb");
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_answer_is_one_message_and_a_refused_grammar_reads_as_the_parser_says(string file)
    {
        AtError? refusal = null;
        foreach (var (mark, bytes) in Entries(file))
        {
            if (mark == "C")
            {
                _ = VerbParser.TryParse(Encoding.UTF8.GetBytes(Filled(bytes).TrimEnd('\n', '\r')), out _, out refusal);
            }
            else if (mark == "S" && bytes != "@bob@")
            {
                var read = ResponseReaderTests.Messages("@alice", [Encoding.UTF8.GetBytes(bytes)]);
                Assert.Single(read);
                if (refusal is not null && !bytes.Contains("<reason>", StringComparison.Ordinal))
                {
                    var prompt = bytes[(bytes.IndexOf('\n', StringComparison.Ordinal) + 1)..];
                    var output = new ArrayBufferWriter<byte>();
                    ResponseWriter.Write(Response.Refuse(refusal), new ResponseStyle(prompt, prompt, prompt != "@", HasJsonErrors: false), output);
                    Assert.Equal(bytes, Encoding.UTF8.GetString(output.WrittenSpan));
                }
            }
        }
    }

    private static IEnumerable<(string Mark, string Bytes)> Entries(string file)
    {
        foreach (var line in File.ReadAllText(Path.Combine(Folder(), file)).Split('\n'))
        {
            if (line.Length > 0 && line[0] != '#')
            {
                Assert.Matches("^(A|C|S): ", line);
                yield return (line[..1], Unescaped(line[3..]));
            }
        }
    }

    private static string Unescaped(string text) => Regex.Replace(text, @"\\(n|r|t|\\|x([0-9a-fA-F]{2}))", m => m.Groups[1].Value[0] switch
    {
        'n' => "\n",
        'r' => "\r",
        't' => "\t",
        '\\' => "\\",
        _ => ((char)int.Parse(m.Groups[2].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToString(),
    });

    /// <summary>Any text that the grammar takes for a name: digits pass everywhere.</summary>
    private static string Filled(string command) => Regex.Replace(command, "<[a-zA-Z0-9]+>", "123456");

    private static string FileOf(VerbWord word) => Regex.Replace(word.ToString(), "(?<=[a-z])[A-Z]", m => "_" + m.Value).ToLowerInvariant() + ".wire";

    private static string Folder() => AtSync.Tests.RepositoryFolder.Of("transcripts");
}
