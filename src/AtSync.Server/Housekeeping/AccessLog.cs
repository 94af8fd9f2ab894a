namespace AtSync.Server.Housekeeping;

/// <summary>
/// Who came and what was asked for since the atSign became active, for <c>stats</c>. Bounded; not durable. May be called concurrently.
/// </summary>
internal sealed class AccessLog
{
    /// <summary>Different keys that are counted; later ones are not, so that a stranger's guesses cannot fill the memory.</summary>
    private const int KeysMax = 1000;

    private const int Top = 5;

    // Guards everything.
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _lookups = [];
    private DateTimeOffset? _lastAccess;
    private DateTimeOffset? _lastPkam;

    /// <summary>The last <c>from</c> or lookup.</summary>
    public DateTimeOffset? LastAccess
    {
        get
        {
            lock (_gate)
            {
                return _lastAccess;
            }
        }
    }

    /// <summary>The last successful <c>pkam</c>.</summary>
    public DateTimeOffset? LastPkam
    {
        get
        {
            lock (_gate)
            {
                return _lastPkam;
            }
        }
    }

    /// <summary>The keys looked up most, at most five.</summary>
    public IReadOnlyList<KeyValuePair<string, int>> TopKeys
    {
        get
        {
            lock (_gate)
            {
                return [.. _lookups.OrderByDescending(entry => entry.Value).ThenBy(entry => entry.Key, StringComparer.Ordinal).Take(Top)];
            }
        }
    }

    public void Came(DateTimeOffset now)
    {
        lock (_gate)
        {
            _lastAccess = now;
        }
    }

    public void LoggedIn(DateTimeOffset now)
    {
        lock (_gate)
        {
            _lastPkam = now;
        }
    }

    /// <summary>A stranger looked a key up.</summary>
    public void LookedUp(string key, DateTimeOffset now)
    {
        lock (_gate)
        {
            _lastAccess = now;
            if (_lookups.TryGetValue(key, out var count))
            {
                _lookups[key] = count + 1;
            }
            else if (_lookups.Count < KeysMax)
            {
                _lookups.Add(key, 1);
            }
        }
    }
}
