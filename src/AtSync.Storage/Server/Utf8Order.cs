namespace AtSync.Storage.Server;

/// <summary>The order of texts by their UTF-8 bytes, without making the bytes: the order in which stores and address books list atSigns.</summary>
public sealed class Utf8Order : IComparer<string>
{
    /// <summary>The one instance.</summary>
    public static readonly Utf8Order Instance = new();

    /// <inheritdoc/>
    public int Compare(string? x, string? y)
    {
        var common = x.AsSpan().CommonPrefixLength(y);
        if (common == (x?.Length ?? 0) || common == (y?.Length ?? 0))
        {
            return (x?.Length ?? 0).CompareTo(y?.Length ?? 0);
        }

        // Code points beyond U+FFFF sort last in UTF-8 but are written with units below U+E000 in UTF-16.
        var left = x![common];
        var right = y![common];
        var isLeftSurrogate = char.IsSurrogate(left);
        return isLeftSurrogate == char.IsSurrogate(right) ? left.CompareTo(right) : isLeftSurrogate ? 1 : -1;
    }
}
