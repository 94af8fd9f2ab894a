using System.Text;
using AtSync.Protocol;
using AtSync.Server.Sessions;
using AtSync.Storage.Server;

namespace AtSync.Server.Verbs;

/// <summary>
/// Which entries of the commit log a client is to hear of: <c>sync:from</c>, <c>stats:3</c> and <c>stats:15</c> ask the same one, so that they
/// cannot disagree about when a client is in step.
/// </summary>
internal sealed class SyncFilter(Caller caller, KeyPattern? filter)
{
    private readonly bool _isWholeOwner = caller.Enrollment is null;
    private readonly bool _readsEverything = caller.Enrollment is { ReadsEverything: true };

    /// <summary>Nothing is held back, whatever the key.</summary>
    public bool TakesAll => _isWholeOwner && filter is null;

    /// <summary>The walk is not worth going on with: the pattern ran out of time.</summary>
    public bool HasGivenUp => filter is { HasGivenUp: true };

    public bool Takes(in LogEntryView entry) => (filter is null || filter.Takes(entry.Key) || IsAlwaysIncluded(entry.Key)) && MaySee(entry.Key);

    private bool MaySee(ReadOnlySpan<byte> key)
    {
        // Reserved namespaces begin with two underscores; besides them only the atSign's signing pair is kept from an enrollment that holds `*`.
        if (_isWholeOwner || (_readsEverything && key.IndexOf(".__"u8) < 0 && key.IndexOf(":signing_p"u8) < 0))
        {
            return true;
        }

        return AccessPolicy.MaySee(caller, Encoding.UTF8.GetString(key), KeyAudience.Sync);
    }

    /// <summary>Keys that every device needs, whatever its pattern: shared keys, the public key, public keys without a namespace.</summary>
    private static bool IsAlwaysIncluded(ReadOnlySpan<byte> key)
    {
        if (key.StartsWith("public:"u8))
        {
            return key.StartsWith("public:publickey"u8) || key.IndexOf((byte)'.') < 0;
        }

        return key.IndexOf("shared_key"u8) >= 0 && AtKey.KindOf(Encoding.UTF8.GetString(key)) == AtKeyKind.Reserved;
    }
}
