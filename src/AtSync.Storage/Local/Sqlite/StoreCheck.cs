using AtSync.Storage.Local.Core;
using AtSync.Storage.Sqlite;

namespace AtSync.Storage.Local.Sqlite;

/// <summary>Verifies a file: its structure, its counters, and that outbox and records point to each other.</summary>
internal static class StoreCheck
{
    public static IReadOnlyList<string> Find(SqliteDatabase database, StoreState state)
    {
        var findings = new List<string>(database.FindDamage(full: true));
        if (findings.Count > 0)
        {
            return findings;
        }

        Compare(findings, "records", state.Records, database.ReadLong("SELECT count(*) FROM records WHERE tombstone = 0"));
        Compare(findings, "bytes", state.Bytes, database.ReadLong(
            "SELECT sum(octet_length(key) + length(metadata) + length(value)) FROM records WHERE tombstone = 0"));
        Compare(findings, "pending edits", state.Pending, database.ReadLong("SELECT count(*) FROM outbox WHERE dead = 0"));
        Compare(findings, "dead letters", state.Dead, database.ReadLong("SELECT count(*) FROM outbox WHERE dead = 1"));
        Compare(findings, "quarantined entries", state.Quarantined, database.ReadLong("SELECT count(*) FROM quarantine"));
        Compare(findings, "bytes in quarantine", state.QuarantineBytes, database.ReadLong("SELECT sum(length(raw)) FROM quarantine"));
        Compare(findings, "conflicts", state.Conflicts, database.ReadLong("SELECT count(*) FROM conflicts"));
        Compare(findings, "replaced versions", state.Replaced, database.ReadLong("SELECT count(*) FROM conflicts WHERE kind = 3"));
        Compare(findings, "accepted ranges", state.AcceptedRanges, database.ReadLong("SELECT count(*) FROM accepted"));
        Compare(findings, "outbox rows without their record", 0, database.ReadLong(
            "SELECT count(*) FROM outbox LEFT JOIN records ON records.id = outbox.record WHERE records.seq IS NOT outbox.seq"));
        Compare(findings, "numbers given out twice", 0, database.ReadLong($"SELECT count(*) FROM outbox WHERE seq >= {state.NextSeq}"));
        return findings;
    }

    private static void Compare(List<string> findings, string what, long expected, long found)
    {
        if (expected != found)
        {
            findings.Add($"{what}: {expected} expected, {found} found");
        }
    }
}
