using System.Diagnostics.CodeAnalysis;

namespace AtSync.Protocol;

/// <summary>
/// One person or thing on the atPlatform, already normalised: lower case, no dots, without the leading <c>@</c>.
/// Everything inside the libraries that holds an <see cref="AtSign"/> may compare it ordinally.
/// </summary>
/// <remarks>
/// Rule: the name is lower-cased, dots are removed, a missing <c>@</c> is supplied, a second <c>@</c>, white space, control
/// characters and <c>! * ' ` ( ) ; : &amp; = + $ , / ? # [ ] { }</c> are refused; at most <see cref="MaxNameLength"/> UTF-16 units.
/// </remarks>
public readonly record struct AtSign : IComparable<AtSign>
{
    /// <summary>The most UTF-16 units a name may have, without the <c>@</c>.</summary>
    public const int MaxNameLength = 55;

    private readonly string? _name;

    private AtSign(string name) => _name = name;

    /// <summary>The name without <c>@</c>, lower case. Empty only for <c>default</c>.</summary>
    public string Name => _name ?? "";

    /// <summary>Normalises <paramref name="text"/>, with or without its leading <c>@</c>.</summary>
    /// <param name="text">As typed by a person or read from the wire.</param>
    /// <param name="atSign">The result, when true is returned.</param>
    /// <param name="problem">What is wrong with the text, in words for a person, when false is returned.</param>
    public static bool TryParse(ReadOnlySpan<char> text, out AtSign atSign, [NotNullWhen(false)] out string? problem)
    {
        atSign = default;
        var name = text.Trim();
        if (!name.IsEmpty && name[0] == '@')
        {
            name = name[1..];
        }

        if (name.IsEmpty)
        {
            problem = "an atSign may not be empty";
            return false;
        }

        if (name.Contains('@'))
        {
            problem = "invalid @sign: must include one @ character and at least one character on the right";
            return false;
        }

        foreach (var c in name)
        {
            if (char.IsWhiteSpace(c) || c == '\uFEFF' || char.IsControl(c) || IsReserved(c) || IsControlPicture(c))
            {
                problem = "invalid @sign: it contains a character that is not allowed";
                return false;
            }
        }

        var folded = name.ToString().Replace(".", "", StringComparison.Ordinal).ToLowerInvariant();
        if (folded.Length is 0 or > MaxNameLength)
        {
            problem = folded.Length == 0 ? "an atSign may not be empty" : $"invalid @sign: longer than {MaxNameLength} characters";
            return false;
        }

        atSign = new AtSign(folded);
        problem = null;
        return true;
    }

    /// <summary>Normalises <paramref name="text"/> or throws.</summary>
    /// <exception cref="FormatException">The text is not an atSign; the message says why.</exception>
    public static AtSign Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out var atSign, out var problem) ? atSign : throw new FormatException(problem);

    /// <summary>The atSign with its leading <c>@</c>.</summary>
    public override string ToString() => "@" + Name;

    /// <inheritdoc/>
    public int CompareTo(AtSign other) => string.CompareOrdinal(Name, other.Name);

    /// <summary>Ordinal order.</summary>
    public static bool operator <(AtSign left, AtSign right) => left.CompareTo(right) < 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator >(AtSign left, AtSign right) => left.CompareTo(right) > 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator <=(AtSign left, AtSign right) => left.CompareTo(right) <= 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator >=(AtSign left, AtSign right) => left.CompareTo(right) >= 0;

    private static bool IsReserved(char c) => c is '!' or '*' or '\'' or '`' or '(' or ')' or ';' or ':' or '&' or '=' or '+' or '$'
        or ',' or '/' or '?' or '#' or '[' or ']' or '{' or '}';

    private static bool IsControlPicture(char c) => c is (>= '\u2400' and <= '\u2421') or '\u2424' or '\u2425';
}
