namespace AtSync.Transport.Tests;

/// <summary>A folder of one test, deleted after it.</summary>
internal sealed class TestFolder : IDisposable
{
    public string Path { get; } = System.IO.Directory.CreateTempSubdirectory("atsync-transport-").FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => System.IO.Directory.Delete(Path, recursive: true);
}
