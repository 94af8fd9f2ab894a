namespace AtSync.Storage.Server.Shards;

/// <summary>Verifies a shard on one snapshot: the structure of the file, that indexes and table agree, that the totals are true.</summary>
internal static class ShardCheck
{
    // Each query returns one line per finding.
    private static readonly string[] _rules =
    [
        IndexRule("record", "id", "record_key", "key", "1"),
        IndexRule("record", "id", "record_log", "commit_id", "commit_id IS NOT NULL"),
        IndexRule("record", "id", "record_expiry", "expires", "expires IS NOT NULL"),
        IndexRule("record", "id", "record_refresh", "refresh", "refresh IS NOT NULL AND key>='cached:' AND key<'cached;'"),
        IndexRule("notification", "position", "notification_id", "id", "1"),
        IndexRule("notification", "position", "notification_received", "position", "kind<>1"),
        IndexRule("notification", "position", "notification_queue", "peer", "kind=1 AND status=0"),
        IndexRule("notification", "position", "notification_topic", "topic", "topic IS NOT NULL AND kind=1 AND status=0"),
        IndexRule("notification", "position", "notification_expiry", "expires", "1"),
        """
        SELECT format('@%s: %d records and %d bytes counted, %d and %d held', coalesce(name, '(removed)'), records, bytes, n, b)
        FROM (SELECT name, records, bytes, count(record.id) AS n,
                coalesce(sum(octet_length(key) + octet_length(metadata) + coalesce(octet_length(value), 0)), 0) AS b
            FROM tenant LEFT JOIN record ON record.tenant=tenant.id AND deleted=0 WHERE name IS NOT NULL GROUP BY tenant.id)
        WHERE records<>n OR bytes<>b
        """,
        """
        SELECT format('@%s: %d notifications of %d bytes counted, %d of %d held', name, notifications, notification_bytes, n, b)
        FROM (SELECT name, notifications, notification_bytes, count(position) AS n,
                coalesce(sum(octet_length(notification.id) + octet_length(peer) + octet_length(body)), 0) AS b
            FROM tenant LEFT JOIN notification ON notification.tenant=tenant.id WHERE name IS NOT NULL GROUP BY tenant.id)
        WHERE notifications<>n OR notification_bytes<>b
        """,
        """
        SELECT format('@%s: commit id %d is in the log, but the last one given out is %d', name, max(commit_id), last_commit_id)
        FROM tenant JOIN record ON record.tenant=tenant.id WHERE name IS NOT NULL GROUP BY tenant.id HAVING max(commit_id)>last_commit_id
        """,
        """
        SELECT format('@%s: commit id %d is in the log twice', name, commit_id)
        FROM tenant JOIN record ON record.tenant=tenant.id WHERE commit_id IS NOT NULL GROUP BY tenant.id, commit_id HAVING count(*)>1 LIMIT 20
        """,
        "SELECT format('record %d: a deletion without its place in the log', id) FROM record WHERE deleted<>0 AND commit_id IS NULL LIMIT 20",
        "SELECT format('record %d belongs to no atSign', id) FROM record WHERE tenant NOT IN (SELECT id FROM tenant) LIMIT 20",
        "SELECT format('notification %d belongs to no atSign', position) FROM notification WHERE tenant NOT IN (SELECT id FROM tenant) LIMIT 20",
    ];

    /// <summary>One line for a person per finding.</summary>
    public static List<string> Run(Shard shard)
    {
        var findings = new List<string>();
        try
        {
            using var database = shard.OpenAside();
            database.Begin();
            findings.AddRange(database.FindDamage(full: false));

            // In a damaged file the rules would only repeat it in other words.
            if (findings.Count == 0)
            {
                foreach (var rule in _rules)
                {
                    findings.AddRange(database.ReadTexts(rule));
                }
            }
        }
        catch (StoreException failure) when (failure.Fault == StoreFault.Corrupt)
        {
            findings.Add(failure.Message);
        }

        return findings.ConvertAll(finding => $"{Path.GetFileName(shard.Path)}: {finding}");
    }

    // An index that lost or kept a row differs from the table in number or in the sum of rowids.
    private static string IndexRule(string table, string rowid, string index, string column, string condition) => $"""
        SELECT format('index {index} has %d rows, the table %d', i.n, t.n)
        FROM (SELECT count({column}) AS n, total({rowid}) AS s FROM {table} INDEXED BY {index} WHERE {condition}) AS i,
            (SELECT count({column}) AS n, total({rowid}) AS s FROM {table} NOT INDEXED WHERE {condition}) AS t
        WHERE i.n<>t.n OR i.s<>t.s
        """;
}
