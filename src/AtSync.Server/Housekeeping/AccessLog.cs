namespace AtSync.Server.Housekeeping;

/// <summary>
/// Who came and what was asked for since the atSign became active, for <c>stats</c>. Bounded; not durable. May be called concurrently.
/// </summary>
internal sealed class AccessLog
{
    /// <summary>Different keys and atSigns that are counted; later ones are not, so that a stranger's guesses cannot fill the memory.</summary>
    private const int KeysMax = 1000;

    private const int Top = 5;

    // Guards everything.
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _lookups = [];
    private readonly Dictionary<string, int> _peers = [];
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
    public IReadOnlyList<KeyValuePair<string, int>> TopKeys => TopOf(_lookups);

    /// <summary>The atSigns whose servers proved themselves most, at most five.</summary>
    public IReadOnlyList<KeyValuePair<string, int>> TopAtSigns => TopOf(_peers);

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
            Count(_lookups, key);
        }
    }

    /// <summary>Another atSign's atServer proved itself.</summary>
    public void Proven(string atSign)
    {
        lock (_gate)
        {
            Count(_peers, atSign);
        }
    }

    private static void Count(Dictionary<string, int> counts, string name)
    {
        if (counts.TryGetValue(name, out var count))
        {
            counts[name] = count + 1;
        }
        else if (counts.Count < KeysMax)
        {
            counts.Add(name, 1);
        }
    }

    private IReadOnlyList<KeyValuePair<string, int>> TopOf(Dictionary<string, int> counts)
    {
        lock (_gate)
        {
            return [.. counts.OrderByDescending(entry => entry.Value).ThenBy(entry => entry.Key, StringComparer.Ordinal).Take(Top)];
        }
    }
}
