using AtSync.Protocol;
using AtSync.Server.Records;
using AtSync.Storage.Server;

namespace AtSync.Server.Peers;

/// <summary>
/// What a peer's word does to the copy kept of its record: a new value replaces it whole, metadata alone changes one that is there, a deletion
/// takes it when its origin asked for that (<c>ccd</c>), and a look-up that found nothing takes it in any case.
/// </summary>
internal sealed class CachedCopyChange : StoreChange
{
    private readonly AtMetadata? _given;
    private readonly ReadOnlyMemory<byte>? _value;
    private readonly long _nowMs;
    private readonly bool _onlyWithCascade;
    private readonly bool _isLookedUp;
    private readonly bool _onlyWhenHeld;

    private CachedCopyChange(
        string key, AtMetadata? given, ReadOnlyMemory<byte>? value, long nowMs, bool onlyWithCascade = false, bool isLookedUp = false, bool onlyWhenHeld = false)
        : base(key) => (_given, _value, _nowMs, _onlyWithCascade, _isLookedUp, _onlyWhenHeld) = (given, value, nowMs, onlyWithCascade, isLookedUp, onlyWhenHeld);

    /// <param name="key">Folded, with <c>cached:</c>.</param>
    /// <param name="given">The origin's metadata.</param>
    /// <param name="value">Null leaves the value.</param>
    /// <param name="nowMs">Arrival.</param>
    public static CachedCopyChange Update(string key, AtMetadata given, ReadOnlyMemory<byte>? value, long nowMs) =>
        new(key, given, value, nowMs);

    /// <summary>The origin was asked. What is still the same is only fresh again: no commit tells devices of it.</summary>
    public static CachedCopyChange LookedUp(string key, AtMetadata given, ReadOnlyMemory<byte> value, long nowMs) =>
        new(key, given, value, nowMs, isLookedUp: true);

    /// <summary>As <see cref="LookedUp"/>, of a copy that was to be refreshed: one that is gone meanwhile stays gone.</summary>
    public static CachedCopyChange Refreshed(string key, AtMetadata given, ReadOnlyMemory<byte> value, long nowMs) =>
        new(key, given, value, nowMs, isLookedUp: true, onlyWhenHeld: true);

    /// <summary>The origin deleted its record.</summary>
    public static CachedCopyChange Cascade(string key, long nowMs) => new(key, null, null, nowMs, onlyWithCascade: true);

    /// <summary>The origin has no such record.</summary>
    public static CachedCopyChange Drop(string key, long nowMs) => new(key, null, null, nowMs);

    /// <summary>A copy that cannot be brought up to date must not go on being served as if it were.</summary>
    public override ChangeDecision? DecideWithoutRoom(StoredRecord? current) => current is null ? null : ChangeDecision.Delete(_nowMs, AtKey.IsLogged(Key));

    public override ChangeDecision Decide(StoredRecord? current, long currentCommitId)
    {
        if (_given is null)
        {
            return current is null || (_onlyWithCascade && MetadataRules.Read(current.Metadata.Span).Ccd != true)
                ? ChangeDecision.Nothing
                : ChangeDecision.Delete(_nowMs, AtKey.IsLogged(Key));
        }

        if (current is null && (_value is null || _onlyWhenHeld))
        {
            return ChangeDecision.Nothing;
        }

        var timing = RecordTiming.Of(_given, old: null, kept: null, _nowMs);
        var record = new StoredRecord
        {
            Key = Key,
            Value = _value ?? current!.Value,
            HasValue = _value is not null || current!.HasValue,
            Metadata = MetadataRules.Write(MetadataRules.Merge(old: null, _given) with { Ttl = timing.Ttl, Ttb = timing.Ttb }),
            Times = timing.Times with { Version = current is null ? 0 : current.Times.Version + 1 },
            OpTimeMs = timing.Times.UpdatedAtMs,
            Op = _value is null ? CommitOp.UpdateMeta : CommitOp.UpdateAll,
        };
        return ChangeDecision.Put(record, AtKey.IsLogged(Key)) with { KeepsCommit = _isLookedUp && current is not null && IsSame(current, record) };
    }

    private static bool IsSame(StoredRecord current, StoredRecord record) => current.HasValue == record.HasValue
        && current.Value.Span.SequenceEqual(record.Value.Span) && current.Metadata.Span.SequenceEqual(record.Metadata.Span);
}
