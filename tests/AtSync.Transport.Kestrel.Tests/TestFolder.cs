namespace AtSync.Transport.Kestrel.Tests;

/// <summary>A folder of one test, deleted after it.</summary>
internal sealed class TestFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("atsync-listener-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
