using System.Security.Cryptography;
using AtSync.Protocol;
using AtSync.Storage.Local;

namespace AtSync.Client.Sync;

/// <summary>
/// Edits that left and whose acknowledgement never came. When such a version comes back by a pull after its key was edited again, it is no
/// conflict: the newer edit was made on top of it.
/// </summary>
internal sealed class SentVersions
{
    /// <summary>Versions remembered per key.</summary>
    private const int VersionsMax = 16;

    private readonly Dictionary<string, List<byte[]>> _byKey = new(StringComparer.Ordinal);

    /// <summary>Remembers what was in flight when a connection broke.</summary>
    public void Add(IReadOnlyList<OutboxItem> items)
    {
        foreach (var item in items)
        {
            if (!_byKey.TryGetValue(item.Key, out var versions))
            {
                _byKey[item.Key] = versions = [];
            }

            var digest = Digest(item.Op == CommitOp.Delete, item.Record is { } record ? record.Value.Span : default);
            if (!Holds(versions, digest))
            {
                // A key that is edited while nothing gets through for long: the oldest version is the least likely one to come back.
                versions.RemoveRange(0, Math.Max(0, versions.Count + 1 - VersionsMax));
                versions.Add(digest);
            }
        }
    }

    /// <summary>The remote answered for these keys: nothing about them is uncertain any more.</summary>
    public void Forget(string key)
    {
        if (_byKey.Count > 0)
        {
            _byKey.Remove(key);
        }
    }

    /// <summary>Whether a pulled entry is one of them.</summary>
    public bool Holds(PulledEntry entry) =>
        _byKey.TryGetValue(entry.Key, out var versions)
        && Holds(versions, Digest(entry.Op == CommitOp.Delete, entry.Value.Span));

    private static bool Holds(List<byte[]> versions, byte[] digest) => versions.Exists(version => version.AsSpan().SequenceEqual(digest));

    private static byte[] Digest(bool isDelete, ReadOnlySpan<byte> value) => isDelete ? [] : SHA256.HashData(value);
}

/// <summary>The reconciler of one round: knows besides the policies what this device has sent, and whether the peer protects against overwriting.</summary>
internal sealed class RoundReconciler(IReconciler policies, SentVersions sent, bool isProtected) : IReconciler
{
    /// <inheritdoc/>
    public EntryDecision Decide(PulledEntry remote, LocalRecord? local, OutboxItem pending)
    {
        var decision = policies.Decide(remote, local, pending);
        return decision.Kind is not EntryDecisionKind.OwnEcho && decision.Conflict is not null && sent.Holds(remote)
            ? new EntryDecision(EntryDecisionKind.KeepLocal)
            : decision;
    }

    /// <inheritdoc/>
    public bool KeepsReplaced(PulledEntry remote, LocalRecord local) => !isProtected && policies.KeepsReplaced(remote, local);
}
