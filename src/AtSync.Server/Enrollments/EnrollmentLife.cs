namespace AtSync.Server.Enrollments;

/// <summary>When things end.</summary>
internal static class EnrollmentLife
{
    /// <summary>Longer lives are as good as endless, and would leave the calendar.</summary>
    private const long LongestMs = 100L * 366 * 24 * 3600 * 1000;

    /// <summary>Null, no end, for 0.</summary>
    public static DateTimeOffset? End(DateTimeOffset now, long lifeMs) => lifeMs == 0 ? null : now + Span(lifeMs);

    public static TimeSpan Span(long lifeMs) => TimeSpan.FromMilliseconds(Math.Clamp(lifeMs, 0, LongestMs));

    /// <summary>The earlier one; null is never.</summary>
    public static DateTimeOffset? Earlier(DateTimeOffset? one, DateTimeOffset? other) =>
        one is { } first && other is { } second ? (first < second ? first : second) : one ?? other;
}
