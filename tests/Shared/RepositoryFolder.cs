namespace AtSync.Tests;

/// <summary>
/// The checkout that the tests run in, found upwards from where they were built. (The compiler's own idea of a source file's place is no help:
/// a deterministic build maps it away.)
/// </summary>
internal static class RepositoryFolder
{
    public static string Path { get; } = Find();

    /// <summary>A file or folder of the checkout.</summary>
    public static string Of(params ReadOnlySpan<string> parts) => System.IO.Path.Combine([Path, .. parts]);

    private static string Find()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(System.IO.Path.Combine(folder, "AtSync.slnx")))
        {
            folder = System.IO.Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The tests do not run inside the checkout.");
        }

        return folder;
    }
}
