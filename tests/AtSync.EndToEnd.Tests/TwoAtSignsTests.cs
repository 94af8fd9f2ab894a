using AtSync.App.Hosting;

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
            await using (var alice = await OwnerConnection.ConnectAsync(server, "alice"))
            {
                await using var bob = await OwnerConnection.ConnectAsync(server, "bob");
                await bob.SendAsync("monitor\n");
                await alice.AskAsync("update:ttr:-1:ccd:true:isEncrypted:true:@bob:phone.app@alice one");
                await bob.ReadUntilAsync("\"value\":\"one\",\"operation\":\"update\"");
                await using (var other = await OwnerConnection.ConnectAsync(server, "bob"))
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
            await using var after = await OwnerConnection.ConnectAsync(server, "bob");
            await after.SendAsync("monitor:0 .app\n");
            Assert.Equal(1, (await after.ReadUntilAsync("\"value\":\"three\"")).Split("\"id\":\"last\"").Length - 1);
        }
        finally
        {
            await server.DisposeAsync();
            System.IO.Directory.Delete(folder, recursive: true);
        }
    }
}
