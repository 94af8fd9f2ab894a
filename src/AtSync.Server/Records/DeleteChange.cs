using AtSync.Protocol;
using AtSync.Server.Notifications;
using AtSync.Storage.Server;

namespace AtSync.Server.Records;

/// <summary><c>delete</c> as one atomic change. Deleting what is not there succeeds and leaves a tombstone, as for the reference.</summary>
/// <param name="key">Folded and checked.</param>
/// <param name="nowMs">Arrival.</param>
/// <param name="deletedAtMs">When the deletion was made.</param>
/// <param name="isForced">Deletes an immutable record, too.</param>
/// <param name="isLogged">Whether it enters the commit log.</param>
/// <param name="ifCommit">See <see cref="CommitCondition"/>.</param>
/// <param name="owed">Who is told of it, or null.</param>
internal sealed class DeleteChange(
    string key, long nowMs, long deletedAtMs, bool isForced, bool isLogged, long? ifCommit = null, OwedNotification? owed = null) : StoreChange(key)
{
    private static readonly AtError IsImmutable =
        new(AtErrorCodes.IllegalState, "Immutable records may only be deleted with force (delete:force:…)");

    public override ChangeDecision Decide(StoredRecord? current, long currentCommitId)
    {
        var live = current is null || RecordLife.IsExpired(current.Times, nowMs) ? null : current;
        if (!CommitCondition.Holds(ifCommit, live, currentCommitId))
        {
            return ChangeDecision.Refuse(CommitCondition.Moved);
        }

        return !isForced && live is not null && MetadataRules.IsImmutable(live.Metadata.Span)
            ? ChangeDecision.Refuse(IsImmutable)
            : ChangeDecision.Delete(deletedAtMs, isLogged) with { Owed = owed?.OfDelete() };
    }
}
