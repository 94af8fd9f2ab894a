using System.Text;
using AtSync.Protocol;
using AtSync.Server.Records;
using AtSync.Storage.Server;

namespace AtSync.Server.Enrollments;

/// <summary>
/// The reserved namespace of an enrollment: <c>&lt;id&gt;.a.__e</c> while it is approved, <c>.r.__e</c> once it is revoked, <c>.d.__e</c> once it is deleted.
/// Its records move along, so that what a revoked device published is no longer found where live devices are looked for.
/// </summary>
internal static class ReservedData
{
    public const char Live = 'a';
    public const char Revoked = 'r';
    public const char Deleted = 'd';

    /// <summary>The changes that move everything from one place to the other.</summary>
    public static async ValueTask<IReadOnlyList<StoreChange>> MoveAsync(
        string id, char from, char to, EnrollmentBook book, CancellationToken cancellationToken)
    {
        var end = $"{id}.{from}.__e{book.Owner}";
        var utf8End = Encoding.UTF8.GetBytes(end);
        var keys = new List<string>();
        await book.Store.ScanAsync("", (in KeyView key) =>
        {
            if (key.Key.EndsWith(utf8End))
            {
                keys.Add(Encoding.UTF8.GetString(key.Key));
            }

            return true;
        }, cancellationToken);
        var now = book.Now.ToUnixTimeMilliseconds();
        var changes = new List<StoreChange>();
        foreach (var key in keys)
        {
            if (await book.Store.GetAsync(key, cancellationToken) is { } record)
            {
                var name = $"{key[..^end.Length]}{id}.{to}.__e{book.Owner}";
                changes.Add(new CopyChange(name, record, now));
                changes.Add(new DeleteChange(key, now, now, isForced: true, AtKey.IsLogged(key)));
            }
        }

        return changes;
    }

    /// <summary>
    /// The changes that publish the signing keys of an approved enrollment, verbatim as it asked for them; none when it named none.
    /// </summary>
    public static IReadOnlyList<StoreChange> Publish(Enrollment enrollment, string? apskJson, string? apskLegacy, EnrollmentBook book) =>
        (apskLegacy ?? apskJson) is { } keys
            ? [ServerChange.Silent($"public:_apsk.{enrollment.Id}.{Live}.__e{book.Owner}", keys, book.Now.ToUnixTimeMilliseconds())]
            : [];

    /// <summary>The record under another name; everything else stays as it is.</summary>
    private sealed class CopyChange(string key, StoredRecord record, long nowMs) : StoreChange(key)
    {
        public override bool IsExempt => true;

        public override ChangeDecision Decide(StoredRecord? current, long currentCommitId) =>
            ChangeDecision.Put(record with { Key = Key, OpTimeMs = nowMs }, AtKey.IsLogged(Key));
    }
}
