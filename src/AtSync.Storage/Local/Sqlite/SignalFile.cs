using System.Buffers.Binary;
using AtSync.Protocol;
using AtSync.Storage.Local.Core;
using Microsoft.Win32.SafeHandles;

namespace AtSync.Storage.Local.Sqlite;

/// <summary>
/// Wakes the followers of a store in every process: a signal overwrites a few bytes of a file that the others watch. The file says who
/// wrote last, so that nobody is woken twice by himself. It has a folder of its own, for a watcher sees all files of a folder, and those
/// of the database are written all the time.
/// </summary>
internal sealed class SignalFile : IDisposable
{
    private const int TokenBytes = 16;

    /// <summary>How often the file is looked at where the system gives no file events.</summary>
    private static readonly TimeSpan PollWithoutEvents = TimeSpan.FromSeconds(1);

    private readonly string _path;
    private readonly SafeFileHandle _file;
    private readonly SignalGate _gate = new();
    private readonly Lock _sync = new(); // guards the fields below
    private readonly long _self;
    private long _count;
    private (long Writer, long Count) _seen;
    private FileSystemWatcher? _watcher;
    private bool _isWatchTried;
    private bool _isDisposed;

    public SignalFile(string folder, IRandomSource random)
    {
        _path = Path.Combine(folder, StoreFolder.SignalFolder, "wake");
        Span<byte> id = stackalloc byte[8];
        random.Fill(id);
        _self = BinaryPrimitives.ReadInt64LittleEndian(id);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
            _file = File.OpenHandle(_path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new StoreException(StoreFault.Unreadable, $"The signal file '{_path}' can't be opened: {failure.Message}", failure);
        }

        _seen = Read();
    }

    public void Set()
    {
        Span<byte> token = stackalloc byte[TokenBytes];
        lock (_sync)
        {
            if (_isDisposed)
            {
                return;
            }

            BinaryPrimitives.WriteInt64LittleEndian(token, _self);
            BinaryPrimitives.WriteInt64LittleEndian(token[8..], ++_count);
            try
            {
                RandomAccess.Write(_file, token, 0);
            }
            catch (IOException)
            {
                // The others have their safety poll; nothing durable depends on a signal.
            }
        }

        // After the file: a signal of another process that this one overwrote came before, so whoever wakes now sees its data too.
        _gate.Set();
    }

    public async Task WaitAsync(TimeSpan longest, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        var hasEvents = Watch();
        var left = longest;
        while (left > TimeSpan.Zero && !IsForeign())
        {
            var step = hasEvents || left < PollWithoutEvents ? left : PollWithoutEvents;
            if (await _gate.WaitAsync(step, timeProvider, cancellationToken))
            {
                return;
            }

            left -= step;
        }
    }

    public void Dispose()
    {
        FileSystemWatcher? watcher;
        lock (_sync)
        {
            _isDisposed = true;
            (watcher, _watcher) = (_watcher, null);
        }

        watcher?.Dispose();
        _file.Dispose();
        _gate.Set();
    }

    /// <summary>Only a store that waits has a watcher: it costs a thread.</summary>
    private bool Watch()
    {
        lock (_sync)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, typeof(SqliteLocalStore));
            if (_isWatchTried)
            {
                return _watcher is not null;
            }

            _isWatchTried = true;
            FileSystemWatcher? watcher = null;
            try
            {
                watcher = new FileSystemWatcher(Path.GetDirectoryName(_path)!, Path.GetFileName(_path)) { NotifyFilter = NotifyFilters.LastWrite };
                watcher.Changed += (_, _) => Notice();
                watcher.Error += (_, _) => _gate.Set();
                watcher.EnableRaisingEvents = true;
                _watcher = watcher;
                return true;
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or PlatformNotSupportedException)
            {
                // Too many watchers on this machine, or a file system without events.
                watcher?.Dispose();
                return false;
            }
        }
    }

    private void Notice()
    {
        if (IsForeign())
        {
            _gate.Set();
        }
    }

    /// <summary>Whether another process has signalled since the last look.</summary>
    private bool IsForeign()
    {
        lock (_sync)
        {
            if (_isDisposed)
            {
                return false;
            }

            var last = Read();
            var isNew = last != _seen && last.Writer != _self;
            _seen = last;
            return isNew;
        }
    }

    private (long Writer, long Count) Read()
    {
        Span<byte> token = stackalloc byte[TokenBytes];
        try
        {
            return RandomAccess.Read(_file, token, 0) < TokenBytes
                ? default
                : (BinaryPrimitives.ReadInt64LittleEndian(token), BinaryPrimitives.ReadInt64LittleEndian(token[8..]));
        }
        catch (IOException)
        {
            return _seen;
        }
    }
}
