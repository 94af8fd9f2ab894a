using AtSync.Storage.Sqlite;

namespace AtSync.Storage.Server.Shards;

/// <summary>
/// The directory of a shard; rare, so statements are not kept. Runs inside the writer's transaction. A tenant without a name is being removed.
/// One whose name begins with a colon, which no atSign's does, is being imported.
/// </summary>
internal static class TenantTable
{
    /// <summary>The condition that leaves out what is being imported or removed.</summary>
    public const string IsHosted = "name NOT GLOB ':*'";

    /// <summary>Adds a tenant; false when its name is taken.</summary>
    public static bool Add(SqliteDatabase database, string name, string epoch)
    {
        using var insert = database.PrepareOnce(
            "INSERT INTO tenant(name, epoch, last_commit_id, records, bytes) VALUES(?1, ?2, -1, 0, 0) ON CONFLICT(name) DO NOTHING");
        insert.BindText(1, name).BindText(2, epoch).Run();
        return database.Changes == 1;
    }

    /// <summary>Takes a tenant's name away, which removes it for everyone; its records follow when the writer is idle. False when there is none.</summary>
    public static bool Remove(SqliteDatabase database, string name, ShardWriter writer)
    {
        using var update = database.PrepareOnce("UPDATE tenant SET name=NULL WHERE name=?1");
        update.BindText(1, name).Run();
        if (database.Changes == 0)
        {
            return false;
        }

        writer.Upkeep.Sweep();
        return true;
    }

    /// <summary>What an import that never ended left behind is removed.</summary>
    public static void ForgetImports(SqliteDatabase database) => database.Execute($"UPDATE tenant SET name=NULL WHERE NOT {IsHosted}");

    /// <summary>A tenant that nobody finds; its row id.</summary>
    public static long AddImport(SqliteDatabase database, string stagingName, string epoch)
    {
        using var insert = database.PrepareOnce("INSERT INTO tenant(name, epoch, last_commit_id, records, bytes) VALUES(?1, ?2, -1, 0, 0)");
        insert.BindText(1, stagingName).BindText(2, epoch).Run();
        return database.LastInsertRowId;
    }

    /// <summary>
    /// An imported tenant takes its name and the highest commit id that anybody knows of. False when the name is taken and may not be replaced.
    /// </summary>
    public static bool CompleteImport(SqliteDatabase database, long id, string name, EpochOrigin origin, bool replaces, ShardWriter writer)
    {
        TenantTotals? replaced = null;
        using (var find = database.PrepareOnce($"SELECT {TenantTotals.Columns} FROM tenant WHERE name=?1"))
        {
            if (find.BindText(1, name).Step())
            {
                replaced = TenantTotals.Read(find, 0);
            }

            find.Reset();
        }

        if (replaced is not null && !(replaces && Remove(database, name, writer)))
        {
            return false;
        }

        // What it may hold is this server's to say, not the import's.
        var quota = replaced?.OwnQuota ?? StoreQuota.Unset;
        using var update = database.PrepareOnce("""
            UPDATE tenant SET name=?2, last_commit_id=?3, max_records=?4, max_bytes=?5, max_notifications=?6, max_notification_bytes=?7,
                epoch_from=?8, epoch_commit_id=?9 WHERE id=?1
            """);
        update.Bind(1, id).BindText(2, name).Bind(3, Math.Max(origin.LastCommitId, replaced?.LastCommitId ?? -1))
            .Bind(4, quota.Records).Bind(5, quota.Bytes).Bind(6, quota.Notifications).Bind(7, quota.NotificationBytes).BindText(8, origin.EpochId).Bind(9, origin.LastCommitId).Run();
        return true;
    }

    /// <summary>Another epoch for a tenant, with commit ids that go on above the given one at least; its origin. Null when there is none of that name.</summary>
    public static EpochOrigin? RenewEpoch(SqliteDatabase database, string name, string epoch, long lastCommitIdMin)
    {
        EpochOrigin? origin = null;
        using (var find = database.PrepareOnce("SELECT epoch, last_commit_id FROM tenant WHERE name=?1"))
        {
            if (find.BindText(1, name).Step())
            {
                origin = new EpochOrigin(find.Text(0), find.Long(1));
            }

            find.Reset();
        }

        if (origin is not null)
        {
            using var update = database.PrepareOnce(
                "UPDATE tenant SET epoch=?2, epoch_from=?3, epoch_commit_id=?4, last_commit_id=?5 WHERE name=?1");
            update.BindText(1, name).BindText(2, epoch).BindText(3, origin.EpochId).Bind(4, origin.LastCommitId)
                .Bind(5, Math.Max(origin.LastCommitId, lastCommitIdMin)).Run();
        }

        return origin;
    }

    /// <summary><see cref="RenewEpoch"/> for every tenant.</summary>
    public static bool RenewEpochs(SqliteDatabase database, Func<string> newEpoch, Func<string, long> lastCommitIdMin)
    {
        foreach (var name in database.ReadTexts($"SELECT name FROM tenant WHERE {IsHosted}"))
        {
            RenewEpoch(database, name, newEpoch(), lastCommitIdMin(name));
        }

        return true;
    }
}
