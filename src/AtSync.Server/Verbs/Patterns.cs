using AtSync.Protocol;
using AtSync.Protocol.Responses;

namespace AtSync.Server.Verbs;

/// <summary>Patterns of users in commands.</summary>
internal static class Patterns
{
    /// <summary>Null for no pattern and for the one that takes everything.</summary>
    /// <returns>The refusal of a pattern that is none. The connection stays open: it is a mistake like any other.</returns>
    public static Response? TryRead(string? pattern, out KeyFilter? filter)
    {
        filter = null;
        if (pattern is null or "" or ".*")
        {
            return null;
        }

        return KeyFilter.TryCreate(pattern, out filter, out var problem) ? null : Response.Refuse(AtErrorCodes.InternalException, problem);
    }

    /// <summary>Whether a UTF-8 key matches; null takes everything.</summary>
    public static bool Takes(KeyFilter? filter, ReadOnlySpan<byte> key)
    {
        if (filter is null)
        {
            return true;
        }

        // A key has at most 255 UTF-16 units.
        Span<char> text = stackalloc char[512];
        return System.Text.Encoding.UTF8.TryGetChars(key, text, out var length) && filter.IsMatch(text[..length]);
    }
}
