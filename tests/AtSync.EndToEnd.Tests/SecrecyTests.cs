using System.Text;
using System.Text.Json;

namespace AtSync.EndToEnd.Tests;

public sealed class SecrecyTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Neither_plaintext_nor_private_keys_are_in_the_servers_files_logs_or_the_devices_store()
    {
        await using var world = await TestWorld.StartAsync();
        await world.DoAsync("put", "@alice", "secret.notes", "PLAINTEXT-MARKER-7312 and more of it", "--store", world.PathOf("a"));
        await world.DoAsync("put", "@alice", "public:hello.notes", "PUBLIC-MARKER-7312", "--store", world.PathOf("a"));
        var keys = JsonDocument.Parse(await File.ReadAllTextAsync(world.KeyFile, Token)).RootElement;
        var secrets = keys.EnumerateObject()
            .Where(member => member.Value.ValueKind == JsonValueKind.String && member.Name.Contains("private", StringComparison.OrdinalIgnoreCase))
            .Select(member => member.Value.GetString()![..60])
            .Append(keys.GetProperty("selfEncryptionKey").GetString()!)
            .Append("PLAINTEXT-MARKER-7312")
            .ToArray();
        Assert.True(secrets.Length >= 4);

        var isPublicThere = false;
        foreach (var file in System.IO.Directory.EnumerateFiles(world.ServerFolder, "*", SearchOption.AllDirectories).Concat(System.IO.Directory.EnumerateFiles(world.PathOf("a"), "*", SearchOption.AllDirectories)))
        {
            // Lock files are empty, and held by others.
            var bytes = file.EndsWith(".lock", StringComparison.Ordinal) ? [] : await ReadSharedAsync(file);
            isPublicThere |= bytes.AsSpan().IndexOf("PUBLIC-MARKER-7312"u8) >= 0;
            foreach (var secret in secrets)
            {
                Assert.True(bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(secret)) < 0, $"'{Path.GetFileName(file)}' holds a secret");
            }
        }

        // The search itself finds what is there.
        Assert.True(isPublicThere);
        Assert.DoesNotContain("MARKER-7312", world.Server.Messages, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_file_protected_by_a_passphrase_opens_only_with_it()
    {
        await using var world = await TestWorld.StartAsync(isActivated: false);
        var right = world.PathOf("right.txt");
        var wrong = world.PathOf("wrong.txt");
        await File.WriteAllTextAsync(right, "correct horse battery\n", Token);
        await File.WriteAllTextAsync(wrong, "something else\n", Token);
        var secretFile = world.PathOf("secret.txt");
        await File.WriteAllTextAsync(secretFile, world.Server.Ready.AtSigns[0].Secret! + "\n", Token);

        await RunAsync(0, right, "activate", "@alice", "--secret-file", secretFile);
        await RunAsync(0, right, "put", "@alice", "x.notes", "sealed");
        await RunAsync(5, wrong, "get", "@alice", "x.notes", "--offline");
        await RunAsync(5, null, "get", "@alice", "x.notes", "--offline");
        await RunAsync(0, right, "get", "@alice", "x.notes", "--offline");

        async Task RunAsync(int exit, string? passphraseFile, params string[] arguments)
        {
            var tool = new Bench.Processes.Tool(
                new("ATSYNC_ROOT", world.Server.Ready.Directory), new("ATSYNC_CA", world.Server.Ready.AuthorityFile), new("HOME", world.Folder),
                new("ATSYNC_HOME", world.PathOf("home")), new("ATSYNC_PASSPHRASE_FILE", passphraseFile));
            var result = await tool.RunAsync(Token, arguments);
            Assert.True(result.Exit == exit, $"{string.Join(' ', arguments)}: {result.Exit} instead of {exit}: {result.Errors}");
        }
    }

    private static async Task<byte[]> ReadSharedAsync(string file)
    {
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[stream.Length];
        await stream.ReadExactlyAsync(bytes, Token);
        return bytes;
    }
}
