using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using AtSync.App.Conformance.Format;

namespace AtSync.App.Conformance.Replay;

/// <summary>Replays one transcript: sends what it says, compares what comes, stops at the first difference.</summary>
/// <param name="transcript">Which.</param>
/// <param name="callers">Opens connections.</param>
/// <param name="owner">Who <c>@alice</c> is.</param>
/// <param name="options">The run's.</param>
internal sealed partial class TranscriptRun(Transcript transcript, Callers callers, Party owner, ConformanceOptions options) : IAsyncDisposable
{
    /// <summary>Time between two questions of a poll, and how many there are.</summary>
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);
    private const int PollsMax = 150;

    private readonly Dictionary<string, WireConnection> _connections = [];
    private readonly List<(int Line, IReadOnlyList<string> Servers)> _alternatives = [];
    private KnownValues _known = new(_ => null);
    private WireConnection? _current;
    private TranscriptEntry? _step;
    private string _sent = "";
    private int _at;

    public async Task<Verdict> RunAsync(CancellationToken cancellationToken)
    {
        _known = new KnownValues(name => callers.ValueOf(name, owner, _current?.Challenge ?? ""));
        try
        {
            for (_at = 0; _at < transcript.Entries.Count;)
            {
                if (await StepAsync(transcript.Entries[_at], cancellationToken) is { } difference)
                {
                    return difference;
                }
            }

            return new Verdict { Name = transcript.Name, Outcome = Outcome.Passed, Alternatives = _alternatives };
        }
        catch (RefusedException refused)
        {
            return Difference(_step!, refused.Answer, $"a step before it was refused: {refused.Step}");
        }
        catch (TimeoutException silence)
        {
            return Difference(_step!, "", silence.Message);
        }
        finally
        {
            await CleanUpAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _connections.Values)
        {
            await connection.DisposeAsync();
        }

        _connections.Clear();
    }

    /// <summary>Null to go on.</summary>
    private async Task<Verdict?> StepAsync(TranscriptEntry entry, CancellationToken cancellationToken)
    {
        _step = entry;
        switch (entry.Mark)
        {
            case Marks.Become:
                var (kind, name) = entry.Text.Split(' ') is [var first, var second] ? (first, second) : (entry.Text, entry.Text);
                await BecomeAsync(kind, name, cancellationToken);
                break;
            case Marks.Use:
                _current = _connections[entry.Text];
                break;
            case Marks.Send:
                await SendAsync(entry, cancellationToken);
                break;
            case Marks.Poll:
                return await PollAsync(entry, cancellationToken);
            case Marks.Answer or Marks.JsonAnswer:
                var current = await CurrentAsync(cancellationToken);
                return Compare(TakeAlternatives(), await current.ReadAnswerAsync(cancellationToken));
            case Marks.Notification:
                return await NotifiedAsync(entry, cancellationToken);
            case Marks.End:
                var left = await (await CurrentAsync(cancellationToken)).ReadToEndAsync(cancellationToken);
                Trace("E", left);
                if (left.Length > 0)
                {
                    return Difference(entry, left, "bytes came where the connection had to end without");
                }

                break;
            case Marks.Time:
                await options.Pause(TimeSpan.FromMilliseconds(int.Parse(entry.Text, CultureInfo.InvariantCulture)), cancellationToken);
                break;
        }

        _at++;
        return null;
    }

    private async Task BecomeAsync(string kind, string name, CancellationToken cancellationToken)
    {
        if (_connections.Remove(name, out var before))
        {
            await before.DisposeAsync();
        }

        Trace("A", kind);
        _current = _connections[name] = await callers.OpenAsync(kind, owner, cancellationToken);
    }

    private async ValueTask<WireConnection> CurrentAsync(CancellationToken cancellationToken)
    {
        if (_current is null)
        {
            await BecomeAsync(CallerKind.Owner, CallerKind.Owner, cancellationToken);
        }

        return _current!;
    }

    private async Task SendAsync(TranscriptEntry entry, CancellationToken cancellationToken)
    {
        var current = await CurrentAsync(cancellationToken);
        var command = WireText.Command(ForThisRun(entry.Text), ValueOf);
        _sent = Encoding.UTF8.GetString(command);
        if (_sent == "pol\n" && current.Challenge.StartsWith("proof:", StringComparison.Ordinal))
        {
            // Another atServer proves itself by what it publishes before.
            await callers.PublishProofAsync(current.Challenge, cancellationToken);
        }

        Trace("C", _sent);
        await current.SendAsync(command, cancellationToken);
    }

    /// <summary>Asks again until the answer is the one that is awaited.</summary>
    private async Task<Verdict?> PollAsync(TranscriptEntry question, CancellationToken cancellationToken)
    {
        _at++;
        var awaited = TakeAlternatives();
        Verdict? difference = null;
        for (var i = 0; i < PollsMax; i++)
        {
            await SendAsync(question, cancellationToken);
            difference = Compare(awaited, await _current!.ReadAnswerAsync(cancellationToken));
            if (difference is null)
            {
                return null;
            }

            await options.Pause(PollInterval, cancellationToken);
        }

        return difference;
    }

    private async Task<Verdict?> NotifiedAsync(TranscriptEntry entry, CancellationToken cancellationToken)
    {
        var isStatistics = entry.Text.Contains("statsNotification", StringComparison.Ordinal);
        var last = "";
        var line = await (await CurrentAsync(cancellationToken)).ReadNotificationAsync(
            candidate =>
            {
                Trace("N", candidate);
                // Statistics come when they like, so any that fits will do; of the others it has to be the next, but for what concerns someone else.
                if (candidate.Contains("\"statsNotification.", StringComparison.Ordinal) != isStatistics
                    || (!isStatistics && !candidate.Contains(TestNames.Namespace, StringComparison.Ordinal)))
                {
                    return false;
                }

                last = candidate;
                return !isStatistics || IsNotification(entry, candidate);
            },
            cancellationToken);
        _at++;
        return line is null ? Difference(entry, last, "no such notification came in time")
            : isStatistics || IsNotification(entry, line) ? null
            : Difference(entry, line, "another notification came");
    }

    private bool IsNotification(TranscriptEntry entry, string line) =>
        line.StartsWith("notification: ", StringComparison.Ordinal)
        && JsonPattern.MatchesDocument(ForThisRun(entry.Text), line["notification: ".Length..].TrimEnd('\n'), _known);

    /// <summary>The entry at hand, and those after it of which one answer is enough.</summary>
    private List<TranscriptEntry> TakeAlternatives()
    {
        var taken = new List<TranscriptEntry>();
        while (_at < transcript.Entries.Count && transcript.Entries[_at].Mark == Marks.Why)
        {
            _at++;
        }

        do
        {
            taken.Add(transcript.Entries[_at++]);
        }
        while (taken[0].IsAlternative && _at < transcript.Entries.Count && transcript.Entries[_at].IsAlternative);
        return taken;
    }

    private Verdict? Compare(List<TranscriptEntry> expected, string answer)
    {
        Trace("S", answer);
        NoteChallenge(answer);
        foreach (var entry in expected)
        {
            var text = ForThisRun(entry.Text);
            if (entry.Mark == Marks.JsonAnswer ? JsonPattern.Matches(text, answer, _known) : TextPattern.Matches(text, answer, _known))
            {
                if (entry.IsAlternative)
                {
                    _alternatives.Add((entry.Line, entry.Servers));
                }

                return null;
            }
        }

        return Difference(expected[0], answer, "another answer came", string.Join("\n            or ", expected.Select(each => each.Text)));
    }

    private void NoteChallenge(string answer)
    {
        if (_sent.StartsWith("from:", StringComparison.OrdinalIgnoreCase) && answer.StartsWith("data:", StringComparison.Ordinal))
        {
            _current!.Challenge = Callers.DataOf(answer);
        }
    }

    private string ValueOf(string name) =>
        _known.Find(name) ?? throw new FormatException($"{transcript.Name}, line {_step?.Line}: <{name}> has no value: nothing before it names it");

    /// <summary>The atSigns of the transcript become those of the run.</summary>
    private string ForThisRun(string text) => AtSigns().Replace(text, name => name.Groups[1].Value == TestNames.Alice
        ? owner.AtSign.ToString()
        : options.Peer?.AtSign.ToString() ?? name.Value);

    private Verdict Difference(TranscriptEntry entry, string received, string reason, string? expected = null) => new()
    {
        Name = transcript.Name,
        Outcome = Outcome.Deviates,
        Line = entry.Line,
        Sent = WireText.Escape(_sent),
        Expected = expected ?? entry.Text,
        Received = received.Length == 0 ? "(nothing)" : WireText.Escape(received),
        Reason = reason,
        Alternatives = _alternatives,
    };

    /// <summary>What a transcript itself undoes, whatever became of it; a command whose names got no value was not needed.</summary>
    private async Task CleanUpAsync()
    {
        using var limit = new CancellationTokenSource(options.Patience);
        var commands = transcript.Entries.Where(entry => entry.Mark == Marks.CleanUp).ToList();
        if (commands.Count == 0)
        {
            return;
        }

        await using var undo = await callers.OpenAsync(CallerKind.Owner, owner, limit.Token);
        foreach (var command in commands)
        {
            if (WireText.Parts(command.Text).Any(part => part.Name is not null && _known.Find(part.Name) is null))
            {
                continue;
            }

            await undo.SendAsync(WireText.Command(ForThisRun(command.Text), ValueOf), limit.Token);
            await undo.ReadAnswerAsync(limit.Token);
        }
    }

    private void Trace(string mark, string text) => options.Trace?.Invoke($"{mark}: {WireText.Escape(text)}");

    [GeneratedRegex("@(alice|bob)(?![A-Za-z0-9_-])")]
    private static partial Regex AtSigns();
}
