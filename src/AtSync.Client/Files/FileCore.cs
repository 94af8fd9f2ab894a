using System.Security.Cryptography;
using AtSync.Client.Local;
using AtSync.Protocol;
using AtSync.Storage.Local;
using Microsoft.Extensions.Logging;

namespace AtSync.Client.Files;

/// <summary>
/// One file at a time, below the edge: content is cut into chunks, new chunks are written, then the manifest. Holds one chunk of content in memory,
/// whatever the size of the file.
/// </summary>
internal sealed class FileCore(LocalSecondary local, IRandomSource random, ILogger log)
{
    public LocalSecondary Local => local;

    public IRandomSource Random => random;

    public ILogger Logger => log;

    public FileNames Names { get; } = new(local.Codec);

    public async Task<FileEntry> PutAsync(string path, Stream content, UnixFileMode? mode, CancellationToken cancellationToken)
    {
        if (FileNames.Problem(path) is { } problem)
        {
            throw new AtException(AtFault.InvalidArgument, $"\"{KeyRules.Shorten(path)}\" can't be stored: {problem}.");
        }

        await using var batch = new FileBatch(local, cancellationToken);
        var (entry, _) = await StageAsync(path, content, mode, batch, cancellationToken);
        await batch.FlushAsync();
        return entry;
    }

    /// <summary>Adds what a file needs to a batch; nothing when it is stored as it is.</summary>
    public async ValueTask<(FileEntry Entry, bool IsChanged)> StageAsync(
        string path, Stream content, UnixFileMode? mode, FileBatch batch, CancellationToken cancellationToken)
    {
        var buffer = batch.Buffer;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var chunks = new List<string>();
        ReadOnlyMemory<byte>? inline = null;
        var size = 0L;
        int count;
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            count = await ReadAsync(content, buffer, cancellationToken);
            var part = buffer[..count];
            hash.AppendData(part.Span);
            if (size == 0 && count <= FileLimits.InlineBytesMax)
            {
                inline = part.ToArray();
            }
            else if (count > 0)
            {
                chunks.Add(await StageChunkAsync(part, batch, cancellationToken));
            }

            size += count;
        }
        while (count == buffer.Length);

