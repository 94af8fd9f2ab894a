using AtSync.Protocol;
using AtSync.Storage.Server.Shards;
using AtSync.Storage.Sqlite;

namespace AtSync.Storage.Server;

/// <summary>
/// Makes an engine's folder from a backup, or from any whole copy of such a folder. Every atSign gets a new epoch, and its commit ids go on above
/// the highest that the backup and the stores it replaces know of: ids never go back, and clients notice by the epoch.
/// </summary>
public static class EngineRestore
{
    /// <summary>Fills a new folder. Neither the backup nor the replaced stores are changed.</summary>
    /// <param name="backup">Where <see cref="IOnlineBackup.BackUpAsync"/> wrote to.</param>
    /// <param name="folder">Of the new engine; absent or empty. What a failure leaves in it is no store.</param>
    /// <param name="replaced">The folder of the stores whose place it takes, which nobody has open; null when there are none.</param>
    /// <param name="random">Makes epoch ids.</param>
    /// <param name="cancellationToken">Ends it between files.</param>
    /// <exception cref="StoreException">The backup is damaged or newer, or a file can't be written; the message names the file.</exception>
    public static async ValueTask<RestoredStores> RunAsync(
        string backup, string folder, string? replaced, IRandomSource random, CancellationToken cancellationToken)
    {
        var (known, problem) = await ReadIdsAsync(replaced, random, cancellationToken);
        SqliteEngine.MakeFolder(folder);
        Copy(backup, folder, cancellationToken);
        await using var engine = SqliteEngine.Open(new SqliteEngineOptions { Folder = folder }, random);
        await engine.RenewEpochsAsync(atSign => known.GetValueOrDefault(atSign, -1), cancellationToken);
        var restored = new List<StoreSummary>();
        await foreach (var store in engine.ListAsync(cancellationToken))
        {
            restored.Add(store);
            known.Remove(store.AtSign);
        }

        return new RestoredStores(restored, [.. known.Keys.Order()], problem);
    }

    private static async ValueTask<(Dictionary<AtSign, long> Known, string? Problem)> ReadIdsAsync(
        string? folder, IRandomSource random, CancellationToken cancellationToken)
    {
        var known = new Dictionary<AtSign, long>();
        if (folder is null || !Directory.Exists(folder))
        {
            return (known, null);
        }

        try
        {
            await using var engine = SqliteEngine.Open(new SqliteEngineOptions { Folder = folder }, random);
            await foreach (var store in engine.ListAsync(cancellationToken))
            {
                known[store.AtSign] = store.LastCommitId;
            }

            return (known, null);
        }
        catch (StoreException failure) when (failure.Fault != StoreFault.Locked)
        {
            // Damaged stores are what one restores for: then only the backup's own ids are known.
            return (known, failure.Message);
        }
    }

    private static void Copy(string backup, string folder, CancellationToken cancellationToken)
    {
        var files = Directory.Exists(backup) ? Directory.GetFiles(backup, SqliteEngine.ShardPattern) : [];
        if (files.Length == 0)
        {
            throw new StoreException(StoreFault.Unreadable, $"'{backup}' holds no key stores: it is no backup.");
        }

        foreach (var file in files)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ShardSchema.Schema.Inspect(file);
            CopyFile(file, folder);

            // A copy of a folder that was in use has logs beside its files; a backup has none.
            if (File.Exists(file + "-wal"))
            {
                CopyFile(file + "-wal", folder);
            }
        }
    }

    private static void CopyFile(string file, string folder)
    {
        var target = Path.Combine(folder, Path.GetFileName(file));
        try
        {
            File.Copy(file, target);
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(target, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }

            SqliteCopy.Flush(target);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new StoreException(StoreFault.Unreadable, $"'{file}' can't be copied to '{target}': {failure.Message}", failure);
        }
    }
}

/// <summary>What <see cref="EngineRestore.RunAsync"/> did.</summary>
/// <param name="Stores">The restored atSigns in ordinal order.</param>
/// <param name="Missing">AtSigns of the replaced stores that the backup does not hold.</param>
/// <param name="ReplacedProblem">Why the replaced stores could not be asked for their commit ids; null when they could, or when there were none.</param>
public sealed record RestoredStores(IReadOnlyList<StoreSummary> Stores, IReadOnlyList<AtSign> Missing, string? ReplacedProblem);
