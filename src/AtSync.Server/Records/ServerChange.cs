using System.Text;
using AtSync.Protocol;
using AtSync.Storage.Server;

namespace AtSync.Server.Records;

/// <summary>A record that the server writes for itself: keys, secrets, enrollments. Replaces what was there.</summary>
internal sealed class ServerChange : StoreChange
{
    private readonly ReadOnlyMemory<byte> _value;
    private readonly long _nowMs;
    private readonly bool _isLogged;
    private readonly bool _onlyWhenAbsent;
    private readonly long? _expiresAtMs;

    private ServerChange(string key, ReadOnlyMemory<byte> value, long nowMs, bool isLogged, bool onlyWhenAbsent, long? expiresAtMs = null)
        : base(key) => (_value, _nowMs, _isLogged, _onlyWhenAbsent, _expiresAtMs) = (value, nowMs, isLogged, onlyWhenAbsent, expiresAtMs);

    /// <summary>Kept out of the commit log.</summary>
    public static ServerChange Silent(string key, ReadOnlyMemory<byte> value, long nowMs) => new(key, value, nowMs, isLogged: false, onlyWhenAbsent: false);

    /// <summary>Kept out of the commit log.</summary>
    public static ServerChange Silent(string key, string value, long nowMs) => Silent(key, Encoding.UTF8.GetBytes(value), nowMs);

    /// <summary>Kept out of the commit log; ends at <paramref name="expiresAt"/>, or never.</summary>
    public static ServerChange Silent(string key, ReadOnlyMemory<byte> value, long nowMs, DateTimeOffset? expiresAt) =>
        new(key, value, nowMs, isLogged: false, onlyWhenAbsent: false, expiresAt?.ToUnixTimeMilliseconds());

    /// <summary>Enters the commit log; does nothing when the key is there already.</summary>
    public static ServerChange LoggedOnce(string key, string value, long nowMs) =>
        new(key, Encoding.UTF8.GetBytes(value), nowMs, isLogged: true, onlyWhenAbsent: true);

    /// <summary>A revocation or a new secret must not fail because the atSign's records fill its room. Who wraps a change decides for itself.</summary>
    public override bool IsExempt => true;

    public override ChangeDecision Decide(StoredRecord? current, long currentCommitId)
    {
        if (current is not null && _onlyWhenAbsent)
        {
            return ChangeDecision.Nothing;
        }

        var times = RecordTiming.Of(AtMetadata.Empty, current?.Times, kept: null, _nowMs).Times with { ExpiresAtMs = _expiresAtMs };
        return ChangeDecision.Put(
            new StoredRecord
            {
                Key = Key,
                Value = _value,
                Metadata = MetadataRules.Write(MetadataRules.Merge(old: null, AtMetadata.Empty)),
                Times = times,
                OpTimeMs = _nowMs,
            },
            _isLogged);
    }
}
