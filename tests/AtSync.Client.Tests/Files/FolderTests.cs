using System.Diagnostics;
using System.Runtime.Versioning;
using AtSync.Client.Files;

namespace AtSync.Client.Tests.Files;

public class FolderTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_folder_comes_back_byte_for_byte(bool onDisk)
    {
        await using var test = await TestClient.OpenAsync(onDisk);
        using var source = new TestFolder();
        using var target = new TestFolder();
        source.Write("a.txt", "a");
        source.Write(".hidden/.x", "hidden");
        source.Write("with space/ünïcode 🦄.md", "names");
        source.Write("empty", "");
        source.Write("deep/er/and/deeper/big", FileRecordsTests.Bytes(7_000_000, 1));
        source.Write("middle", FileRecordsTests.Bytes(100_000, 2));
        var reports = new Reports();
        var put = await test.Client.Files.PutFolderAsync(source.Path, reports);
        Assert.Equal((6, 7_100_012L), (put.Files, put.Bytes));
        Assert.Empty(put.Skipped);
        Assert.Equal(new FolderProgress(6, 6, 7_100_012), reports.Last);
        var restored = await test.Client.Files.RestoreFolderAsync(target.Path);
        Assert.Equal((6, put.Bytes), (restored.Files, restored.Bytes));
        Assert.Equal(source.Files(), target.Files());
        foreach (var file in source.Files())
        {
            Assert.Equal(await File.ReadAllBytesAsync(source[file]), await File.ReadAllBytesAsync(target[file]));
        }
    }

    [Fact]
    public async Task An_unchanged_folder_writes_nothing()
    {
        await using var test = await TestClient.OpenAsync();
        using var source = new TestFolder();
        source.Write("a", "a");
        source.Write("b/c", FileRecordsTests.Bytes(50_000, 2));
        await test.Client.Files.PutFolderAsync(source.Path);
        await test.SettleAsync();
        Assert.Equal(2, (await test.Client.Files.PutFolderAsync(source.Path)).Files);
        Assert.Equal(0, (await test.Client.GetStatusAsync()).Pending);
    }

    [Fact]
    public async Task Links_special_and_unreadable_files_are_listed_as_skipped()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links and pipes of Unix.");
        await using var test = await TestClient.OpenAsync();
        using var source = new TestFolder();
        source.Write("dir/file", "x");
        File.CreateSymbolicLink(source["link"], source["dir/file"]);
        System.IO.Directory.CreateSymbolicLink(source["dirlink"], source["dir"]);
        File.CreateSymbolicLink(source["broken"], "/nowhere/at/all");
        using (var mkfifo = Process.Start("mkfifo", source["pipe"]))
        {
            await mkfifo.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        var outcome = await test.Client.Files.PutFolderAsync(source.Path);
        Assert.Equal(1, outcome.Files);
        Assert.Equal(["broken", "dirlink", "link", "pipe"], outcome.Skipped.Select(skip => skip.Path).Order(StringComparer.Ordinal));
        Assert.Contains("special", outcome.Skipped.Single(skip => skip.Path == "pipe").Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_is_no_UTF8_is_skipped_with_the_reason()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only there names are bytes.");
        await using var test = await TestClient.OpenAsync();
        using var source = new TestFolder();
        source.Write("good", "1");
        using (var shell = Process.Start("sh", ["-c", "cd \"$0\" && : > \"$(printf 'bad\\377')\" && mkdir \"$(printf 'dir\\377')\"", source.Path]))
        {
            await shell.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        try
        {
            var outcome = await test.Client.Files.PutFolderAsync(source.Path);

            Assert.Equal(1, outcome.Files);
            Assert.Equal(["bad\uFFFD", "dir\uFFFD"], outcome.Skipped.Select(skip => skip.Path).Order(StringComparer.Ordinal));
            Assert.All(outcome.Skipped, skip => Assert.Contains("UTF-8", skip.Reason, StringComparison.Ordinal));
        }
        finally
        {
            // .NET can't delete what it can't name.
            using var remove = Process.Start("rm", ["-rf", source.Path]);
            await remove.WaitForExitAsync(TestContext.Current.CancellationToken);
            System.IO.Directory.CreateDirectory(source.Path);
        }
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task Permission_bits_come_back()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Modes of Unix.");
        await using var test = await TestClient.OpenAsync();
        using var source = new TestFolder();
        using var target = new TestFolder();
        const UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherExecute;
        source.Write("run.sh", "#!/bin/sh");
        File.SetUnixFileMode(source["run.sh"], mode);
        await test.Client.Files.PutFolderAsync(source.Path);
        await test.Client.Files.RestoreFolderAsync(target.Path);
        Assert.Equal(mode, File.GetUnixFileMode(target["run.sh"]));
    }

    [Theory]
    [InlineData("../outside")]
    [InlineData("/tmp/atsync-outside")]
    [InlineData("a/../../outside")]
    public async Task A_manifest_that_leads_outside_is_not_restored(string path)
    {
        await using var test = await TestClient.OpenAsync();
        using var target = new TestFolder();
        var key = test.Client.Files.KeyOf(path);
        var manifest = $$"""{"file":1,"path":"{{path}}","size":1,"sha256":"ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb","inline":"YQ=="}""";
        await test.Client.PutAsync(key, manifest);
        var outcome = await test.Client.Files.RestoreFolderAsync(target["inner"]);
        Assert.Equal(0, outcome.Files);
        Assert.Equal(path, Assert.Single(outcome.Skipped).Path);
        Assert.Empty(target.Files());
    }

    [Fact]
    public async Task A_link_in_the_target_is_not_followed()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links of Unix.");
        await using var test = await TestClient.OpenAsync();
        using var target = new TestFolder();
        using var elsewhere = new TestFolder();
        await test.Client.Files.PutAsync("dir/file", new MemoryStream([1]), null);
        System.IO.Directory.CreateSymbolicLink(target["dir"], elsewhere.Path);
        var outcome = await test.Client.Files.RestoreFolderAsync(target.Path);
        Assert.Contains("link", Assert.Single(outcome.Skipped).Reason, StringComparison.Ordinal);
        Assert.Empty(elsewhere.Files());
    }

    [Fact]
    public async Task A_file_with_a_missing_part_is_skipped_and_the_others_come_back()
    {
        await using var test = await TestClient.OpenAsync();
        using var target = new TestFolder();
        var entry = await test.Client.Files.PutAsync("broken", new MemoryStream(FileRecordsTests.Bytes(50_000, 1)), null);
        await test.Client.Files.PutAsync("whole", new MemoryStream([1, 2]), null);
        await test.Client.DeleteAsync(entry.Chunks[0]);
        var outcome = await test.Client.Files.RestoreFolderAsync(target.Path);
        Assert.Equal("broken", Assert.Single(outcome.Skipped).Path);
        Assert.Equal(["whole"], target.Files());
    }

    [Fact]
    public async Task A_folder_that_is_not_there_is_a_clear_fault()
    {
        await using var test = await TestClient.OpenAsync();
        Assert.Equal(AtFault.NotFound, (await Assert.ThrowsAsync<AtException>(() => test.Client.Files.PutFolderAsync("/nowhere/at/all"))).Fault);
    }

    private sealed class Reports : IProgress<FolderProgress>
    {
        public FolderProgress Last { get; private set; }

        public void Report(FolderProgress value) => Last = value;
    }
}
