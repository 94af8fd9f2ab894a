using System.Runtime.CompilerServices;
using AtSync.Client.Conflicts;

namespace AtSync.Client.Files;

/// <summary>
/// Files as records: a sealed manifest per file and content-named chunks of at most 4 MB sealed. Works offline; every change is durable on return and
/// synced like any record. May be called concurrently.
/// </summary>
/// <remarks>Chunks seal raw bytes and are marked as ours (<c>encAlgo:atsync.raw</c>); manifests are ordinary sealed texts, JSON.</remarks>
public sealed class FileRecords
{
    private readonly FileCore _core;
    private readonly FolderCore _folders;
    private readonly ChunkCollector _collector;

    internal FileRecords(FileCore core, ConflictCore conflicts)
    {
        _core = core;
        _folders = new FolderCore(core);
        _collector = new ChunkCollector(core, conflicts);
    }

    /// <summary>Stores a file's content under a relative path (<c>/</c> between segments). Durable on return. Unchanged files write nothing.</summary>
    /// <exception cref="AtException"><see cref="AtFault.InvalidArgument"/>: a path that is absolute or leads outside.</exception>
    public Task<FileEntry> PutAsync(string path, Stream content, UnixFileMode? mode, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(content);
        return Edge.RunAsync(() => _core.PutAsync(path, content, mode, cancellationToken));
    }

    /// <summary>Writes a file's content into <paramref name="destination"/> and checks its SHA-256; null when there is no such file.</summary>
    /// <exception cref="AtException">
    /// <see cref="AtFault.NotFound"/>: a part is not on this device yet; <see cref="AtFault.CannotOpen"/>: damaged. What was written by then is to be dropped.
    /// </exception>
    public Task<FileEntry?> GetAsync(string path, Stream destination, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(destination);
        return Edge.RunAsync(() => _core.GetAsync(path, destination, cancellationToken));
    }

    /// <summary>All files in ordinal order of their path.</summary>
    public async IAsyncEnumerable<FileEntry> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var entry in await Edge.RunAsync(() => _core.ListAsync(cancellationToken)))
        {
            yield return entry;
        }
    }

    /// <summary>Deletes a file; false when it was not there. Durable on return.</summary>
    public Task<bool> DeleteAsync(string path, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(path);
        return Edge.RunAsync(() => _core.DeleteAsync(path, cancellationToken));
    }

    /// <summary>The record key of a file's manifest, to match conflicts and changes.</summary>
    public string KeyOf(string path) => _core.Names.Manifest(path);

    /// <summary>Opens a manifest value (of a conflict's side, say); null when the value is none.</summary>
    public FileEntry? ReadManifest(AtValue value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return _core.ReadManifest(value);
    }

    /// <summary>Writes the content that a manifest describes.</summary>
    public Task CopyContentAsync(FileEntry entry, Stream destination, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(entry);
        ArgumentNullException.ThrowIfNull(destination);
        return Edge.RunAsync(() => _core.CopyContentAsync(entry, destination, cancellationToken));
    }

    /// <summary>
    /// Deletes chunks that no manifest (and no conflict) refers to any more; call when everything is pushed, else nothing is done. Chunks that this
    /// device replaced go at once, others a week after they were written. Returns how many.
    /// </summary>
    public Task<int> CollectGarbageAsync(CancellationToken cancellationToken = default) => Edge.RunAsync(() => _collector.CollectAsync(cancellationToken));

    /// <summary>
    /// Stores every regular file of a folder, hidden ones too; links, special files and what can't be read are listed as skipped. Durable on return.
    /// Cancelling leaves the files stored so far.
    /// </summary>
    public Task<FolderOutcome> PutFolderAsync(string folder, IProgress<FolderProgress>? progress = null, CancellationToken cancellationToken = default) =>
        PutFolderAsync(folder, "", progress, cancellationToken);

    /// <summary>As the other overload, with <paramref name="pathPrefix"/> (empty, or ending in <c>/</c>) before every stored path, so that several folders keep apart.</summary>
    public Task<FolderOutcome> PutFolderAsync(
        string folder, string pathPrefix, IProgress<FolderProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(pathPrefix);
        return Edge.RunAsync(() => _folders.PutAsync(folder, pathPrefix, progress, cancellationToken));
    }

    /// <summary>
    /// Writes every file into a folder, each whole or not at all, replacing what has its name; nothing outside the folder. Permission bits are restored,
    /// set-user-id and the like are not. What can't be restored is listed as skipped.
    /// </summary>
    public Task<FolderOutcome> RestoreFolderAsync(string folder, IProgress<FolderProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        return Edge.RunAsync(() => _folders.RestoreAsync(folder, progress, cancellationToken));
    }
}

/// <summary>A stored file.</summary>
/// <param name="Path">Relative, <c>/</c> between segments.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Mode">Unix mode bits, or null.</param>
/// <param name="Sha256">Lower-case hex of the content.</param>
/// <param name="Chunks">Keys of the chunk records, in order; empty for a small file, whose content lies in the manifest.</param>
public sealed record FileEntry(string Path, long Size, UnixFileMode? Mode, string Sha256, IReadOnlyList<string> Chunks)
{
    /// <summary>The content of a small file, which lies in the manifest itself; null for one in chunks, and in listings.</summary>
    internal ReadOnlyMemory<byte>? Inline { get; init; }
}

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
