using AtSync.Server.Administration;

namespace AtSync.Server.Tests.Administration;

public sealed class BackupFolderTests : IDisposable
{
    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("atsync-backup-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Backup => Path.Combine(_folder, "b");

    public void Dispose() => System.IO.Directory.Delete(_folder, recursive: true);

    private ValueTask<BackupSummary> WriteAsync(Func<string, CancellationToken, ValueTask>? fill = null) =>
        BackupFolder.WriteAsync(Backup, fill ?? FillAsync, TimeProvider.System, Token);

    private static async ValueTask FillAsync(string folder, CancellationToken stop)
    {
        System.IO.Directory.CreateDirectory(Path.Combine(folder, "server"));
        await File.WriteAllTextAsync(Path.Combine(folder, "server", "keys-0.db"), "stores", stop);
        await File.WriteAllTextAsync(Path.Combine(folder, "ports.json"), "{}", stop);
    }

    [Fact]
    public async Task A_backup_lists_its_files_and_is_found_to_be_whole()
    {
        var summary = await WriteAsync();

        Assert.Equal(new BackupSummary(2, 8), summary);
        Assert.Equal(["ports.json", "server/keys-0.db"], await BackupFolder.VerifyAsync(Backup, Token));
        Assert.Equal(["b"], System.IO.Directory.GetFileSystemEntries(_folder).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_folder_that_is_there_is_left_alone()
    {
        await WriteAsync();
        await File.WriteAllTextAsync(Path.Combine(Backup, "ports.json"), "mine", Token);

        await Assert.ThrowsAsync<AdminException>(async () => await WriteAsync());
        Assert.Equal("mine", await File.ReadAllTextAsync(Path.Combine(Backup, "ports.json"), Token));
    }

    [Fact]
    public async Task A_failure_leaves_nothing_and_what_a_dead_process_left_is_removed()
    {
        await Assert.ThrowsAsync<IOException>(async () => await WriteAsync((_, _) => throw new IOException("full")));
        Assert.Empty(System.IO.Directory.GetFileSystemEntries(_folder));
        System.IO.Directory.CreateDirectory(Backup + ".new");
        await File.WriteAllTextAsync(Path.Combine(Backup + ".new", "backup.partial"), "", Token);
        await WriteAsync();
        Assert.Equal(["b"], System.IO.Directory.GetFileSystemEntries(_folder).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_folder_beside_it_that_is_not_ours_is_left_alone()
    {
        System.IO.Directory.CreateDirectory(Backup + ".new");
        await Assert.ThrowsAsync<AdminException>(async () => await WriteAsync());
        Assert.Equal(["b.new"], System.IO.Directory.GetFileSystemEntries(_folder).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData("ports.json", "is not what was written")]
    [InlineData("server/keys-0.db", "is not what was written")]
    [InlineData("backup.json", "can't be read")]
    public async Task A_changed_file_is_named(string name, string part)
    {
        await WriteAsync();
        await File.AppendAllTextAsync(Path.Combine(Backup, name), "x", Token);

        var failure = await Assert.ThrowsAsync<AdminException>(async () => await BackupFolder.VerifyAsync(Backup, Token));
        Assert.Equal(AdminFault.Store, failure.Fault);
        Assert.Contains(name, failure.Message, StringComparison.Ordinal);
        Assert.Contains(part, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_file_a_newer_backup_and_no_backup_are_named()
    {
        Assert.Equal(AdminFault.NotFound, (await Assert.ThrowsAsync<AdminException>(async () => await BackupFolder.VerifyAsync(Backup, Token))).Fault);
        await WriteAsync();
        var manifest = Path.Combine(Backup, "backup.json");
        var text = await File.ReadAllTextAsync(manifest, Token);
        await File.WriteAllTextAsync(manifest, text.Replace("\"format\":1", "\"format\":7", StringComparison.Ordinal), Token);
        Assert.Contains("format 7", (await Assert.ThrowsAsync<AdminException>(async () => await BackupFolder.VerifyAsync(Backup, Token))).Message, StringComparison.Ordinal);
        await File.WriteAllTextAsync(manifest, text.Replace("ports.json", "../x", StringComparison.Ordinal), Token);
        await Assert.ThrowsAsync<AdminException>(async () => await BackupFolder.VerifyAsync(Backup, Token));
        await File.WriteAllTextAsync(manifest, text, Token);
        File.Delete(Path.Combine(Backup, "ports.json"));
        Assert.Contains("'ports.json' is missing", (await Assert.ThrowsAsync<AdminException>(async () => await BackupFolder.VerifyAsync(Backup, Token))).Message, StringComparison.Ordinal);
    }
}
