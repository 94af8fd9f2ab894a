namespace AtSync.App.Conformance.Replay;

/// <summary>A step that a transcript takes for granted (a log-in, an approval) was refused.</summary>
/// <param name="step">What was tried.</param>
/// <param name="answer">What the server said.</param>
internal sealed class RefusedException(string step, string answer) : Exception($"{step}: {answer.TrimEnd('\n', '@')}")
{
    public string Step { get; } = step;

    public string Answer { get; } = answer;
}
