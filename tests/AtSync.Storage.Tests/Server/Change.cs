using System.Text;
using AtSync.Protocol;
using AtSync.Storage.Server;

namespace AtSync.Storage.Tests.Server;

/// <summary>Changes for tests.</summary>
public sealed class Change(string key, Func<StoredRecord?, long, ChangeDecision> decide) : StoreChange(key)
{
    public static Change Put(string key, string value, bool logged = true, string metadata = "", long? expiresAtMs = null, long opTimeMs = 7) =>
        Put(Record(key, value, metadata, expiresAtMs, opTimeMs), logged);

    public static Change Put(StoredRecord record, bool logged = true) => new(record.Key, (_, _) => ChangeDecision.Put(record, logged));

    public static Change Delete(string key, bool logged = true, long opTimeMs = 9) => new(key, (_, _) => ChangeDecision.Delete(opTimeMs, logged));

    public static Change Refuse(string key) => new(key, (_, _) => ChangeDecision.Refuse(new AtError("AT0032", "not now")));

    public static StoredRecord Record(string key, string value, string metadata = "", long? expiresAtMs = null, long opTimeMs = 7) => new()
    {
        Key = key,
        Value = Encoding.UTF8.GetBytes(value),
        Metadata = Encoding.UTF8.GetBytes(metadata),
        Times = new RecordTimes(0, 1, 2, null, expiresAtMs, null),
        OpTimeMs = opTimeMs,
    };

    public override ChangeDecision Decide(StoredRecord? current, long currentCommitId) => decide(current, currentCommitId);
}
