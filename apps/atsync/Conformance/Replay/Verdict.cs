namespace AtSync.App.Conformance.Replay;

/// <summary>What became of a transcript.</summary>
internal enum Outcome
{
    Passed,
    Deviates,
    Skipped,
}

/// <summary>The verdict on one transcript.</summary>
internal sealed record Verdict
{
    public required string Name { get; init; }

    public required Outcome Outcome { get; init; }

    /// <summary>Of the first line that differs.</summary>
    public int? Line { get; init; }

    /// <summary>What was sent before it, as transcripts show bytes.</summary>
    public string? Sent { get; init; }

    /// <summary>What should have come; alternatives are lines.</summary>
    public string? Expected { get; init; }

    /// <summary>What came.</summary>
    public string? Received { get; init; }

    /// <summary>Why it was skipped, or what kept it from going on.</summary>
    public string? Reason { get; init; }

    /// <summary>The alternatives that were met, by line: which servers answer so.</summary>
    public IReadOnlyList<(int Line, IReadOnlyList<string> Servers)> Alternatives { get; init; } = [];

    /// <summary>All that a person needs to see of a difference.</summary>
    public string Describe() => Outcome switch
    {
        Outcome.Passed => $"{Name}: passed",
        Outcome.Skipped => $"{Name}: skipped: {Reason}",
        _ => $"{Name}, line {Line}: {Reason}\n  sent      {Sent}\n  expected  {Expected}\n  received  {Received}",
    };
}
