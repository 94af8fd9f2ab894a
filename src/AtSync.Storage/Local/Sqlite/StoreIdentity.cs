using AtSync.Protocol;
using AtSync.Storage.Sqlite;

namespace AtSync.Storage.Local.Sqlite;

/// <summary>Whose store a file is and which device's.</summary>
internal static class StoreIdentity
{
    /// <summary>Makes a new file the owner's, or refuses another owner's. Returns the device id.</summary>
    public static string Claim(SqliteDatabase database, LocalStoreOptions options)
    {
        if (Find(database) is not { } identity)
        {
            database.BeginImmediate();
            try
            {
                database.Prepare(
                    "INSERT OR IGNORE INTO state VALUES(1, ?, ?, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)")
                    .BindText(1, options.AtSign.ToString()).BindText(2, options.Random.NewHexId()).Run();
                database.Commit();
            }
            catch
            {
                database.Rollback();
                throw;
            }

            identity = Find(database)!.Value;
        }

        if (identity.Owner != options.AtSign.ToString())
        {
            throw new StoreException(
                StoreFault.OtherOwner,
                $"The store in '{options.Folder}' belongs to {identity.Owner}, not to {options.AtSign}. Give {options.AtSign} a folder of its own.");
        }

        return identity.DeviceId;
    }

    private static (string Owner, string DeviceId)? Find(SqliteDatabase database)
    {
        var owner = database.ReadTexts("SELECT owner FROM state");
        var device = database.ReadTexts("SELECT device_id FROM state");
        return owner is [var name] && device is [var id] ? (name, id) : null;
    }
}
