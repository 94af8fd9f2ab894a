using System.Buffers;
using System.Text;
using SQLitePCL;

namespace AtSync.Storage.Sqlite;

/// <summary>
/// A prepared statement: bind (parameters count from 1), step, read columns (from 0), reset. Spans of columns are valid until the
/// next step or reset. Whoever steps it resets it, also on the way out of a failure.
/// </summary>
internal sealed class SqliteStatement(SqliteDatabase database, sqlite3_stmt handle) : IDisposable
{
    private const int StackBytesMax = 512;

    /// <summary>Binds an integer.</summary>
    public SqliteStatement Bind(int parameter, long value)
    {
        database.Check(raw.sqlite3_bind_int64(handle, parameter, value));
        return this;
    }

    /// <summary>Binds an integer or NULL.</summary>
    public SqliteStatement Bind(int parameter, long? value) => value is { } number ? Bind(parameter, number) : BindNull(parameter);

    /// <summary>Binds NULL.</summary>
    public SqliteStatement BindNull(int parameter)
    {
        database.Check(raw.sqlite3_bind_null(handle, parameter));
        return this;
    }

    /// <summary>Binds UTF-8 text; the bytes are copied.</summary>
    public SqliteStatement BindText(int parameter, ReadOnlySpan<byte> utf8)
    {
        // An empty span has no address, and SQLite takes no address for NULL.
        database.Check(utf8.IsEmpty ? raw.sqlite3_bind_text(handle, parameter, "") : raw.sqlite3_bind_text(handle, parameter, utf8));
        return this;
    }

    /// <summary>Binds text.</summary>
    public SqliteStatement BindText(int parameter, string text)
    {
        var bytesMax = Encoding.UTF8.GetMaxByteCount(text.Length);
        if (bytesMax <= StackBytesMax)
        {
            Span<byte> stack = stackalloc byte[StackBytesMax];
            return BindText(parameter, stack[..Encoding.UTF8.GetBytes(text, stack)]);
        }

        var rented = ArrayPool<byte>.Shared.Rent(bytesMax);
        try
        {
            return BindText(parameter, rented.AsSpan(0, Encoding.UTF8.GetBytes(text, rented)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>Binds text or NULL.</summary>
    public SqliteStatement BindTextOrNull(int parameter, string? text) => text is null ? BindNull(parameter) : BindText(parameter, text);

    /// <summary>Binds bytes; they are copied.</summary>
    public SqliteStatement BindBlob(int parameter, ReadOnlySpan<byte> bytes)
    {
        database.Check(bytes.IsEmpty ? raw.sqlite3_bind_zeroblob(handle, parameter, 0) : raw.sqlite3_bind_blob(handle, parameter, bytes));
        return this;
    }

    /// <summary>Moves to the next row; false at the end.</summary>
    public bool Step()
    {
        var code = raw.sqlite3_step(handle);
        if (code == raw.SQLITE_ROW)
        {
            return true;
        }

        if (code != raw.SQLITE_DONE)
        {
            try
            {
                database.Check(code);
            }
            finally
            {
                Reset();
            }
        }

        return false;
    }

    /// <summary>Runs a statement that returns no rows and resets it.</summary>
    public void Run()
    {
        Step();
        Reset();
    }

    /// <summary>Makes the statement ready to be stepped again; bindings stay. Never throws: a failure was reported by the step.</summary>
    public void Reset() => raw.sqlite3_reset(handle);

    /// <summary>Whether the column is NULL.</summary>
    public bool IsNull(int column) => raw.sqlite3_column_type(handle, column) == raw.SQLITE_NULL;

    /// <summary>An integer column; NULL as 0.</summary>
    public long Long(int column) => raw.sqlite3_column_int64(handle, column);

    /// <summary>An integer column or null.</summary>
    public long? LongOrNull(int column) => IsNull(column) ? null : Long(column);

    /// <summary>The bytes of a text (UTF-8) or blob column; NULL as empty.</summary>
    public ReadOnlySpan<byte> Bytes(int column) => raw.sqlite3_column_blob(handle, column);

    /// <summary>A text column; NULL as empty.</summary>
    public string Text(int column) => Encoding.UTF8.GetString(Bytes(column));

    /// <summary>A text column or null.</summary>
    public string? TextOrNull(int column) => IsNull(column) ? null : Text(column);

    /// <summary>Rows this statement visited without an index since it was prepared: 0 proves that it never scanned.</summary>
    public int ScannedRows => raw.sqlite3_stmt_status(handle, raw.SQLITE_STMTSTATUS_FULLSCAN_STEP, 0);

    /// <summary>Virtual-machine steps since it was prepared: proves what a walk costs, without a clock.</summary>
    public int MachineSteps => raw.sqlite3_stmt_status(handle, raw.SQLITE_STMTSTATUS_VM_STEP, 0);

    /// <summary>Frees the statement.</summary>
    public void Dispose() => handle.Dispose();
}
