using AtSync.App.Conformance.Format;
using AtSync.App.Conformance.Replay;

namespace AtSync.Server.Tests.Conformance;

/// <summary>The kit itself: what it says of servers that are wrong, and what it leaves behind.</summary>
public sealed class ConformanceRunTests
{
    private const string Example = """
        # An update and what came of it.
        C: update:phone.atsynctest@alice 123\n
        S: data:<id:int>\n@alice@

        C: llookup:phone.atsynctest@alice\n
        S: data:123\n@alice@
        """;

    [Fact]
    public async Task A_wrong_answer_is_told_by_its_line_with_what_was_sent_expected_and_received()
    {
        var verdict = await RunAsync(Example, text => text.Replace("data:123", "data:124", StringComparison.Ordinal));

        Assert.Equal((Outcome.Deviates, 6), (verdict.Outcome, verdict.Line));
        Assert.Equal("llookup:phone.atsynctest@alice\\n", verdict.Sent);
        Assert.Equal("data:123\\n@alice@", verdict.Expected);
        Assert.Equal("data:124\\n@alice@", verdict.Received);
        Assert.Contains("line 6", verdict.Describe(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_that_ends_too_early_is_a_difference()
    {
        var verdict = await RunAsync(Example, text => text.Contains("data:123", StringComparison.Ordinal) ? null : text);

        Assert.Equal((Outcome.Deviates, 6, "(nothing)"), (verdict.Outcome, verdict.Line, verdict.Received));
    }

    [Fact]
    public async Task A_connection_that_does_not_end_is_a_difference()
    {
        var verdict = await RunAsync("C: noop:0\\n\nS: data:ok\\n@alice@\nE:", patience: TimeSpan.FromMilliseconds(200));

        Assert.Equal((Outcome.Deviates, 3, "the connection does not end"), (verdict.Outcome, verdict.Line, verdict.Reason));
    }

    [Fact]
    public async Task Silence_is_a_difference()
    {
        var verdict = await RunAsync("C: monitor\\n\nS: data:ok\\n@alice@", patience: TimeSpan.FromMilliseconds(200));

        Assert.Equal((Outcome.Deviates, 2), (verdict.Outcome, verdict.Line));
        Assert.Contains("no answer within", verdict.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_prompt_that_is_missing_and_one_in_another_read_are_told_apart()
    {
        var missing = await RunAsync(Example, text => text.Replace("data:123\n@alice@", "data:123\n@", StringComparison.Ordinal));
        Assert.Equal((Outcome.Deviates, 6, "data:123\\n@"), (missing.Outcome, missing.Line, missing.Received));

        var wrong = await RunAsync(Example, text => text.Replace("@alice@", "@bob@", StringComparison.Ordinal));
        Assert.Equal(Outcome.Deviates, wrong.Outcome);
    }

    [Fact]
    public async Task Another_notification_than_the_next_is_a_difference()
    {
        const string text = """
            A: @alice monitor
            C: monitor atsynctest\n
            C: noop:0\n
            S: data:ok\n@alice@
            A: @alice
            C: notify:id:atsynctest-1:@alice:phone.atsynctest@alice:1\n
            S: data:atsynctest-1\n@alice@
            U: monitor
            N: {"id":"atsynctest-1","value":"1",...}
            """;
        Assert.Equal(Outcome.Passed, (await RunAsync(text)).Outcome);

        var verdict = await RunAsync(text, sent => sent.Replace("\"value\":\"1\"", "\"value\":\"2\"", StringComparison.Ordinal));
        Assert.Equal((Outcome.Deviates, 9), (verdict.Outcome, verdict.Line));
    }

    [Fact]
    public async Task An_answer_of_some_servers_is_accepted_and_named()
    {
        const string text = """
            C: llookup:none.atsynctest@alice\n
            Y: for this test
            S[2024]: data:never\n@alice@
            S[2026,ours]: error:AT0015-<text>\n@alice@
            """;
        var verdict = await RunAsync(text);

        Assert.Equal(Outcome.Passed, verdict.Outcome);
        var met = Assert.Single(verdict.Alternatives);
        Assert.Equal((4, "2026,ours"), (met.Line, string.Join(',', met.Servers)));
    }

    [Fact]
    public async Task A_log_in_that_is_refused_is_a_difference_of_the_transcript_that_needed_it()
    {
        var verdict = await RunAsync("A: rw\nC: noop:0\\n\nS: data:ok\\n@alice@", text => text.Replace("\"status\":\"approved\"", "\"status\":\"denied\"", StringComparison.Ordinal)
            .Replace("data:{\"status\":\"denied\"", "error:AT0009-no", StringComparison.Ordinal));

        Assert.Equal((Outcome.Deviates, 1), (verdict.Outcome, verdict.Line));
        Assert.Contains("approving an enrollment", verdict.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_run_lacks_skips_a_transcript_with_the_reason()
    {
        await using var bench = await ConformanceBench.StartAsync();
        var verdict = Assert.Single(await bench.RunAsync([Transcript.Parse("x", "R: feature nobody.hasThis\nC: noop:0\\n\nS: data:ok\\n@alice@")]));

        Assert.Equal((Outcome.Skipped, "the server does not list nobody.hasThis in info"), (verdict.Outcome, verdict.Reason));
    }

    [Fact]
    public async Task A_run_leaves_nothing_of_its_own_even_after_differences()
    {
        await using var bench = await ConformanceBench.StartAsync();
        var all = TranscriptTests.Files.Select(row => TranscriptTests.Read(row.Data)).Where(transcript => transcript.Name is "update" or "keys" or "enroll" or "delete_dat" or "config");

        var verdicts = await bench.RunAsync([Transcript.Parse("wrong", Example.Replace("data:123", "data:124", StringComparison.Ordinal)), .. all]);

        Assert.Equal(1, verdicts.Count(verdict => verdict.Outcome == Outcome.Deviates));
        Assert.DoesNotContain("atsynctest", await bench.RemainsAsync(), StringComparison.Ordinal);
    }

    private static async Task<Verdict> RunAsync(string text, Func<string, string?>? tamper = null, TimeSpan? patience = null)
    {
        await using var bench = await ConformanceBench.StartAsync(tamper);
        return Assert.Single(await bench.RunAsync([Transcript.Parse("example", text)], patience: patience));
    }
}
