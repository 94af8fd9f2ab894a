using System.Net;

namespace AtSync.Server.Sessions;

/// <summary>How often something happened of late, per address. Not for concurrent use: its owner has a gate.</summary>
internal sealed class RecentCounts(TimeProvider clock)
{
    /// <summary>Addresses that are remembered; beyond, those whose time is over are forgotten, then all.</summary>
    private const int AddressesMax = 10_000;

    private readonly Dictionary<IPAddress, (int Count, DateTimeOffset Until)> _counts = [];

    public int Of(IPAddress address) => _counts.TryGetValue(address, out var found) && found.Until > clock.GetUtcNow() ? found.Count : 0;

    /// <summary>Counts once more; the window begins anew with each.</summary>
    public int Add(IPAddress address, TimeSpan window)
    {
        var now = clock.GetUtcNow();
        if (_counts.Count >= AddressesMax && !_counts.ContainsKey(address))
        {
            foreach (var (old, entry) in _counts)
            {
                if (entry.Until <= now)
                {
                    _counts.Remove(old);
                }
            }

            if (_counts.Count >= AddressesMax)
            {
                _counts.Clear();
            }
        }

        var count = Of(address) + 1;
        _counts[address] = (count, now + window);
        return count;
    }

    public void Forget(IPAddress address) => _counts.Remove(address);
}
