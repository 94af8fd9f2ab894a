namespace AtSync.App.Conformance.Format;

/// <summary>One line of a transcript.</summary>
/// <param name="Line">Its number in the file, from 1.</param>
/// <param name="Mark">What it is; see <see cref="Marks"/>.</param>
/// <param name="Servers">For an answer that only some servers give: which; empty for everybody's.</param>
/// <param name="Text">What follows the mark, as it stands in the file.</param>
internal sealed record TranscriptEntry(int Line, char Mark, IReadOnlyList<string> Servers, string Text)
{
    /// <summary>Whether it is one of several answers of which one comes.</summary>
    public bool IsAlternative => Servers.Count > 0;

    public override string ToString() => Servers.Count == 0 ? $"{Mark}: {Text}" : $"{Mark}[{string.Join(',', Servers)}]: {Text}";
}

/// <summary>The marks, as <c>transcripts/README.md</c> explains them.</summary>
internal static class Marks
{
    public const char Requires = 'R';
    public const char Become = 'A';
    public const char Use = 'U';
    public const char Send = 'C';
    public const char Poll = 'P';
    public const char Answer = 'S';
    public const char JsonAnswer = 'J';
    public const char Notification = 'N';
    public const char End = 'E';
    public const char Time = 'T';
    public const char CleanUp = 'Z';
    public const char Why = 'Y';

    public const string All = "RAUCPSJNETZY";
}

/// <summary>Words in brackets behind an answer's mark: who gives it.</summary>
internal static class Servers
{
    /// <summary>AtSync.</summary>
    public const string Ours = "ours";

    public static readonly string[] All = ["2024", "2026", Ours];
}
