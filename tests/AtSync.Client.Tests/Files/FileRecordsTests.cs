using System.Security.Cryptography;
using AtSync.Client.Conflicts;
using AtSync.Client.Files;
using CsCheck;

namespace AtSync.Client.Tests.Files;

public class FileRecordsTests
{
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;

    private static readonly int[] EdgeSizes =
        [0, 1, FileLimits.InlineBytesMax, FileLimits.InlineBytesMax + 1, FileLimits.ChunkBytes, FileLimits.ChunkBytes + 1, 9_000_000];

    private static readonly string[] Names =
        ["a", "A", "a b/c d.txt", "ä/🦄.md", ".hidden", "a/b/c/d/e/f", "quote\"and'.x", "back\\slash", "new\nline", new('x', 255), "..x", "trailing."];

    private static readonly Gen<int> Sizes = Gen.OneOf(
        Gen.Int[0, EdgeSizes.Length - 1].Select(i => EdgeSizes[i]),
        Gen.Int[0, 40_000], Gen.Int[0, 9_000_000]);

    private static readonly Gen<string> Paths = Gen.Int[0, Names.Length - 1].Select(i => Names[i]);

    [Fact]
    public Task Contents_round_trip() => Gen.Select(Paths, Sizes, Gen.Int).SampleAsync(
        async (path, size, seed) =>
        {
            await using var test = await TestClient.OpenAsync();
            var content = Bytes(size, seed);
            var put = await test.Client.Files.PutAsync(path, new MemoryStream(content), Mode);
            var copy = new MemoryStream();
            var got = await test.Client.Files.GetAsync(path, copy);
            Assert.True(content.AsSpan().SequenceEqual(copy.GetBuffer().AsSpan(0, (int)copy.Length)));
            Assert.Equal((path, (long)size, Mode, Convert.ToHexStringLower(SHA256.HashData(content))), (got!.Path, got.Size, got.Mode!.Value, got.Sha256));
            Assert.Equal(put.Chunks, got.Chunks);
        },
        iter: 30,
        threads: 1);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_unchanged_file_writes_nothing(bool onDisk)
    {
        await using var test = await TestClient.OpenAsync(onDisk);
        foreach (var size in new[] { 0, 100, 4_000_000 })
        {
            await test.Client.Files.PutAsync("f", new MemoryStream(Bytes(size, 1)), Mode);
            await test.SettleAsync();
            await test.Client.Files.PutAsync("f", new MemoryStream(Bytes(size, 1)), Mode);
            Assert.Equal(0, (await test.Client.GetStatusAsync()).Pending);
        }
    }

    [Fact]
    public async Task A_changed_end_writes_the_last_chunk_and_the_manifest_only()
    {
        await using var test = await TestClient.OpenAsync();
        var content = Bytes(7_000_000, 1);
        await test.Client.Files.PutAsync("f", new MemoryStream(content), Mode);
        await test.SettleAsync();
        content[^1]++;
        await test.Client.Files.PutAsync("f", new MemoryStream(content), Mode);
        Assert.Equal(2, (await test.Client.GetStatusAsync()).Pending);
    }

    [Fact]
    public async Task Equal_contents_share_their_chunks()
    {
        await using var test = await TestClient.OpenAsync();
        var one = await test.Client.Files.PutAsync("one", new MemoryStream(Bytes(100_000, 1)), Mode);
        var two = await test.Client.Files.PutAsync("two", new MemoryStream(Bytes(100_000, 1)), Mode);
        Assert.Equal(one.Chunks, two.Chunks);
        Assert.Equal(3, (await test.Client.GetStatusAsync()).Records);
    }

    [Fact]
    public async Task Keys_say_nothing_of_the_path_and_fit_the_protocol()
    {
        await using var test = await TestClient.OpenAsync();
        var upper = test.Client.Files.KeyOf("Secret plan.TXT");
        Assert.Matches("^f[a-z2-7]{26}\\.files@alice$", upper);
        Assert.NotEqual(upper, test.Client.Files.KeyOf("secret plan.txt"));
        var entry = await test.Client.Files.PutAsync("Secret plan.TXT", new MemoryStream(Bytes(50_000, 1)), null);
        Assert.All(entry.Chunks, chunk => Assert.Matches("^c[a-z2-7]{26}\\.files@alice$", chunk));
    }

    [Fact]
    public async Task A_sealed_chunk_is_at_most_four_megabytes()
    {
        await using var test = await TestClient.OpenAsync();
        var entry = await test.Client.Files.PutAsync("f", new MemoryStream(Bytes(FileLimits.ChunkBytes, 1)), null);
        var record = await test.Store.GetAsync(Assert.Single(entry.Chunks), CancellationToken.None);
        Assert.InRange(record!.Value.Length, 3_900_000, 4_000_000);
    }

    [Fact]
    public async Task A_chunk_opens_as_bytes_for_us()
    {
        await using var test = await TestClient.OpenAsync();
        var content = Bytes(50_000, 1);
        var entry = await test.Client.Files.PutAsync("f", new MemoryStream(content), null);
        Assert.Equal(content, (await test.Client.GetAsync(entry.Chunks[0]))!.Bytes.ToArray());
    }

    [Fact]
    public async Task Files_are_listed_by_path_and_what_is_listed_can_be_copied()
    {
        await using var test = await TestClient.OpenAsync();
        foreach (var path in new[] { "b/2", "a", "ä", "b/1" })
        {
            await test.Client.Files.PutAsync(path, new MemoryStream(Bytes(10, 1)), null);
        }

        await test.Client.PutAsync("foo.files", "no file");
        var entries = new List<FileEntry>();
        await foreach (var entry in test.Client.Files.ListAsync())
        {
            entries.Add(entry);
        }

        Assert.Equal(["a", "b/1", "b/2", "ä"], entries.Select(entry => entry.Path));
        var copy = new MemoryStream();
        await test.Client.Files.CopyContentAsync(entries[0], copy);
        Assert.Equal(Bytes(10, 1), copy.ToArray());
    }

