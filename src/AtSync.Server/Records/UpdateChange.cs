using AtSync.Protocol;
using AtSync.Server.Notifications;
using AtSync.Storage.Server;

namespace AtSync.Server.Records;

/// <summary>
/// <c>update</c> and <c>update:meta</c> as one atomic change: what is kept from the old record is decided inside the store's transaction, so that
/// two writers cannot lose each other's metadata.
/// </summary>
internal sealed class UpdateChange : StoreChange
{
    private static readonly AtError IsImmutable = new(AtErrorCodes.IllegalState, "Immutable records may not be updated");

    private readonly AtMetadata _given;
    private readonly ReadOnlyMemory<byte>? _value;
    private readonly long _nowMs;
    private readonly bool _isLogged;
    private readonly long? _ifCommit;
    private readonly OwedNotification? _owed;

    // Made ahead, off the store's writer: most writes of a sync are creations.
    private readonly StoredRecord _creation;

    /// <param name="key">Folded and checked.</param>
    /// <param name="given">The write's metadata, checked.</param>
    /// <param name="value">Null for <c>update:meta</c>: the value stays.</param>
    /// <param name="nowMs">Arrival.</param>
    /// <param name="isLogged">Whether it enters the commit log.</param>
    /// <param name="ifCommit">See <see cref="CommitCondition"/>.</param>
    /// <param name="owed">Who is told of it, or null.</param>
    public UpdateChange(
        string key, AtMetadata given, ReadOnlyMemory<byte>? value, long nowMs, bool isLogged, long? ifCommit = null, OwedNotification? owed = null)
        : base(key)
    {
        _given = given;
        _value = value;
        _nowMs = nowMs;
        _isLogged = isLogged;
        _ifCommit = ifCommit;
        _owed = owed;
        _creation = Build(old: null, kept: null);
    }

    public override ChangeDecision Decide(StoredRecord? current, long currentCommitId)
    {
        // An update that meets an expired record is a creation.
        var live = current is null || RecordLife.IsExpired(current.Times, _nowMs) ? null : current;
        if (!CommitCondition.Holds(_ifCommit, live, currentCommitId))
        {
            return ChangeDecision.Refuse(CommitCondition.Moved);
        }

        if (live is null)
        {
            return Put(_creation);
        }

        return MetadataRules.IsImmutable(live.Metadata.Span)
            ? ChangeDecision.Refuse(IsImmutable)
            : Put(Build(live, MetadataRules.Read(live.Metadata.Span)));
    }

    private ChangeDecision Put(StoredRecord record) =>
        ChangeDecision.Put(record, _isLogged) with { Owed = _owed?.OfUpdate(record, hasValue: _value is not null) };

    private StoredRecord Build(StoredRecord? old, AtMetadata? kept)
    {
        var timing = RecordTiming.Of(_given, old?.Times, kept, _nowMs);
        var metadata = MetadataRules.Merge(kept, _given) with { Ttl = timing.Ttl, Ttb = timing.Ttb };
        return new StoredRecord
        {
            Key = Key,
            Value = _value ?? old?.Value ?? default,
            HasValue = _value is not null || old is { HasValue: true },
            Metadata = MetadataRules.Write(metadata),
            Times = timing.Times,
            OpTimeMs = timing.Times.UpdatedAtMs,
            Op = _value is null ? CommitOp.UpdateMeta : CommitOp.UpdateAll,
        };
    }
}
