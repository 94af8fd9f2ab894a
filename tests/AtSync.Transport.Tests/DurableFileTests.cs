namespace AtSync.Transport.Tests;

public sealed class DurableFileTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_is_replaced_whole_and_nothing_else_is_left()
    {
        var path = _folder.File("file");

        DurableFile.Write(path, "first, and longer", isSecret: false);
        DurableFile.Write(path, "second", isSecret: false);

        Assert.Equal("second", File.ReadAllText(path));
        Assert.Equal([path], System.IO.Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void A_secret_is_its_owners_only_whatever_a_left_over_was()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        File.WriteAllText(_folder.File("key.new"), "a left-over that everybody can read");
        File.SetUnixFileMode(_folder.File("key.new"), UnixFileMode.UserRead | UnixFileMode.OtherRead);

        DurableFile.Write(_folder.File("key"), "secret", isSecret: true);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder.File("key")));
    }
}
