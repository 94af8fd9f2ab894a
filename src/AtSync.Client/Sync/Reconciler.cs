using AtSync.Client.Local;
using AtSync.Protocol;
using AtSync.Storage.Local;

namespace AtSync.Client.Sync;

/// <summary>
/// Decides what wins when a key changed here and there since their common base. Pure: a policy per namespace, the edit times, and for a merge
/// the app's function over both versions opened by <paramref name="codec"/>. Called inside the store's transaction.
/// </summary>
/// <param name="fallback">The policy of keys that no entry of <paramref name="policies"/> covers.</param>
/// <param name="policies">Per namespace; the longest namespace that covers a key decides.</param>
/// <param name="codec">Opens and seals for <see cref="ConflictPolicy.Merge"/>; never used by the other policies.</param>
internal sealed class Reconciler(ConflictPolicy fallback, IReadOnlyDictionary<string, ConflictPolicy> policies, IRecordCodec codec) : IReconciler
{
    /// <summary>A version that was replaced is kept in the inbox only up to this size, bytes: the inbox is for what people wrote, not for bulk.</summary>
    public const int ReplacedBytesMax = 1024 * 1024;

    /// <summary>A version that was replaced is kept in the inbox only when it was younger than this, by the remote's times.</summary>
    public static readonly TimeSpan ReplacedAgeMax = TimeSpan.FromDays(30);

    // Longest first, so that the most particular namespace decides.
    private readonly KeyValuePair<string, ConflictPolicy>[] _policies = [.. policies.OrderByDescending(pair => pair.Key.Length).ThenBy(pair => pair.Key, StringComparer.Ordinal)];

    /// <inheritdoc/>
    public EntryDecision Decide(PulledEntry remote, LocalRecord? local, OutboxItem pending)
    {
        if (remote.CommitId <= pending.BaseCommitId)
        {
            // What the edit was based on, or older: a page that is applied again.
            return new EntryDecision(EntryDecisionKind.KeepLocal);
        }

        var isLocalDelete = pending.Op == CommitOp.Delete || local is null;
        var isRemoteDelete = remote.Op == CommitOp.Delete;
        if (isLocalDelete && isRemoteDelete)
        {
            return new EntryDecision(EntryDecisionKind.OwnEcho);
        }

        if (!isLocalDelete && !isRemoteDelete && SameContent.Is(remote, local!))
        {
            return new EntryDecision(EntryDecisionKind.OwnEcho);
        }

        var policy = PolicyOf(remote.Key);
        if (policy is ConflictPolicy.Merged merged)
        {
            if (TryMerge(merged, remote, isLocalDelete ? null : local, pending) is { } change)
            {
                return new EntryDecision(EntryDecisionKind.Merge, new ConflictDraft(ConflictKind.Merged, policy.Name), change);
            }

            policy = ConflictPolicy.LatestEdit;
        }

        return LocalWins(policy, remote, pending, isRemoteDelete)
            ? Keep(policy, remote, local, pending, isLocalDelete)
            : new EntryDecision(EntryDecisionKind.TakeRemote, new ConflictDraft(ConflictKind.LocalLost, policy.Name));
    }

    /// <inheritdoc/>
    public bool KeepsReplaced(PulledEntry remote, LocalRecord local) =>
        local.Value.Length <= ReplacedBytesMax
        && !(remote.UpdatedAtMs is { } at && at - local.UpdatedAtMs > (long)ReplacedAgeMax.TotalMilliseconds)
        && (remote.Op == CommitOp.Delete || !SameContent.Is(remote, local));

    private static bool LocalWins(ConflictPolicy policy, PulledEntry remote, OutboxItem pending, bool isRemoteDelete)
    {
        if (ReferenceEquals(policy, ConflictPolicy.Local))
        {
            return true;
        }

        if (ReferenceEquals(policy, ConflictPolicy.Remote))
        {
            return false;
        }

        // Latest edit. An edit beats a deletion of unknown time; any other unknown time, and a tie, goes to the remote, which every device sees alike.
        return remote.UpdatedAtMs is { } remoteTime ? pending.EditTimeMs > remoteTime : isRemoteDelete;
    }

    private static EntryDecision Keep(ConflictPolicy policy, PulledEntry remote, LocalRecord? local, OutboxItem pending, bool isLocalDelete)
    {
        var conflict = new ConflictDraft(ConflictKind.RemoteLost, policy.Name);
        if (isLocalDelete || pending.Op != CommitOp.UpdateMeta)
        {
            return new EntryDecision(EntryDecisionKind.KeepLocal, conflict);
        }

        // A change of metadata alone would leave the remote's value under it there, and ours here: the whole record must go.
        return new EntryDecision(EntryDecisionKind.Merge, conflict, new LocalChange
        {
            Key = remote.Key,
            Op = CommitOp.UpdateAll,
            Value = local!.Value,
            Metadata = local.Metadata,
            EditTimeMs = pending.EditTimeMs,
            AvailableAtMs = local.AvailableAtMs,
            ExpiresAtMs = local.ExpiresAtMs,
        });
    }

    private LocalChange? TryMerge(ConflictPolicy.Merged policy, PulledEntry remote, LocalRecord? local, OutboxItem pending)
    {
        if (!AtKey.TryParse(remote.Key, out var key, out _)
            || !TryOpen(remote.Key, remote.Op != CommitOp.Delete, remote.Value, remote.Metadata, out var remoteValue)
            || !TryOpen(remote.Key, local is not null, local?.Value ?? default, local?.Metadata ?? default, out var localValue))
        {
            return null;
        }

        var versions = new ConflictVersions(
            key,
            localValue,
            remoteValue,
            DateTimeOffset.FromUnixTimeMilliseconds(pending.EditTimeMs),
            remote.UpdatedAtMs is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null);
        try
        {
            return policy.Function(versions) is { } merged
                ? codec.Seal(remote.Key, merged, remote.Op == CommitOp.Delete ? default : remote.Metadata, Math.Max(pending.EditTimeMs, remote.UpdatedAtMs ?? 0))
                : null;
        }
        catch (Exception)
        {
            // The app's function, or a result that can't be sealed: the later edit wins instead, and the loser is in the inbox.
            return null;
        }
    }

    /// <summary>A version that does not exist is opened to null; false when one that exists can't be opened.</summary>
    private bool TryOpen(string key, bool exists, ReadOnlyMemory<byte> value, ReadOnlyMemory<byte> metadata, out AtValue? opened)
    {
        opened = exists ? codec.TryOpen(key, value, metadata, out _) : null;
        return opened is not null || !exists;
    }

    private ConflictPolicy PolicyOf(string fullKey)
    {
        if (_policies.Length > 0 && AtKey.TryParse(fullKey, out var key, out _))
        {
            foreach (var (scope, policy) in _policies)
            {
                if (key.IsIn(scope))
                {
                    return policy;
                }
            }
        }

        return fallback;
    }
}
