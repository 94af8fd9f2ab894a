using AtSync.Protocol;
using AtSync.Storage.Server;

namespace AtSync.Server.Records;

/// <summary>
/// The condition of our extension <c>atsync.ifCommit</c>: the change applies only when nothing would be overwritten that its author has not
/// seen. Checked inside the store's transaction.
/// </summary>
internal static class CommitCondition
{
    /// <summary>What a refused item is answered with; its answer also carries <c>currentCommit</c>, which tells it from <c>immutable</c>.</summary>
    public static AtError Moved { get; } = new(AtErrorCodes.IllegalState, "commit moved");

    /// <param name="expected">0 or less: there must be no live record. Otherwise the key's latest commit id.</param>
    /// <param name="live">The record, unless it is expired.</param>
    /// <param name="currentCommitId">Of the record or its deletion; -1 when the key is not in the log.</param>
    public static bool Holds(long? expected, StoredRecord? live, long currentCommitId) => expected switch
    {
        null => true,
        <= 0 => live is null,
        // A record that expired left no trace: there is nothing that could be overwritten.
        _ => currentCommitId == expected || (currentCommitId < 0 && live is null),
    };
}
