using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.RegularExpressions;

namespace AtSync.Protocol;

/// <summary>
/// A pattern given by a user (<c>scan</c>, <c>sync</c>, <c>monitor</c>, <c>stats</c>): un-anchored, case-sensitive, non-backtracking where the
/// pattern allows, always with a time limit. Immutable but for <see cref="TimedOut"/>; may be used concurrently.
/// </summary>
/// <remarks>Look-around and back references need the backtracking engine; there the time limit is what keeps a hostile pattern from holding a core.</remarks>
public sealed class KeyFilter
{
    /// <summary>The most UTF-16 units of a pattern.</summary>
    public const int MaxPatternLength = 4096;

    /// <summary>The most time one key may take in the backtracking engine, where a pattern can be hostile.</summary>
    public static readonly TimeSpan BacktrackingTimeout = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// The most time one key may take in the linear engine. Generous, because only a starved machine gets there, and a key passed over then would be missing
    /// from the answer.
    /// </summary>
    public static readonly TimeSpan LinearTimeout = TimeSpan.FromSeconds(5);

    /// <summary>After so many keys that ran out of time no further key is tried: a scan of a million keys must not wait for each.</summary>
    public const int MaxTimeouts = 8;

    private readonly Regex? _regex;
    private int _timeouts;

    private KeyFilter(string pattern, Regex? regex) => (Pattern, _regex) = (pattern, regex);

    /// <summary>As given.</summary>
    public string Pattern { get; }

    /// <summary>Whether a key costs time in proportion to its length, whatever the pattern; false for look-around and back references.</summary>
    public bool IsLinear => _regex is null || _regex.Options.HasFlag(RegexOptions.NonBacktracking);

    /// <summary>Compiles; false with words for a person for a pattern that is no regular expression or too long.</summary>
    public static bool TryCreate(string pattern, [NotNullWhen(true)] out KeyFilter? filter, [NotNullWhen(false)] out string? problem)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        filter = null;
        problem = null;
        if (pattern.Length > MaxPatternLength)
        {
            problem = $"the pattern is longer than {MaxPatternLength} characters: shorten it";
            return false;
        }

        if (pattern is "" or ".*")
        {
            filter = new KeyFilter(pattern, null);
            return true;
        }

        try
        {
            filter = new KeyFilter(pattern, Compile(pattern));
            return true;
        }
        catch (ArgumentException e)
        {
            problem = "not a regular expression: " + e.Message.ReplaceLineEndings(" ");
            return false;
        }
    }

    /// <summary>Whether the key matches. A key on which the time limit is exceeded counts as not matching and sets <see cref="TimedOut"/>.</summary>
    public bool IsMatch(ReadOnlySpan<char> key)
    {
        if (_regex is null)
        {
            return true;
        }

        if (Volatile.Read(ref _timeouts) >= MaxTimeouts)
        {
            return false;
        }

        try
        {
            return _regex.IsMatch(key);
        }
        catch (RegexMatchTimeoutException)
        {
            Interlocked.Increment(ref _timeouts);
            return false;
        }
    }

    /// <summary>Whether a match ran out of time.</summary>
    public bool TimedOut => Volatile.Read(ref _timeouts) > 0;

    private static Regex Compile(string pattern)
    {
        pattern = WithoutIdentityEscapes(pattern);
        try
        {
            return new Regex(pattern, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking, LinearTimeout);
        }
        catch (NotSupportedException)
        {
            return new Regex(pattern, RegexOptions.CultureInvariant, BacktrackingTimeout);
        }
    }

    /// <summary>Clients write patterns in the JavaScript dialect, where <c>\_</c> is an underscore; here it would be an unknown escape.</summary>
    private static string WithoutIdentityEscapes(string pattern)
    {
        if (!pattern.Contains("\\_", StringComparison.Ordinal))
        {
            return pattern;
        }

        var result = new StringBuilder(pattern.Length);
        for (var i = 0; i < pattern.Length; i++)
        {
            if (pattern[i] == '\\' && i + 1 < pattern.Length)
            {
                i++;
                result.Append(pattern[i] == '_' ? "" : "\\");
            }

            result.Append(pattern[i]);
        }

        return result.ToString();
    }
}
