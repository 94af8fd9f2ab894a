using AtSync.Storage.Sqlite;

namespace AtSync.Storage.Server.Shards;

/// <summary>
/// Copies all shards as they are at one moment: every snapshot is taken before the first page is copied. Logs can't be written from their
/// beginning again while a snapshot is held, so they grow by what is written meanwhile; nobody waits.
/// </summary>
internal static class ShardBackup
{
    private const int PageBytes = 4096;

    public static void Run(IReadOnlyList<Shard> shards, string folder, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        var snapshots = new List<SqliteDatabase>();
        try
        {
            long total = 0;
            foreach (var shard in shards)
            {
                var snapshot = shard.OpenAside();
                snapshots.Add(snapshot);
                snapshot.Begin();
                total += snapshot.ReadLong("PRAGMA page_count") * PageBytes;
            }

            long before = 0;
            foreach (var snapshot in snapshots)
            {
                var pages = 0;
                var path = Path.Combine(folder, Path.GetFileName(snapshot.Path));
                snapshot.CopyTo(
                    path,
                    (done, all) =>
                    {
                        pages = all;
                        progress?.Report(new WorkProgress(before + done * (long)PageBytes, total));
                    },
                    cancellationToken);
                before += pages * (long)PageBytes;

                // Its log may be written from the beginning again.
                snapshot.Rollback();
                Check(path);
            }
        }
        finally
        {
            snapshots.ForEach(snapshot => snapshot.Dispose());
        }
    }

    // A copy that is found to be damaged when it is needed is none.
    private static void Check(string path)
    {
        if (SqliteCopy.FindDamage(path) is [var finding, ..])
        {
            throw new StoreException(StoreFault.Corrupt, $"The copy '{path}' is damaged, and so is the store it was made from: {finding}");
        }
    }
}
