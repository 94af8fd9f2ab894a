namespace AtSync.Client.Files;

/// <summary>Files as records: a sealed manifest per file and content-named chunks of at most 4 MB sealed.</summary>
public sealed class FileRecords
{
    internal FileRecords()
    {
    }

    /// <summary>Stores a file's content under a relative path (<c>/</c> between segments). Durable on return. Unchanged files write nothing.</summary>
    public Task<FileEntry> PutAsync(string path, Stream content, UnixFileMode? mode, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Writes a file's content into <paramref name="destination"/> and checks its SHA-256; null when there is no such file.</summary>
    public Task<FileEntry?> GetAsync(string path, Stream destination, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>All files in ordinal order of their path.</summary>
    public IAsyncEnumerable<FileEntry> ListAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Deletes a file; false when it was not there.</summary>
    public Task<bool> DeleteAsync(string path, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>The record key of a file's manifest, to match conflicts and changes.</summary>
    public string KeyOf(string path) => throw new NotImplementedException();

    /// <summary>Opens a manifest value (of a conflict's side, say); null when the value is none.</summary>
    public FileEntry? ReadManifest(AtValue value) => throw new NotImplementedException();

    /// <summary>Writes the content that a manifest describes.</summary>
    public Task CopyContentAsync(FileEntry entry, Stream destination, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Deletes chunks that no manifest (and no conflict) refers to any more; call when everything is pushed. Returns how many.</summary>
    public Task<int> CollectGarbageAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Stores every regular file of a folder; links and special files are listed as skipped.</summary>
    public Task<FolderOutcome> PutFolderAsync(string folder, IProgress<FolderProgress>? progress = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Writes every file into a folder.</summary>
    public Task<FolderOutcome> RestoreFolderAsync(string folder, IProgress<FolderProgress>? progress = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();
}

/// <summary>A stored file.</summary>
/// <param name="Path">Relative, <c>/</c> between segments.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Mode">Unix mode bits, or null.</param>
/// <param name="Sha256">Lower-case hex of the content.</param>
/// <param name="Chunks">Keys of the chunk records, in order.</param>
public sealed record FileEntry(string Path, long Size, UnixFileMode? Mode, string Sha256, IReadOnlyList<string> Chunks);

/// <summary>What became of a folder.</summary>
/// <param name="Files">Files stored or restored.</param>
/// <param name="Bytes">Their size.</param>
/// <param name="Skipped">Relative path and reason.</param>
public sealed record FolderOutcome(int Files, long Bytes, IReadOnlyList<(string Path, string Reason)> Skipped);

/// <summary>Progress of a folder.</summary>
/// <param name="Files">Done.</param>
/// <param name="FilesTotal">Of.</param>
/// <param name="Bytes">Done.</param>
public readonly record struct FolderProgress(int Files, int FilesTotal, long Bytes);
