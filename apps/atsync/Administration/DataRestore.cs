using System.Globalization;
using AtSync.App.CommandLine;
using AtSync.App.Hosting;
using AtSync.Crypto;
using AtSync.Server.Administration;
using AtSync.Storage;
using AtSync.Storage.Server;

namespace AtSync.App.Administration;

/// <summary>
/// Puts a backup in the place of what a data folder holds. Everything is prepared beside it; one rename decides; from then on every opening of the
/// folder completes it (<see cref="DataFolder.Open"/>), so that a death at any moment leaves the old state or the new one.
/// </summary>
internal static class DataRestore
{
    public static async Task<RestoredData> RunAsync(string backup, string data, bool replaces, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> files;
        try
        {
            files = await BackupFolder.VerifyAsync(backup, cancellationToken);
        }
        catch (AdminException failure)
        {
            throw new CliException(failure.Fault == AdminFault.NotFound ? ExitCode.NotFound : ExitCode.Local, failure.Message, failure);
        }

        RestoredStores stores;
        string? kept;
        using (var folder = DataFolder.Open(data))
        {
            var isReplacing = System.IO.Directory.Exists(folder.ServerFolder);
            if ((isReplacing || File.Exists(folder.AddressFile)) && !replaces)
            {
                throw new CliException(
                    ExitCode.Refused, $"'{data}' holds the data of a server. Nothing was changed. --replace puts the backup in its place, and keeps it beside it.");
            }

            var preparing = PendingRestore.Prepare(folder.Path);
            stores = files.Any(IsStore)
                ? await EngineRestore.RunAsync(
                    Path.Combine(backup, BackupFolder.StoresName),
                    Path.Combine(preparing, Path.GetFileName(folder.ServerFolder)),
                    isReplacing ? folder.ServerFolder : null,
                    SystemRandomSource.Instance,
                    cancellationToken)
                : new RestoredStores([], [], null);
            foreach (var file in files.Where(name => !IsStore(name)))
            {
                Copy(backup, file, preparing);
            }

            DurableFolder.Flush(preparing);
            kept = PendingRestore.Commit(folder.Path, TimeProvider.System.GetUtcNow().ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture));
        }

        return new RestoredData(stores, kept);
    }

    private static bool IsStore(string name) => name.StartsWith(BackupFolder.StoresName + "/", StringComparison.Ordinal);

    private static void Copy(string backup, string name, string target)
    {
        var path = Path.Combine(target, name);
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.Copy(Path.Combine(backup, name), path);
        using (var stream = new FileStream(path, FileMode.Open, FileAccess.ReadWrite))
        {
            stream.Flush(flushToDisk: true);
        }

        DurableFolder.Flush(Path.GetDirectoryName(path)!);
    }
}

/// <summary>What a restore did.</summary>
/// <param name="Stores">The atSigns.</param>
/// <param name="Replaced">Where what was there before is kept; null when there was nothing.</param>
internal sealed record RestoredData(RestoredStores Stores, string? Replaced);
