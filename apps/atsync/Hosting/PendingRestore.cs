using AtSync.Storage;

namespace AtSync.App.Hosting;

/// <summary>
/// A restore in a data folder: prepared in <c>restoring/</c>; decided by renaming that to <c>restored-TIME/</c>; then its entries take their places,
/// and what was there moves to <c>replaced-TIME/</c>, which is a data folder itself. Once it is decided every opening of the data folder completes it.
/// </summary>
internal static class PendingRestore
{
    private const string Preparing = "restoring";
    private const string Decided = "restored-";
    private const string Kept = "replaced-";

    /// <summary>An empty folder to prepare one in; what a dead process prepared goes.</summary>
    public static string Prepare(string data)
    {
        var folder = Path.Combine(data, Preparing);
        if (System.IO.Directory.Exists(folder))
        {
            System.IO.Directory.Delete(folder, recursive: true);
        }

        return System.IO.Directory.CreateDirectory(folder).FullName;
    }

    /// <summary>Decides for what was prepared and puts it in place. Returns where what was there is kept; null when nothing was.</summary>
    public static string? Commit(string data, string time)
    {
        System.IO.Directory.Move(Path.Combine(data, Preparing), Path.Combine(data, Decided + time));
        DurableFolder.Flush(data);
        Complete(data);
        return Path.Combine(data, Kept + time) is var kept && System.IO.Directory.Exists(kept) ? kept : null;
    }

    /// <summary>Completes what was decided. The data folder's lock is held.</summary>
    public static void Complete(string data)
    {
        foreach (var decided in System.IO.Directory.GetDirectories(data, Decided + "*"))
        {
            var kept = Path.Combine(data, Kept + Path.GetFileName(decided)[Decided.Length..]);
            foreach (var entry in System.IO.Directory.GetFileSystemEntries(decided))
            {
                var place = Path.Combine(data, Path.GetFileName(entry));

                // The log of a database goes with it: the new one must never meet it. It goes first, so that none is left when the place is free.
                foreach (var old in new[] { place + "-wal", place + "-shm", place }.Where(Path.Exists))
                {
                    System.IO.Directory.CreateDirectory(kept);
                    System.IO.Directory.Move(old, Path.Combine(kept, Path.GetFileName(old)));
                }

                System.IO.Directory.Move(entry, place);
                DurableFolder.Flush(data);
            }

            System.IO.Directory.Delete(decided);
            DurableFolder.Flush(data);
        }
    }
}
