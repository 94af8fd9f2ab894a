using System.Diagnostics.CodeAnalysis;

namespace AtSync.Protocol;

/// <summary>
/// A pattern given by a user (<c>scan</c>, <c>sync</c>, <c>monitor</c>, <c>stats</c>): un-anchored, case-sensitive, non-backtracking where the
/// pattern allows, always with a time limit. Immutable; may be used concurrently.
/// </summary>
public sealed class KeyFilter
{
    /// <summary>The most UTF-16 units of a pattern.</summary>
    public const int MaxPatternLength = 4096;

    private KeyFilter(string pattern) => Pattern = pattern;

    /// <summary>As given.</summary>
    public string Pattern { get; }

    /// <summary>Compiles; false with words for a person for a pattern that is no regular expression or too long.</summary>
    public static bool TryCreate(string pattern, [NotNullWhen(true)] out KeyFilter? filter, [NotNullWhen(false)] out string? problem) =>
        throw new NotImplementedException();

    /// <summary>Whether the key matches. A key on which the time limit is exceeded counts as not matching and sets <see cref="TimedOut"/>.</summary>
    public bool IsMatch(ReadOnlySpan<char> key) => throw new NotImplementedException();

    /// <summary>Whether a match ran out of time.</summary>
    public bool TimedOut => throw new NotImplementedException();
}
