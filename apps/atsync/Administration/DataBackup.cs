using AtSync.App.CommandLine;
using AtSync.App.Hosting;
using AtSync.Server.Administration;
using AtSync.Storage.Server;

namespace AtSync.App.Administration;

/// <summary>What a data folder holds besides its stores, copied into a backup: addresses, ports, authority; each where it is there.</summary>
internal static class DataBackup
{
    public static async ValueTask CopyOthersAsync(string data, string target, CancellationToken cancellationToken)
    {
        foreach (var file in new[] { DataFolder.PortsFileOf(data) }.Where(File.Exists))
        {
            Copy(file, target);
        }

        var addresses = DataFolder.AddressFileOf(data);
        if (File.Exists(addresses))
        {
            // Several processes may have it open; it copies itself as it is at one moment.
            await using var book = SqliteAddressBook.Open(addresses);
            book.BackUp(Path.Combine(target, Path.GetFileName(addresses)), cancellationToken);
        }

        var authorityFolder = DataFolder.AuthorityFolderOf(data);
        if (System.IO.Directory.Exists(authorityFolder))
        {
            var authority = System.IO.Directory.CreateDirectory(Path.Combine(target, Path.GetFileName(authorityFolder)));
            foreach (var file in System.IO.Directory.GetFiles(authorityFolder))
            {
                Copy(file, authority.FullName);
            }
        }
    }

    /// <summary>Whether the data folder is that of an atDirectory without an atServer: that needs nobody's help, running or not.</summary>
    public static bool IsOfDirectoryAlone(string data) =>
        File.Exists(DataFolder.AddressFileOf(data)) && !System.IO.Directory.Exists(DataFolder.ServerFolderOf(data));

    public static async Task<BackupSummary> OfDirectoryAsync(string data, string folder, CancellationToken cancellationToken)
    {
        try
        {
            return await BackupFolder.WriteAsync(folder, (target, stop) => CopyOthersAsync(data, target, stop), TimeProvider.System, cancellationToken);
        }
        catch (AdminException failure)
        {
            throw new CliException(ExitCode.Refused, failure.Message, failure);
        }
    }

    /// <summary>With its mode, and on disk.</summary>
    private static void Copy(string file, string folder)
    {
        var target = Path.Combine(folder, Path.GetFileName(file));
        File.Copy(file, target);
        using var stream = new FileStream(target, FileMode.Open, FileAccess.ReadWrite);
        stream.Flush(flushToDisk: true);
    }
}
