using AtSync.Tests;

namespace AtSync.House.Tests;

/// <summary>The files of the checkout the tests were built from, without what builds and tools leave in it.</summary>
internal static class Repository
{
    private static readonly string[] _notOurs = ["bin", "obj", "artifacts", "TestResults", "BenchmarkDotNet.Artifacts", ".git", ".vs", ".idea", ".vscode", "node_modules"];

    public static string Root => RepositoryFolder.Path;

    /// <summary>Every file, as a path from the root with forward slashes.</summary>
    public static IReadOnlyList<string> Files { get; } = [.. Walk(Root).Order(StringComparer.Ordinal)];

    /// <summary>C# files below one of the folders.</summary>
    public static IEnumerable<string> Code(params string[] folders) =>
        Files.Where(f => f.EndsWith(".cs", StringComparison.Ordinal) && folders.Any(folder => f.StartsWith(folder + "/", StringComparison.Ordinal)));

    public static IEnumerable<string> Projects => Files.Where(f => f.EndsWith(".csproj", StringComparison.Ordinal));

    public static string Text(string file) => File.ReadAllText(Path.Combine(Root, file));

    public static string[] Lines(string file) => File.ReadAllLines(Path.Combine(Root, file));

    private static IEnumerable<string> Walk(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder).Where(f => !_notOurs.Contains(Path.GetFileName(f))))
        {
            yield return Path.GetRelativePath(Root, file).Replace('\\', '/');
        }

        foreach (var file in Directory.EnumerateDirectories(folder).Where(d => !_notOurs.Contains(Path.GetFileName(d))).SelectMany(Walk))
        {
            yield return file;
        }
    }
}
