using AtSync.Storage.Sqlite;

namespace AtSync.Storage.Tests.Sqlite;

public sealed class SqliteDatabaseTests : IDisposable
{
    private static readonly SqliteSchema _one = new("notebook", 0x5151, ["CREATE TABLE note(id INTEGER PRIMARY KEY, text TEXT, bytes BLOB)"]);

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private SqliteDatabase Open(SqliteSchema? schema = null) =>
        SqliteDatabase.Open(new SqliteOptions { Path = _folder.File("n.db"), BusyTimeoutMs = 20 }, schema ?? _one);

    [Fact]
    public void The_bundled_SQLite_does_not_lose_data_on_a_reset_of_its_log()
    {
        using var database = Open();
        Assert.True(Version.Parse(database.ReadTexts("SELECT sqlite_version()")[0]) >= new Version(3, 51, 3));
    }

    [Fact]
    public void A_connection_is_durable_and_maps_no_memory()
    {
        using var database = Open();
        Assert.Equal(2, database.ReadLong("PRAGMA synchronous"));
        Assert.Equal(0, database.ReadLong("PRAGMA mmap_size"));
        Assert.Equal(["wal"], database.ReadTexts("PRAGMA journal_mode"));
    }

    [Fact]
    public void Values_come_back_as_they_went_in_empty_ones_too()
    {
        using var database = Open();
        var insert = database.Prepare("INSERT INTO note(id, text, bytes) VALUES(?1, ?2, ?3)");
        var select = database.Prepare("SELECT id, text, bytes FROM note WHERE id=?1");
        (long, string?, byte[]?)[] rows = [(1, "", []), (2, null, null), (long.MaxValue, "h\u00e9\0\U0001F984", [0, 255]), (4, new string('x', 5000), new byte[5000])];
        foreach (var (id, text, bytes) in rows)
        {
            insert.Bind(1, id).BindTextOrNull(2, text);
            (bytes is null ? insert.BindNull(3) : insert.BindBlob(3, bytes)).Run();
            Assert.Equal(id, database.LastInsertRowId);
            Assert.True(select.Bind(1, id).Step());
            Assert.Equal((id, text), (select.Long(0), select.TextOrNull(1)));
            Assert.Equal(bytes, select.IsNull(2) ? null : select.Bytes(2).ToArray());
            Assert.False(select.Step());
            select.Reset();
        }
    }

    [Fact]
    public void Migrations_run_once_each_and_forwards()
    {
        using (var database = Open())
        {
            database.Execute("INSERT INTO note(text) VALUES('kept')");
        }

        var two = _one with { Migrations = [.. _one.Migrations, "ALTER TABLE note ADD COLUMN colour TEXT; UPDATE note SET colour='red'"] };
        for (var i = 0; i < 2; i++)
        {
            using var database = Open(two);
            Assert.Equal(["kept red"], database.ReadTexts("SELECT text || ' ' || colour FROM note"));
            Assert.Equal(2, database.ReadLong("PRAGMA user_version"));
            database.Execute("UPDATE note SET colour='red'");
        }
    }

    [Fact]
    public void A_migration_that_fails_leaves_the_older_version_whole()
    {
        Open().Dispose();
        var broken = _one with { Migrations = [.. _one.Migrations, "ALTER TABLE note ADD COLUMN a TEXT; INSERT INTO nowhere VALUES(1)"] };
        Assert.Throws<StoreException>(() => Open(broken));
        using var database = Open();
        Assert.Equal(1, database.ReadLong("PRAGMA user_version"));
        Assert.Equal(0, database.ReadLong("SELECT count(*) FROM pragma_table_info('note') WHERE name='a'"));
    }

    [Fact]
    public void A_second_writer_is_told_that_the_file_is_locked()
    {
        using var first = Open();
        using var second = Open();
        first.BeginImmediate();
        var failure = Assert.Throws<StoreException>(second.BeginImmediate);
        Assert.Equal(StoreFault.Locked, failure.Fault);
        first.Rollback();
        second.BeginImmediate();
        second.Commit();
    }

    [Fact]
    public void A_rollback_ends_running_statements_and_leaves_nothing()
    {
        using var database = Open();
        var insert = database.Prepare("INSERT INTO note(text) VALUES('x') RETURNING id");
        database.BeginImmediate();
        Assert.True(insert.Step());
        database.Rollback();
        Assert.False(database.IsInTransaction);
        database.Rollback();
        Assert.Equal(0, database.ReadLong("SELECT count(*) FROM note"));
    }

    [Fact]
    public void A_reader_can_not_write()
    {
        Open().Dispose();
        using var reader = SqliteDatabase.Open(new SqliteOptions { Path = _folder.File("n.db"), IsReader = true }, _one);
        Assert.Equal(StoreFault.Unreadable, Assert.Throws<StoreException>(() => reader.Execute("DELETE FROM note")).Fault);
    }

    [Fact]
    public void A_file_in_no_folder_is_unreadable()
    {
        var failure = Assert.Throws<StoreException>(() => SqliteDatabase.Open(new SqliteOptions { Path = _folder.File("no/n.db") }, _one));
        Assert.Equal(StoreFault.Unreadable, failure.Fault);
        Assert.Contains("n.db", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_lock_is_held_once_and_freed()
    {
        var path = _folder.File("lock");
        using (var held = FileLock.TryTake(path))
        {
            Assert.NotNull(held);
            Assert.Null(FileLock.TryTake(path));
        }

        using var again = FileLock.TryTake(path);
        Assert.NotNull(again);
        Assert.Equal(StoreFault.Unreadable, Assert.Throws<StoreException>(() => FileLock.TryTake(_folder.File("no/lock"))).Fault);
    }
}
