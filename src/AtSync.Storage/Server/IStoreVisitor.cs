namespace AtSync.Storage.Server;

/// <summary>Sees everything of one atSign in turn: head, records, notifications. See <see cref="IStorageEngine.ReadAllAsync"/>.</summary>
public interface IStoreVisitor
{
    /// <summary>First, once.</summary>
    void Head(StoreHead head);

    /// <summary>
    /// Every record and tombstone: those outside the commit log (commit id -1) first, then the log in ascending order. A tombstone has
    /// <see cref="Protocol.CommitOp.Delete"/>. The spans are valid only during the call.
    /// </summary>
    void Row(in LogEntryView row);

    /// <summary>Every notification in the order of their positions.</summary>
    void Notification(StoredNotification notification);
}

/// <summary>What is known of a store besides its rows.</summary>
/// <param name="EpochId">See <see cref="IKeyStore.EpochId"/>.</param>
/// <param name="LastCommitId">Highest commit id ever given out, -1 when none.</param>
/// <param name="Records">Records, tombstones not counted.</param>
/// <param name="Bytes">See <see cref="StoreSummary.Bytes"/>.</param>
public sealed record StoreHead(string EpochId, long LastCommitId, long Records, long Bytes);
