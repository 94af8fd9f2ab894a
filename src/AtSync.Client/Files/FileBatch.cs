using System.Buffers;
using AtSync.Client.Local;
using AtSync.Storage.Local;

namespace AtSync.Client.Files;

/// <summary>
/// Collects records of many files and writes them in transactions bounded by bytes and count. One transaction is under way while the next is collected;
/// they follow each other in order, so a manifest never becomes durable before its chunks.
/// </summary>
internal sealed class FileBatch(LocalSecondary local, CancellationToken cancellationToken) : IAsyncDisposable
{
    private readonly HashSet<string> _chunks = new(StringComparer.Ordinal);
    private List<LocalChange> _changes = [];
    private long _bytes;
    private Task _writing = Task.CompletedTask;
    private byte[]? _buffer;

    /// <summary>Whether a chunk was added already: files of one folder often share content.</summary>
    public bool HasChunk(string key) => _chunks.Contains(key);

    /// <summary>Room for one chunk of content, the same for every file of the batch.</summary>
    public Memory<byte> Buffer => (_buffer ??= ArrayPool<byte>.Shared.Rent(FileLimits.ChunkBytes)).AsMemory(0, FileLimits.ChunkBytes);

    public ValueTask AddChunkAsync(LocalChange change)
    {
        _chunks.Add(change.Key);
        return AddAsync(change);
    }

    public async ValueTask AddAsync(LocalChange change)
    {
        _changes.Add(change);
        _bytes += change.Value.Length + change.Metadata.Length;
        if (_bytes >= FileLimits.BatchBytes || _changes.Count >= FileLimits.BatchRecords)
        {
            await StartAsync();
        }
    }

    /// <summary>Returns when everything added is durable.</summary>
    public async ValueTask FlushAsync()
    {
        await StartAsync();
        await _writing;
    }

    /// <summary>Waits for what is under way; what was not flushed is dropped.</summary>
    public async ValueTask DisposeAsync()
    {
        await _writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        if (_buffer is { } buffer)
        {
            // Plaintext does not linger in a shared pool.
            _buffer = null;
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        }
    }

    private async ValueTask StartAsync()
    {
        await _writing;
        if (_changes.Count == 0)
        {
            return;
        }

        var changes = _changes;
        _changes = [];
        _bytes = 0;
        _writing = local.ApplyAsync(changes, cancellationToken).AsTask();
    }
}
