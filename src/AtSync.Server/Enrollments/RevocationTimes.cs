using System.Text.Json;
using System.Text.Json.Nodes;
using AtSync.Protocol;
using AtSync.Storage.Server;

namespace AtSync.Server.Enrollments;

/// <summary>
/// When an enrollment that could read a namespace was last revoked; kept apart from the enrollments, which may be deleted. Holders of a namespace
/// compare it to know that its keys have to change.
/// </summary>
internal static class RevocationTimes
{
    public static string KeyOf(AtSign owner) => $"private:revocation_times.__manage{owner}";

    /// <summary>Null when there was none.</summary>
    public static async ValueTask<string?> FindAsync(string name, EnrollmentBook book, CancellationToken cancellationToken)
    {
        var record = await book.Store.GetAsync(KeyOf(book.Owner), cancellationToken);
        var times = Read(record);
        string? newest = null;
        foreach (var (of, at) in times)
        {
            // `*` is every namespace except the one that it does not reach; the longer name's holder lost the shorter one's keys only where it had it.
            var concerns = of == name || (of == NamespaceGrants.Everything && name != NamespaceGrants.Manage)
                || name.EndsWith("." + of, StringComparison.Ordinal);
            var time = at?.GetValue<string>();
            newest = concerns && string.CompareOrdinal(time, newest) > 0 ? time : newest;
        }

        return newest;
    }

    /// <summary>The change that notes a revocation.</summary>
    public static StoreChange Note(IEnumerable<Enrollment> revoked, EnrollmentBook book)
    {
        var names = revoked.SelectMany(each => each.Grants.Entries).Select(entry => entry.Key).Distinct().ToList();
        return new NoteChange(KeyOf(book.Owner), names, book.Now);
    }

    private static JsonObject Read(StoredRecord? record)
    {
        try
        {
            return record is { HasValue: true } ? JsonNode.Parse(record.Value.Span) as JsonObject ?? [] : [];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    private sealed class NoteChange(string key, IReadOnlyList<string> names, DateTimeOffset now) : StoreChange(key)
    {
        public override bool IsExempt => true;

        public override ChangeDecision Decide(StoredRecord? current, long currentCommitId)
        {
            var times = Read(current);
            foreach (var name in names)
            {
                times[name] = IsoTime.Format(now);
            }

            return Records.ServerChange.Silent(Key, EnrollmentDocument.Write(json => times.WriteTo(json)), now.ToUnixTimeMilliseconds())
                .Decide(current, currentCommitId);
        }
    }
}
