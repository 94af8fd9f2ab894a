using System.Text;
using AtSync.Protocol;
using AtSync.Protocol.Responses;
using AtSync.Server.Sessions;

namespace AtSync.Server.Verbs;

/// <summary>
/// A pattern of a user in a command. One that takes too long, for one key or for the whole walk, gives up: it takes nothing any more, and whoever
/// walks says so instead of answering with what was found until then.
/// </summary>
internal sealed class KeyPattern
{
    /// <summary>Keys between two looks at the clock.</summary>
    private const int KeysPerLook = 64;

    private readonly KeyFilter _filter;
    private readonly TimeProvider _clock;
    private readonly TimeSpan _timeMax;
    private readonly long _begun;
    private int _keys;
    private bool _isOver;

    private KeyPattern(KeyFilter filter, TimeProvider clock, TimeSpan timeMax) =>
        (_filter, _clock, _timeMax, _begun) = (filter, clock, timeMax, clock.GetTimestamp());

    /// <summary>Whether it ran out of time; what was found until then is not the whole.</summary>
    public bool HasGivenUp => _isOver || _filter.TimedOut;

    /// <summary>What is answered then.</summary>
    public static AtError GivenUp { get; } = new(AtErrorCodes.IllegalArguments, "the pattern takes too long to match: make it simpler");

    /// <summary>Null for no pattern and for the one that takes everything.</summary>
    /// <param name="pattern">As sent.</param>
    /// <param name="session">Whose caller and limits.</param>
    /// <param name="isLasting">Of a monitor: there is no walk whose time could be limited.</param>
    /// <param name="result">The pattern.</param>
    /// <returns>The refusal of a pattern that is none. The connection stays open: it is a mistake like any other.</returns>
    public static Response? TryRead(string? pattern, Session session, bool isLasting, out KeyPattern? result)
    {
        result = null;
        if (pattern is null or "" or ".*")
        {
            return null;
        }

        if (!KeyFilter.TryCreate(pattern, out var filter, out var problem))
        {
            return Response.Refuse(AtErrorCodes.InternalException, problem);
        }

        if (!filter.IsLinear && !session.Caller.IsOwner)
        {
            return Response.Refuse(
                AtErrorCodes.IllegalArguments, "patterns with look-around or back references are for the owner: they can cost any time");
        }

        result = new KeyPattern(filter, session.Clock, isLasting ? Timeout.InfiniteTimeSpan : session.Limits.PatternTime);
        return null;
    }

    public bool Takes(ReadOnlySpan<char> text)
    {
        if (HasGivenUp)
        {
            return false;
        }

        if (++_keys % KeysPerLook == 0 && _timeMax != Timeout.InfiniteTimeSpan && _clock.GetElapsedTime(_begun) > _timeMax)
        {
            _isOver = true;
            return false;
        }

        return _filter.IsMatch(text);
    }

    /// <summary>Whether a UTF-8 key matches.</summary>
    public bool Takes(ReadOnlySpan<byte> key)
    {
        // A key has at most 255 UTF-16 units.
        Span<char> text = stackalloc char[512];
        return Encoding.UTF8.TryGetChars(key, text, out var length) && Takes(text[..length]);
    }
}
