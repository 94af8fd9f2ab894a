using System.Runtime.CompilerServices;
using AtSync.Protocol;
using AtSync.Storage.Sqlite;

namespace AtSync.Storage.Server;

/// <summary>
/// A durable address book in one SQLite file. Several processes may have it open: nothing is kept in memory. Look-ups do not wait for
/// a write under way.
/// </summary>
public sealed class SqliteAddressBook : IAddressBook
{
    private const int ListPage = 1000;

    private static readonly SqliteSchema _schema = new("address book", ApplicationId: 0x41744131,
    [
        "CREATE TABLE address(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, address TEXT NOT NULL)",
    ]);

    // One connection for reading and one for writing, each used by one call at a time.
    private readonly SemaphoreSlim _readGate = new(1, 1);
    private readonly SemaphoreSlim _writeGate = new(1, 1);
    private readonly SqliteDatabase _reading;
    private readonly SqliteDatabase _writing;
    private readonly SqliteStatement _find;
    private readonly SqliteStatement _list;
    private readonly SqliteStatement _set;
    private readonly SqliteStatement _remove;
    private bool _isDisposed;

    private SqliteAddressBook(SqliteDatabase reading, SqliteDatabase writing)
    {
        _reading = reading;
        _writing = writing;
        _find = reading.Prepare("SELECT address FROM address WHERE name=?1");
        _list = reading.Prepare("SELECT name, address FROM address WHERE name>?1 ORDER BY name LIMIT ?2");
        _set = writing.Prepare("INSERT INTO address(name, address) VALUES(?1, ?2) ON CONFLICT(name) DO UPDATE SET address=excluded.address");
        _remove = writing.Prepare("DELETE FROM address WHERE name=?1");
    }

    /// <summary>Opens the file, or makes it; its folder must exist.</summary>
    /// <exception cref="StoreException">The file is refused or can't be used; the message names it.</exception>
    public static SqliteAddressBook Open(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        SqliteDatabase? writing = null;
        SqliteDatabase? reading = null;
        try
        {
            writing = SqliteDatabase.Open(new SqliteOptions { Path = path }, _schema);
            reading = SqliteDatabase.Open(new SqliteOptions { Path = path, IsReader = true }, _schema);
            return new SqliteAddressBook(reading, writing);
        }
        catch
        {
            reading?.Dispose();
            writing?.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<string?> FindAsync(AtSign atSign, CancellationToken cancellationToken)
    {
        using var turn = await EnterAsync(_readGate, cancellationToken);
        try
        {
            return _find.BindText(1, atSign.Name).Step() ? _find.Text(0) : null;
        }
        finally
        {
            _find.Reset();
        }
    }

    /// <inheritdoc/>
    public async ValueTask SetAsync(AtSign atSign, string address, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(atSign.Name, nameof(atSign));
        ArgumentException.ThrowIfNullOrWhiteSpace(address);
        using var turn = await EnterAsync(_writeGate, cancellationToken);
        _set.BindText(1, atSign.Name).BindText(2, address).Run();
    }

    /// <inheritdoc/>
    public async ValueTask<bool> RemoveAsync(AtSign atSign, CancellationToken cancellationToken)
    {
        using var turn = await EnterAsync(_writeGate, cancellationToken);
        _remove.BindText(1, atSign.Name).Run();
        return _writing.Changes > 0;
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<(AtSign AtSign, string Address)> ListAsync(string after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        List<(string Name, string Address)> page;
        do
        {
            page = await ReadPageAsync(after, cancellationToken);
            foreach (var (name, address) in page)
            {
                yield return (AtSign.Parse(name), address);
                after = name;
            }
        }
        while (page.Count == ListPage);
    }

    /// <summary>Copies everything to a new file, on disk on return. Changes and look-ups are not held up.</summary>
    public void BackUp(string path, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        using var source = SqliteDatabase.Open(new SqliteOptions { Path = _reading.Path, IsReader = true }, _schema);
        source.Begin();
        source.ReadLong("SELECT count(*) FROM address");
        source.CopyTo(path, progress: null, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask ProbeAsync(CancellationToken cancellationToken)
    {
        using var turn = await EnterAsync(_writeGate, cancellationToken);
        // Rewrites the file's version as it is: a page, a commit, an fsync.
        _writing.Execute($"PRAGMA user_version={_schema.Version}");
    }

    /// <summary>Closes the file after the calls under way.</summary>
    public async ValueTask DisposeAsync()
    {
        await _readGate.WaitAsync();
        await _writeGate.WaitAsync();
        _isDisposed = true;
        _reading.Dispose();
        _writing.Dispose();
        _writeGate.Release();
        _readGate.Release();
    }

    private async ValueTask<List<(string Name, string Address)>> ReadPageAsync(string after, CancellationToken cancellationToken)
    {
        using var turn = await EnterAsync(_readGate, cancellationToken);
        var page = new List<(string, string)>();
        try
        {
            _list.BindText(1, after).Bind(2, ListPage);
            while (_list.Step())
            {
                page.Add((_list.Text(0), _list.Text(1)));
            }

            return page;
        }
        finally
        {
            _list.Reset();
        }
    }

    private async ValueTask<Turn> EnterAsync(SemaphoreSlim gate, CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        if (_isDisposed)
        {
            gate.Release();
            throw new ObjectDisposedException(nameof(SqliteAddressBook));
        }

        return new Turn(gate);
    }

    private readonly struct Turn(SemaphoreSlim gate) : IDisposable
    {
        public void Dispose() => gate.Release();
    }
}
