namespace AtSync.Crypto.Algorithms;

/// <summary>
/// The public keys checked lately, already imported: importing costs ten times as much as checking. It remembers a pure function's results, so it belongs to
/// nobody. Two generations: when the young one is full it becomes the old one, and what was not used meanwhile goes.
/// </summary>
internal sealed class RecentKeys
{
    /// <summary>About 2 KB each with its native part.</summary>
    private const int YoungMax = 1024;

    private readonly Lock _generations = new();
    private Dictionary<string, RsaPublicKey> _young = new(StringComparer.Ordinal);
    private Dictionary<string, RsaPublicKey> _old = new(StringComparer.Ordinal);

    /// <summary>The imported key, or null when the text is not a key. A key that fell out is not disposed: another thread may be using it.</summary>
    public RsaPublicKey? Find(string spkiBase64)
    {
        lock (_generations)
        {
            if (_young.TryGetValue(spkiBase64, out var known))
            {
                return known;
            }

            if (_old.TryGetValue(spkiBase64, out known))
            {
                Keep(known);
                return known;
            }
        }

        // Outside the lock: it is slow, and two imports of one key do no harm.
        RsaPublicKey imported;
        try
        {
            imported = new RsaPublicKey(spkiBase64);
        }
        catch (CryptoException)
        {
            return null;
        }

        lock (_generations)
        {
            Keep(imported);
        }

        return imported;
    }

    private void Keep(RsaPublicKey key)
    {
        if (_young.Count >= YoungMax)
        {
            _old = _young;
            _young = new Dictionary<string, RsaPublicKey>(StringComparer.Ordinal);
        }

        _young[key.SpkiBase64] = key;
    }
}
