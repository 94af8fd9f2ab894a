namespace AtSync.Storage.Tests;

/// <summary>A folder of a test's own, gone afterwards.</summary>
public sealed class TempFolder : IDisposable
{
    public TempFolder() => Path = Directory.CreateTempSubdirectory("atsync-storage-").FullName;

    public string Path { get; }

    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>What another process would find if this one were killed now: the files without the shared memory and the locks.</summary>
    public TempFolder CopyAsAfterKill()
    {
        var copy = new TempFolder();

        // The database before its log: the log may only have grown meanwhile, as long as no checkpoint runs.
        foreach (var file in Directory.GetFiles(Path, "*.db").Concat(Directory.GetFiles(Path, "*.db-wal")))
        {
            using var from = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var to = System.IO.File.Create(copy.File(System.IO.Path.GetFileName(file)));
            from.CopyTo(to);
        }

        return copy;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
