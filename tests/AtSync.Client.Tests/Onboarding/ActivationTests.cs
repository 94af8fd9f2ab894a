using AtSync.Client.Onboarding;
using AtSync.Crypto;
using AtSync.Crypto.Algorithms;
using AtSync.Simulation;
using AtSync.Transport;

namespace AtSync.Client.Tests.Onboarding;

public class ActivationTests
{
    private static readonly HostPort RootAddress = new("root.test", 64);
    private static readonly HostPort ServerAddress = new("server.test", 1);
    private static readonly HostPort ProxyAddress = new("proxy.test", 1);
    private static readonly Lazy<string[]> Pairs = new(() => [Pair(), Pair()]);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_activation_leaves_a_key_file_that_logs_in_and_no_secret(bool hasEnroll)
    {
        using var world = new World(new ScriptedServer { HasEnroll = hasEnroll });
        var keys = await world.ActivateAsync();
        world.AssertActivated(keys);
        Assert.Equal(hasEnroll, keys.EnrollmentId is not null);
    }

    [Fact]
    public async Task Real_pairs_are_generated()
    {
        using var world = new World(new ScriptedServer());
        var keys = await Activation.ActivateAsync(world.Options);
        world.AssertActivated(keys);
        Assert.NotEqual(keys.PkamPublicKey, keys.EncryptionPublicKey);
        Assert.NotEqual(keys.SelfEncryptionKey, keys.ApkamSymmetricKey);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public async Task A_crash_at_any_command_is_made_good_by_repeating(bool hasEnroll, bool isDone)
    {
        var cut = 0;
        while (true)
        {
            using var world = new World(new ScriptedServer { HasEnroll = hasEnroll });
            world.Proxy.CutAt = cut;
            world.Proxy.IsDone = isDone;
            var failure = await Record.ExceptionAsync(world.ActivateAsync);
            if (!world.Proxy.HasCut)
            {
                Assert.Null(failure);
                break;
            }

            Assert.True(failure is AtException { Fault: AtFault.Network }, $"cut at {cut}: {failure}");
            world.Proxy.CutAt = null;
            var keys = await world.ActivateAsync();
            world.AssertActivated(keys);
            Assert.Equal(hasEnroll, keys.EnrollmentId is not null);
            cut++;
        }

        Assert.InRange(cut, 9, 30);
    }

    [Fact]
    public async Task Repeating_a_finished_activation_changes_nothing()
    {
        using var world = new World(new ScriptedServer());
        var keys = await world.ActivateAsync();
        var again = await world.ActivateAsync();
        Assert.Equal(keys.EnrollmentId, again.EnrollmentId);
        Assert.Equal(1, world.Server.Enrollments);
    }

    [Fact]
    public async Task A_wrong_secret_is_refused_by_its_code_and_leaves_no_file()
    {
        using var world = new World(new ScriptedServer());
        var failure = await Assert.ThrowsAsync<AtException>(() => world.ActivateAsync(world.Options with { Secret = "wrong" }));
        Assert.Equal((AtFault.Refused, "AT0401"), (failure.Fault, failure.Code));
        Assert.DoesNotContain("wrong", failure.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(world.Options.KeyFile));
    }

    [Fact]
    public async Task An_atSign_that_is_active_already_is_refused()
    {
        using var world = new World(new ScriptedServer());
        world.Server.Put("public:publickey@alice", "somebody's");
        var failure = await Assert.ThrowsAsync<AtException>(world.ActivateAsync);
        Assert.Equal(AtFault.Refused, failure.Fault);
        Assert.Contains("already activated", failure.Message, StringComparison.Ordinal);
        Assert.NotNull(world.Server.Secret);
    }

    [Fact]
    public async Task A_key_file_of_another_activation_is_refused_and_kept()
    {
        using var world = new World(new ScriptedServer());
        TestKeys.Keys.Save(world.Options.KeyFile, TestKeys.Alice, null, new SeededRandom(1));
        world.Server.Put("public:publickey@alice", "somebody's");
        var before = await File.ReadAllBytesAsync(world.Options.KeyFile, TestContext.Current.CancellationToken);
        Assert.Equal(AtFault.Refused, (await Assert.ThrowsAsync<AtException>(world.ActivateAsync)).Fault);
        Assert.Equal(before, await File.ReadAllBytesAsync(world.Options.KeyFile, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task An_enrollment_whose_keys_were_lost_does_not_stand_in_the_way()
    {
        using var world = new World(new ScriptedServer());
        world.Proxy.CutAtCommand = "enroll:request";
        world.Proxy.IsDone = true;
        await Record.ExceptionAsync(world.ActivateAsync);
        Assert.Equal(1, world.Server.Enrollments);
        File.Delete(world.Options.KeyFile);
        world.Proxy.CutAtCommand = null;
        world.AssertActivated(await world.ActivateAsync());
    }

    [Fact]
    public async Task A_passphrase_protects_the_key_file()
    {
        using var world = new World(new ScriptedServer());
        var keys = await world.ActivateAsync(world.Options with { Passphrase = "correct horse" });
        Assert.True(AtKeysFile.NeedsPassphrase(await File.ReadAllBytesAsync(world.Options.KeyFile, TestContext.Current.CancellationToken)));
        Assert.Equal(keys.SelfEncryptionKey, AtKeysFile.Load(world.Options.KeyFile, TestKeys.Alice, "correct horse").SelfEncryptionKey);
        Assert.Equal(AtFault.Keys, (await Assert.ThrowsAsync<AtException>(world.ActivateAsync)).Fault);
    }

    [Fact]
    public async Task A_key_file_that_cannot_be_written_is_a_fault_of_the_keys_and_the_secret_stays()
    {
        using var world = new World(new ScriptedServer());
        await File.WriteAllTextAsync(world.Options.KeyFile + ".file", "in the way", TestContext.Current.CancellationToken);
        var failure = await Assert.ThrowsAsync<AtException>(() =>
            world.ActivateAsync(world.Options with { KeyFile = Path.Combine(world.Options.KeyFile + ".file", "k") }));
        Assert.Equal(AtFault.Keys, failure.Fault);
        Assert.NotNull(world.Server.Secret);
        Assert.Equal(0, world.Server.Enrollments);
    }

    private static string Pair()
    {
        using var pair = RsaPrivateKey.Generate();
        return pair.Pkcs8Base64;
    }

    /// <summary>An atDirectory, an atServer and a proxy before it, in memory.</summary>
    private sealed class World : IDisposable
    {
        private readonly MemoryNetwork _network = new();
        private readonly TestFolder _folder = new();
        private int _pairs;

        public World(ScriptedServer server)
        {
            Server = server;
            Proxy = new CuttingProxy(_network, ServerAddress);
            _network.Listen(RootAddress, AnswerDirectoryAsync);
            _network.Listen(ServerAddress, server.HandleAsync);
            _network.Listen(ProxyAddress, Proxy.HandleAsync);
            Options = new ActivationOptions
            {
                AtSign = TestKeys.Alice,
                Secret = "s3cret",
                KeyFile = _folder["@alice_key.atKeys"],
                Directory = RootAddress,
                Network = _network,
                Random = new SeededRandom(5),
            };
        }

        public ScriptedServer Server { get; }

        public CuttingProxy Proxy { get; }

        public ActivationOptions Options { get; }

        public Task<AtKeysFile> ActivateAsync() => ActivateAsync(Options);

        public Task<AtKeysFile> ActivateAsync(ActivationOptions options) => Edge.RunAsync(() =>
            new ActivationRun(options, () => new RsaPrivateKey(Pairs.Value[Interlocked.Increment(ref _pairs) % 2])).RunAsync(CancellationToken.None));

        public void AssertActivated(AtKeysFile keys)
        {
            var kept = AtKeysFile.Load(Options.KeyFile, TestKeys.Alice, Options.Passphrase);
            Assert.Equal((keys.EnrollmentId, keys.SelfEncryptionKey, keys.PkamPrivateKey), (kept.EnrollmentId, kept.SelfEncryptionKey, kept.PkamPrivateKey));
            Assert.Equal(kept.EncryptionPublicKey, Server.PublishedKey);
            Assert.Null(Server.Secret);
            Assert.Empty(_network.HandlerFailures);
        }

        public void Dispose() => _folder.Dispose();

        private static async Task AnswerDirectoryAsync(IConnection connection)
        {
            var peer = new LinePeer(connection);
            await peer.WriteAsync("@");
            while (await peer.ReadAsync() is { } line && line != "@exit")
            {
                await peer.WriteAsync((line.Trim() == "alice" ? ProxyAddress.ToString() : "null") + "\r\n@");
            }
        }
    }
}
