using SQLitePCL;

namespace AtSync.Storage.Sqlite;

/// <summary>The native library; to be loaded before its first call, whoever makes it.</summary>
internal static class SqliteLibrary
{
    static SqliteLibrary() => Batteries_V2.Init();

    /// <summary>Loads it, the first time.</summary>
    public static void Load()
    {
        // The static constructor does it, once.
    }
}
