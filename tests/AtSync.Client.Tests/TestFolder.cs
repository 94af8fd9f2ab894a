using System.Text;

namespace AtSync.Client.Tests;

/// <summary>A folder of its own that goes when the test ends.</summary>
internal sealed class TestFolder : IDisposable
{
    public string Path { get; } = System.IO.Directory.CreateTempSubdirectory("atsync-files-").FullName;

    public string this[string relative] => System.IO.Path.Combine(Path, relative);

    public void Write(string relative, byte[] content)
    {
        System.IO.Directory.CreateDirectory(System.IO.Path.GetDirectoryName(this[relative])!);
        File.WriteAllBytes(this[relative], content);
    }

    public void Write(string relative, string content) => Write(relative, Encoding.UTF8.GetBytes(content));

    /// <summary>Relative paths of all files, sorted.</summary>
    public string[] Files() =>
        [.. System.IO.Directory.EnumerateFiles(Path, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 })
            .Select(file => System.IO.Path.GetRelativePath(Path, file)).Order(StringComparer.Ordinal)];

    public void Dispose() => System.IO.Directory.Delete(Path, recursive: true);
}
