using System.Text;
using AtSync.App.Hosting;
using AtSync.Crypto;
using AtSync.Transport;

namespace AtSync.EndToEnd.Tests;

/// <summary>@alice and @bob under one <c>atsync up</c>: they find each other through the atDirectory and talk over TLS.</summary>
public sealed class TwoAtSignsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_share_is_looked_up_copied_updated_and_deleted_and_survives_kill_9_of_the_server()
    {
        var folder = TestWorld.NewFolder();
        var server = await ServerProcess.StartAsync(Path.Combine(folder, "server"), ["@alice", "@bob"], Token);
        try
        {
            await using (var alice = await Owner.ConnectAsync(server, "alice"))
            {
                await using var bob = await Owner.ConnectAsync(server, "bob");
                await bob.SendAsync("monitor\n");
                await alice.AskAsync("update:ttr:-1:ccd:true:isEncrypted:true:@bob:phone.app@alice one");
                await bob.ReadUntilAsync("\"value\":\"one\",\"operation\":\"update\"");
                await using (var other = await Owner.ConnectAsync(server, "bob"))
                {
                    Assert.Equal("data:one\n@bob@", await other.AskAsync("lookup:phone.app@alice"));
                    Assert.Equal("data:one\n@bob@", await other.AskAsync("llookup:cached:@bob:phone.app@alice"));
                    Assert.Equal("data:one\n@bob@", await other.AskAsync("lookup:bypassCache:true:phone.app@alice"));
                    Assert.Equal("data:[\"phone.app@alice\"]\n@bob@", await other.AskAsync("scan:@alice app"));
                }

                await alice.AskAsync("update:ttr:-1:ccd:true:isEncrypted:true:@bob:phone.app@alice two");
                await bob.ReadUntilAsync("\"value\":\"two\"");
                await alice.AskAsync("delete:@bob:phone.app@alice");
                await bob.ReadUntilAsync("\"operation\":\"delete\"");
                Assert.StartsWith("data:", await alice.AskAsync("notify:id:last:ttln:600000:@bob:phone.app@alice:three"), StringComparison.Ordinal);
            }

            // Whether it had arrived by now or not: it arrives once.
            server.Process.Kill();
            await server.DisposeAsync();
            server = await ServerProcess.StartAsync(Path.Combine(folder, "server"), [], Token);
            await using var after = await Owner.ConnectAsync(server, "bob");
            await after.SendAsync("monitor:0 .app\n");
            Assert.Equal(1, (await after.ReadUntilAsync("\"value\":\"three\"")).Split("\"id\":\"last\"").Length - 1);
        }
        finally
        {
            await server.DisposeAsync();
            System.IO.Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>A connection authenticated by the one-time secret.</summary>
    private sealed class Owner(IConnection connection, string prompt) : IAsyncDisposable
    {
        private readonly StringBuilder _received = new();

        public static async Task<Owner> ConnectAsync(ServerProcess server, string name)
        {
            var atSign = server.Ready.AtSigns.Single(entry => entry.AtSign.Name == name);
            Assert.True(HostPort.TryParse(atSign.Address, out var address));
            var network = new TlsNetwork(new TlsNetworkOptions { AuthorityFiles = [server.Ready.AuthorityFile], TrustSystemAuthorities = false });
            var owner = new Owner(await network.DialAsync(address, Token), $"@{name}@");
            await owner.ReadUntilAsync("@");
            await owner.SendAsync($"from:@{name}\n");
            var challenge = (await owner.ReadUntilAsync("\n@"))["data:".Length..^2];
            await owner.SendAsync($"cram:{CramDigest.Compute(atSign.Secret!, challenge)}\n");
            await owner.ReadUntilAsync($"data:success\n@{name}@");
            return owner;
        }

        public async Task SendAsync(string text) => await connection.Output.WriteAsync(Encoding.UTF8.GetBytes(text), Token);

        public async Task<string> AskAsync(string command)
        {
            await SendAsync(command + "\n");
            return await ReadUntilAsync("\n" + prompt);
        }

        public async Task<string> ReadUntilAsync(string ending)
        {
            while (true)
            {
                var text = _received.ToString();
                var at = text.IndexOf(ending, StringComparison.Ordinal);
                if (at >= 0)
                {
                    _received.Remove(0, at + ending.Length);
                    return text[..(at + ending.Length)];
                }

                var read = await connection.Input.ReadAsync(Token);
                _received.Append(Encoding.UTF8.GetString(read.Buffer));
                connection.Input.AdvanceTo(read.Buffer.End);
                Assert.False(read.IsCompleted, $"the connection ended; waited for {ending.Trim()}, got {text}");
            }
        }

        public ValueTask DisposeAsync() => connection.DisposeAsync();
    }
}
