namespace AtSync.Server.Housekeeping;

/// <summary>
/// The newest commit that matches a pattern, remembered with the place up to which the log was read: clients ask <c>stats:3</c> with the same
/// pattern at every round, and only what is new since is looked at. A match whose key moved on is found again further up.
/// </summary>
internal sealed class NewestMatches
{
    private const int PatternsMax = 16;

    // Guards the dictionary.
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (long Newest, long ReadTo)> _known = new(StringComparer.Ordinal);

    /// <summary>Where to go on from: the newest match so far (-1 for none) and the last commit looked at (-1 for the start).</summary>
    public (long Newest, long ReadTo) Find(string pattern)
    {
        lock (_gate)
        {
            return _known.TryGetValue(pattern, out var found) ? found : (-1, -1);
        }
    }

    public void Keep(string pattern, long newest, long readTo)
    {
        lock (_gate)
        {
            if (_known.Count >= PatternsMax && !_known.ContainsKey(pattern))
            {
                _known.Clear();
            }

            _known[pattern] = (newest, readTo);
        }
    }
}
