using AtSync.Storage.Sqlite;

namespace AtSync.Storage.Server.Shards;

/// <summary>The directory of a shard; rare, so statements are not kept. Runs inside the writer's transaction.</summary>
internal static class TenantTable
{
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

        writer.Sweep();
        return true;
    }
}
