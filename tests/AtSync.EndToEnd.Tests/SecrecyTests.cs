using System.Text;
using AtSync.Crypto;
using AtSync.Protocol;

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
        var keys = AtKeysFile.Load(world.KeyFile, AtSign.Parse("@alice"), null);
        var secrets = new List<(string Name, byte[] Bytes)>();
        AddPrivateKey("login", keys.PkamPrivateKey!);
        AddPrivateKey("encryption", keys.EncryptionPrivateKey);
        AddSymmetricKey("self", keys.SelfEncryptionKey);
        AddSymmetricKey("enrollment", keys.ApkamSymmetricKey!);
        AddText("value", "PLAINTEXT-MARKER-7312 and more of it");
        Assert.True(secrets.Count >= 20);

        var isPublicThere = false;
        foreach (var file in FilesIn(world.ServerFolder).Concat(FilesIn(world.PathOf("a"))))
        {
            // Lock files are empty, and held by others; a socket is no file with content.
            var bytes = Path.GetExtension(file) is ".lock" or ".sock" ? [] : await ReadSharedAsync(file);
            isPublicThere |= bytes.AsSpan().IndexOf("PUBLIC-MARKER-7312"u8) >= 0;
            AssertNone(bytes, Path.GetFileName(file));
        }

        // The search itself finds what is there.
        Assert.True(isPublicThere);
        Assert.DoesNotContain("MARKER-7312", world.Server.Messages, StringComparison.Ordinal);
        AssertNone(Encoding.UTF8.GetBytes(world.Server.Messages), "the log");

        void AssertNone(byte[] bytes, string place)
        {
            foreach (var (name, secret) in secrets)
            {
                Assert.True(bytes.AsSpan().IndexOf(secret) < 0, $"{place} holds a secret: {name}");
            }
        }

        void AddPrivateKey(string name, string base64)
        {
            // What lies in the first half of the document is public: the modulus. Behind it are the private exponent and the primes.
            var der = Convert.FromBase64String(base64);
            AddBytes($"{name} key", der.AsSpan(der.Length * 6 / 10, 48).ToArray());
            Add($"{name} key, as written", Encoding.ASCII.GetBytes(base64[(base64.Length * 6 / 10)..][..60]));
        }

        void AddSymmetricKey(string name, string base64)
        {
            AddBytes($"{name} key", Convert.FromBase64String(base64));
            Add($"{name} key, as written", Encoding.ASCII.GetBytes(base64.TrimEnd('=')));
        }

        void AddText(string name, string text)
        {
            AddBytes(name, Encoding.UTF8.GetBytes(text));
            Add($"{name} in UTF-16", Encoding.Unicode.GetBytes(text));
            Add($"{name} in UTF-16, big endian", Encoding.BigEndianUnicode.GetBytes(text));
        }

        void AddBytes(string name, byte[] bytes)
        {
            Add($"{name}, its bytes", bytes);
            Add($"{name} in hex", Encoding.ASCII.GetBytes(Convert.ToHexStringLower(bytes)));
            Add($"{name} in upper hex", Encoding.ASCII.GetBytes(Convert.ToHexString(bytes)));

            // Inside a longer base64 text it may begin at any of three places; its first and last characters mix with the neighbours'.
            for (var before = 0; before < 3; before++)
            {
                var text = Convert.ToBase64String([.. new byte[before], .. bytes]);
                var first = (before * 8 + 5) / 6;
                Add($"{name} in base64", Encoding.ASCII.GetBytes(text[first..((before + bytes.Length) * 8 / 6)]));
            }
        }

        void Add(string name, byte[] bytes) => secrets.Add((name, bytes));
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

    /// <summary>Everything but the socket, which has no content.</summary>
    private static IEnumerable<string> FilesIn(string folder) =>
        System.IO.Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) != "admin.sock");
}
