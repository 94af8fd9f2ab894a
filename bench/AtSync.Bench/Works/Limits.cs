using System.Diagnostics;
using AtSync.Bench.Measuring;
using Microsoft.Data.Sqlite;

namespace AtSync.Bench.Works;

/// <summary>
/// What this machine can do at all, to compare the workloads with: the same rows into raw SQLite (WAL, FULL, 1000 a transaction), and the bytes of a
/// first pull through one raw TLS connection.
/// </summary>
internal static class Limits
{
    private const int BatchRows = 1000;

    /// <summary>A sealed value of 200 characters, as text.</summary>
    private const int SealedLength = 280;

    /// <summary>An entry on the wire: key, sealed value, metadata.</summary>
    private const int WireBytesPerRecord = 580;

    public static async Task<Measurement> RunAsync(WorkOptions options, CancellationToken cancellationToken)
    {
        var folder = System.IO.Directory.CreateDirectory(Path.Combine(options.Temp, "atsync-limits-" + Path.GetRandomFileName())).FullName;
        try
        {
            var sqlite = InsertRows(Path.Combine(folder, "rows.db"), options.N);
            var bytes = (long)options.N * WireBytesPerRecord;
            var tls = await RawTls.MoveAsync(folder, bytes, cancellationToken);
            return new Measurement()
                .With("sqliteSeconds", sqlite.TotalSeconds)
                .With("sqliteRecordsPerSecond", options.N / sqlite.TotalSeconds)
                .With("bytes", bytes)
                .With("tlsSeconds", tls.TotalSeconds)
                .With("tlsBytesPerSecond", bytes / tls.TotalSeconds);
        }
        finally
        {
            System.IO.Directory.Delete(folder, recursive: true);
        }
    }

    private static TimeSpan InsertRows(string file, int count)
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ConnectionString);
        connection.Open();
        Execute(connection, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=10000;");
        Execute(connection, "CREATE TABLE record(id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, metadata TEXT, value TEXT)");
        using var insert = connection.CreateCommand();
        insert.CommandText = "INSERT INTO record(key, metadata, value) VALUES(@key, @metadata, @value)";
        var key = insert.Parameters.Add("@key", SqliteType.Text);
        insert.Parameters.AddWithValue("@metadata", new string('m', WireBytesPerRecord - SealedLength - 100));
        insert.Parameters.AddWithValue("@value", new string('v', SealedLength));
        insert.Prepare();
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < count;)
        {
            using var transaction = connection.BeginTransaction();
            insert.Transaction = transaction;
            for (var end = Math.Min(count, i + BatchRows); i < end; i++)
            {
                key.Value = Devices.Records.Key(i);
                insert.ExecuteNonQuery();
            }

            transaction.Commit();
        }

        return Stopwatch.GetElapsedTime(start);
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The texts are constants of this file.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }
}
