using System.Runtime.CompilerServices;
using AtSync.Storage.Sqlite;

namespace AtSync.Storage.Local.Sqlite;

/// <summary>
/// Statements of one connection by the place that uses them. A place with two texts (with and without a column) uses the text as well;
/// constant texts are compared by reference, so that a hit costs no walk over the text.
/// </summary>
internal sealed class StatementCache(SqliteDatabase database)
{
    private readonly Dictionary<string, SqliteStatement> _statements = new(ByReference.Instance);

    /// <summary>The prepared statement of a constant text.</summary>
    public SqliteStatement this[string sql]
    {
        get
        {
            if (!_statements.TryGetValue(sql, out var statement))
            {
                statement = database.Prepare(sql);
                _statements.Add(sql, statement);
            }

            return statement;
        }
    }

    private sealed class ByReference : IEqualityComparer<string>
    {
        public static ByReference Instance { get; } = new();

        public bool Equals(string? x, string? y) => ReferenceEquals(x, y);

        public int GetHashCode(string text) => RuntimeHelpers.GetHashCode(text);
    }
}
