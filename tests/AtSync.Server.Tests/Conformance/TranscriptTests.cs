using AtSync.App.Conformance.Format;
using AtSync.App.Conformance.Replay;

namespace AtSync.Server.Tests.Conformance;

/// <summary>The golden transcripts, answered by our server in memory.</summary>
public sealed class TranscriptTests
{
    public static TheoryData<string> Files =>
        [.. System.IO.Directory.GetFiles(Folder, "*.wire").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];

    private static string Folder => AtSync.Tests.RepositoryFolder.Of("transcripts");

    [Theory]
    [MemberData(nameof(Files))]
    public async Task The_server_answers_as_the_transcript_says(string file)
    {
        await using var bench = await ConformanceBench.StartAsync();
        var verdict = Assert.Single(await bench.RunAsync([Read(file)]));

        Assert.True(verdict.Outcome == Outcome.Passed, verdict.Describe());
        // Where servers differ, ours has to be named beside the answer it gives.
        Assert.All(verdict.Alternatives, met => Assert.True(met.Servers.Contains(Servers.Ours), $"{file}, line {met.Line}: our server answers so; its mark does not say it"));
    }

    internal static Transcript Read(string name) => Transcript.Parse(name, File.ReadAllText(Path.Combine(Folder, name + ".wire")));
}