        var sha256 = Convert.ToHexStringLower(hash.GetHashAndReset());
        var entry = new FileEntry(path, size, mode, sha256, chunks) { Inline = inline };
        return (entry, await StageManifestAsync(entry, batch, cancellationToken));
    }

    public async Task<FileEntry?> GetAsync(string path, Stream destination, CancellationToken cancellationToken)
    {
        if (await FindAsync(path, cancellationToken) is not { } entry)
        {
            return null;
        }

        await CopyContentAsync(entry, destination, cancellationToken);
        return entry;
    }

    /// <summary>Writes the content and checks it against the manifest's size and SHA-256.</summary>
    public async Task CopyContentAsync(FileEntry entry, Stream destination, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var size = 0L;
        if (entry.Inline is null && entry is { Chunks.Count: 0, Size: > 0 })
        {
            // From a listing, which leaves contents out.
            entry = await FindAsync(entry.Path, cancellationToken) is { } again && again.Sha256 == entry.Sha256 ? again
                : throw new AtException(AtFault.NotFound, $"\"{entry.Path}\" was changed meanwhile. List the files again.");
        }

        if (entry.Inline is { } inline)
        {
            await WriteAsync(inline);
        }

        foreach (var chunk in entry.Chunks)
        {
            var record = await local.Store.GetAsync(chunk, cancellationToken) ?? throw new AtException(AtFault.NotFound,
                $"A part of \"{entry.Path}\" is not on this device. Sync, then try again.");
            await WriteAsync(local.Open(Key(chunk), record).Bytes);
        }

        if (size != entry.Size || Convert.ToHexStringLower(hash.GetHashAndReset()) != entry.Sha256)
        {
            throw new AtException(AtFault.CannotOpen, $"The content of \"{entry.Path}\" is not what its manifest says (SHA-256 differs). Store the file again.");
        }

        async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
        {
            hash.AppendData(bytes.Span);
            size += bytes.Length;
            if (destination is FileStream)
            {
                destination.Write(bytes.Span);
            }
            else
            {
                await destination.WriteAsync(bytes, cancellationToken);
            }
        }
    }

    /// <summary>The manifest of a path; null when there is none.</summary>
    public async ValueTask<FileEntry?> FindAsync(string path, CancellationToken cancellationToken) =>
        FileNames.Problem(path) is null ? await ReadAsync(Names.Manifest(path), cancellationToken) : null;

    /// <summary>The manifest under a key; null when there is none, or something else.</summary>
    public async ValueTask<FileEntry?> ReadAsync(string key, CancellationToken cancellationToken) =>
        await local.FindAsync(key, cancellationToken) is { } record ? ReadManifest(local.Open(Key(key), record)) : null;

    public FileEntry? ReadManifest(AtValue value) => value.Text is { } text ? Manifest.Read(text, Names) : null;

    public async Task<bool> DeleteAsync(string path, CancellationToken cancellationToken)
    {
        if (await FindAsync(path, cancellationToken) is not { } entry)
        {
            return false;
        }

        await using var batch = new FileBatch(local, cancellationToken);
        await MarkReplacedAsync(entry.Chunks, batch);
        await batch.AddAsync(new LocalChange { Key = Names.Manifest(path), Op = CommitOp.Delete, EditTimeMs = local.NowMs });
        await batch.FlushAsync();
        return true;
    }

    /// <summary>All files, contents left out, in ordinal order of their path.</summary>
    public async Task<List<FileEntry>> ListAsync(CancellationToken cancellationToken)
    {
        var entries = new List<FileEntry>();
        foreach (var key in await KeysAsync("f", Names.IsManifest, cancellationToken))
        {
            if (await ReadAsync(key, cancellationToken) is { } entry)
            {
                entries.Add(entry with { Inline = entry.Size == 0 ? entry.Inline : null });
            }
        }

        entries.Sort((one, other) => string.CompareOrdinal(one.Path, other.Path));
        return entries;
    }

    /// <summary>Keys of one shape that are visible.</summary>
    public async ValueTask<List<string>> KeysAsync(string prefix, Func<string, bool> hasShape, CancellationToken cancellationToken)
    {
        var keys = new List<string>();
        for (string? position = ""; position is not null;)
        {
            (var records, position) = await local.ReadPageAsync(prefix, position, withValues: false, cancellationToken, limit: 4096);
            keys.AddRange(records.Select(record => record.Key).Where(hasShape));
        }

        return keys;
    }

    public static AtKey Key(string full) => AtKey.TryParse(full, out var key, out var problem)
        ? key
        : throw new AtException(AtFault.InvalidArgument, $"\"{KeyRules.Shorten(full)}\" is no key: {problem}.");

    /// <summary>Files are read where we are: to them, waiting asynchronously only means another thread that blocks.</summary>
    private static ValueTask<int> ReadAsync(Stream content, Memory<byte> buffer, CancellationToken cancellationToken) => content is FileStream or MemoryStream
        ? new ValueTask<int>(content.ReadAtLeast(buffer.Span, buffer.Length, throwOnEndOfStream: false))
        : content.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);

    private async ValueTask<string> StageChunkAsync(ReadOnlyMemory<byte> content, FileBatch batch, CancellationToken cancellationToken)
    {
        var key = Names.Chunk(content.Span);
        if (!batch.HasChunk(key) && !await ExistsAsync(key, cancellationToken))
        {
            await batch.AddChunkAsync(local.Codec.SealRaw(Key(key), content.Span, local.NowMs));
        }

        return key;
    }

    private async ValueTask<bool> StageManifestAsync(FileEntry entry, FileBatch batch, CancellationToken cancellationToken)
    {
        var key = Names.Manifest(entry.Path);
        var record = await local.FindAsync(key, cancellationToken);
        if (record is not null && local.Codec.TryOpen(key, record.Value, record.Metadata, out _) is { } value && ReadManifest(value) is { } before)
        {
            if (Manifest.Same(before, entry))
            {
                return false;
            }

            await MarkReplacedAsync(before.Chunks.Except(entry.Chunks), batch);
        }

        var previous = record is null ? default : record.Metadata;
        await batch.AddAsync(local.Codec.Seal(Key(key), AtValue.OfText(Manifest.Write(entry, Names)), options: null, previous.Span, local.NowMs));
        return true;
    }

    /// <summary>Remembers, in the same transaction, which chunks may have become garbage by what this device did.</summary>
    private async ValueTask MarkReplacedAsync(IEnumerable<string> chunks, FileBatch batch)
    {
        foreach (var chunk in chunks.Distinct(StringComparer.Ordinal))
        {
            await batch.AddAsync(new LocalChange
            {
                Key = FileNames.Marker(chunk),
                Op = CommitOp.UpdateAll,
                Metadata = "{}"u8.ToArray(),
                EditTimeMs = local.NowMs,
                IsPushed = false,
            });
        }
    }

    private async ValueTask<bool> ExistsAsync(string key, CancellationToken cancellationToken)
    {
        // Without its value, which is megabytes.
        var found = await local.Store.ScanAsync(key, "", 1, withValues: false, cancellationToken);
        return found.Count > 0 && found[0].Key == key;
    }
}