    [Fact]
    public async Task Deleting_tells_whether_it_was_there()
    {
        await using var test = await TestClient.OpenAsync();
        await test.Client.Files.PutAsync("f", new MemoryStream(Bytes(50_000, 1)), null);
        Assert.True(await test.Client.Files.DeleteAsync("f"));
        Assert.False(await test.Client.Files.DeleteAsync("f"));
        Assert.Null(await test.Client.Files.GetAsync("f", new MemoryStream()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/etc/passwd")]
    [InlineData("../x")]
    [InlineData("a/../b")]
    [InlineData("a//b")]
    [InlineData("a/")]
    [InlineData("./a")]
    [InlineData("a\uD800")]
    public async Task Paths_that_lead_elsewhere_are_refused(string path)
    {
        await using var test = await TestClient.OpenAsync();
        Assert.Equal(AtFault.InvalidArgument, (await Assert.ThrowsAsync<AtException>(() => test.Client.Files.PutAsync(path, new MemoryStream(), null))).Fault);
    }

    [Fact]
    public async Task A_missing_part_is_named_and_not_taken_for_the_end()
    {
        await using var test = await TestClient.OpenAsync();
        var entry = await test.Client.Files.PutAsync("big", new MemoryStream(Bytes(4_000_000, 1)), null);
        await test.Client.DeleteAsync(entry.Chunks[1]);
        var failure = await Assert.ThrowsAsync<AtException>(() => test.Client.Files.GetAsync("big", new MemoryStream()));
        Assert.Equal(AtFault.NotFound, failure.Fault);
        Assert.Contains("big", failure.Message, StringComparison.Ordinal);
        await test.Client.Files.PutAsync("big", new MemoryStream(Bytes(4_000_000, 1)), null);
        Assert.NotNull(await test.Client.Files.GetAsync("big", new MemoryStream()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Replaced_chunks_go_once_everything_is_pushed(bool onDisk)
    {
        await using var test = await TestClient.OpenAsync(onDisk);
        await test.Client.Files.PutAsync("f", new MemoryStream(Bytes(50_000, 1)), null);
        await test.Client.Files.PutAsync("g", new MemoryStream(Bytes(50_000, 2)), null);
        var second = await test.Client.Files.PutAsync("f", new MemoryStream(Bytes(50_000, 2)), null);
        Assert.Equal(0, await test.Client.Files.CollectGarbageAsync());
        await test.SettleAsync();
        Assert.Equal(1, await test.Client.Files.CollectGarbageAsync());
        await test.SettleAsync();
        Assert.Equal(0, await test.Client.Files.CollectGarbageAsync());
        Assert.Equal(3, (await test.Client.GetStatusAsync()).Records);
        var copy = new MemoryStream();
        await test.Client.Files.CopyContentAsync(second, copy);
        Assert.Equal(Bytes(50_000, 2), copy.ToArray());
    }

    [Fact]
    public async Task A_chunk_of_unknown_origin_stays_until_its_manifest_had_time_to_come()
    {
        await using var test = await TestClient.OpenAsync();
        var entry = await test.Client.Files.PutAsync("f", new MemoryStream(Bytes(50_000, 1)), null);
        // As if another device had replaced it: this one never marked the chunk.
        await test.Client.DeleteAsync(test.Client.Files.KeyOf("f"));
        await test.SettleAsync();
        Assert.Equal(0, await test.Client.Files.CollectGarbageAsync());
        Assert.NotNull(await test.Store.GetAsync(entry.Chunks[0], CancellationToken.None));
        test.Clock.Advance(FileLimits.ChunkGrace);
        Assert.Equal(1, await test.Client.Files.CollectGarbageAsync());
    }

    [Fact]
    public async Task Chunks_that_a_conflict_refers_to_stay()
    {
        await using var test = await TestClient.OpenAsync();
        var lost = await test.Client.Files.PutAsync("f", new MemoryStream(Bytes(50_000, 1)), null);
        var key = test.Client.Files.KeyOf("f");
        await ConflictMaker.ReplaceByRemoteAsync(test, key, "{}");
        await test.SettleAsync();
        await test.Client.Files.PutAsync("f", new MemoryStream(Bytes(50_000, 2)), null);
        await test.SettleAsync();
        test.Clock.Advance(TimeSpan.FromDays(30));
        Assert.Equal(0, await test.Client.Files.CollectGarbageAsync());
        Conflict conflict = null!;
        await foreach (var each in test.Client.Conflicts.ListAsync())
        {
            conflict = each;
        }

        var manifest = test.Client.Files.ReadManifest(conflict.Local!.Value!);
        Assert.Equal(lost.Sha256, manifest!.Sha256);
        var copy = new MemoryStream();
        await test.Client.Files.CopyContentAsync(manifest, copy);
        Assert.Equal(Bytes(50_000, 1), copy.ToArray());
        await test.Client.Conflicts.KeepRemoteAsync(conflict.Id);
        await test.SettleAsync();
        Assert.Equal(2, await test.Client.Files.CollectGarbageAsync());
    }

    internal static byte[] Bytes(int size, int seed)
    {
        var bytes = new byte[size];
        new SeededRandom(seed).Fill(bytes);
        return bytes;
    }
}
