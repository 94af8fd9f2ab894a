using System.Globalization;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using AtSync.App.Hosting;
using AtSync.Crypto;
using AtSync.Tests;

namespace AtSync.EndToEnd.Tests;

/// <summary>Browsers' ways to an atServer, on the ports of <c>atsync up</c>: pages by HTTP, the protocol by WebSocket.</summary>
public sealed class WebTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_atSigns_on_two_ports_show_what_is_public_and_nothing_else()
    {
        var folder = TestWorld.NewFolder();
        var server = await ServerProcess.StartAsync(Path.Combine(folder, "server"), ["@alice", "@bob"], Token);
        using var clients = new WebClients(server.Ready.AuthorityFile);
        try
        {
            foreach (var name in new[] { "alice", "bob" })
            {
                // The owner comes by WebSocket; what it stores is there for everybody at once.
                var (port, secret) = Of(server, name);
                var owner = await WebSocketOwner.ConnectAsync(clients, port, name, secret);
                Assert.StartsWith("data:", await owner.AskAsync($"update:public:index.html.demo@{name} <p>{name} 😀</p>"), StringComparison.Ordinal);
                Assert.StartsWith("data:", await owner.AskAsync($"update:secret.demo@{name} sealed"), StringComparison.Ordinal);
                Assert.Equal($"data:<p>{name} 😀</p>\n@{name}@", await owner.AskAsync($"llookup:public:index.html.demo@{name}"));
                await owner.CloseAsync();
            }

            foreach (var name in new[] { "alice", "bob" })
            {
                var http = clients.Http("localhost", Of(server, name).Port);
                var page = await http.GetAsync(new Uri("/demo/index.html", UriKind.Relative), Token);
                Assert.Equal($"<p>{name} 😀</p>", await page.Content.ReadAsStringAsync(Token));
                Assert.Equal("text/html; charset=utf-8", page.Content.Headers.ContentType!.ToString());
                Assert.Contains(
                    $"\"key\":\"public:index.html.demo@{name}\"",
                    await http.GetStringAsync(new Uri($"/@{name}/demo/index.html?at_rt=all", UriKind.Relative), Token),
                    StringComparison.Ordinal);
                foreach (var hidden in new[] { "/demo/secret", "/privatekey:at_secret", "/nothing" })
                {
                    Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync(new Uri(hidden, UriKind.Relative), Token)).StatusCode);
                }

                // From the directory to the same page.
                var root = server.Ready.Directory.Split(':');
                var found = await clients.Http("localhost", int.Parse(root[1], CultureInfo.InvariantCulture))
                    .GetAsync(new Uri($"/@{name}/demo/index.html", UriKind.Relative), Token);
                Assert.Equal(HttpStatusCode.Found, found.StatusCode);
                Assert.Equal($"https://localhost:{Of(server, name).Port}/demo/index.html", found.Headers.Location!.AbsoluteUri);
                Assert.Equal(HttpStatusCode.MethodNotAllowed, (await http.PostAsync(new Uri("/x", UriKind.Relative), null, Token)).StatusCode);
            }
        }
        finally
        {
            await server.DisposeAsync();
            System.IO.Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_monitor_hears_over_a_WebSocket_and_the_server_says_goodbye_when_it_stops()
    {
        await using var world = await TestWorld.StartAsync(isActivated: false);
        using var clients = new WebClients(world.Server.Ready.AuthorityFile);
        var (port, secret) = Of(world.Server, "alice");
        var listener = await WebSocketOwner.ConnectAsync(clients, port, "alice", secret);
        var writer = await WebSocketOwner.ConnectAsync(clients, port, "alice", secret);
        await listener.SendAsync("monitor\n");

        await writer.AskAsync("update:note.demo@alice 1");

        await listener.ReadUntilAsync("statsNotification");
        using var stop = System.Diagnostics.Process.Start("kill", ["-TERM", world.Server.Process.Id.ToString(CultureInfo.InvariantCulture)]);
        Assert.Equal(WebSocketCloseStatus.NormalClosure, await writer.ReadToCloseAsync());
    }

    private static (int Port, string Secret) Of(ServerProcess server, string name)
    {
        var atSign = server.Ready.AtSigns.Single(each => each.AtSign.Name == name);
        return (int.Parse(atSign.Address.Split(':')[1], CultureInfo.InvariantCulture), atSign.Secret!);
    }

    /// <summary>A WebSocket authenticated by the one-time secret.</summary>
    private sealed class WebSocketOwner(ClientWebSocket socket, string prompt)
    {
        public static async Task<WebSocketOwner> ConnectAsync(WebClients clients, int port, string name, string secret)
        {
            var owner = new WebSocketOwner(await clients.WebSocketAsync("localhost", port, Token), $"@{name}@");
            Assert.Equal("@", await owner.ReadUntilAsync("@"));
            await owner.SendAsync($"from:{name}\n");
            var challenge = (await owner.ReadUntilAsync("\n@"))["data:".Length..^2];
            await owner.SendAsync($"cram:{CramDigest.Compute(secret, challenge)}\n");
            Assert.Equal($"data:success\n@{name}@", await owner.ReadUntilAsync($"\n@{name}@"));
            return owner;
        }

        public Task SendAsync(string text) => socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Binary, true, Token);

        public async Task<string> AskAsync(string command)
        {
            await SendAsync(command + "\n");
            return await ReadUntilAsync($"\n{prompt}");
        }

        public async Task<string> ReadUntilAsync(string ending)
        {
            var text = new StringBuilder();
            var buffer = new byte[4096];
            while (!text.ToString().Contains(ending, StringComparison.Ordinal))
            {
                var received = await socket.ReceiveAsync(buffer, Token);
                Assert.Equal(WebSocketMessageType.Text, received.MessageType);
                text.Append(Encoding.UTF8.GetString(buffer, 0, received.Count));
            }

            return text.ToString();
        }

        public async Task<WebSocketCloseStatus?> ReadToCloseAsync()
        {
            var buffer = new byte[4096];
            while ((await socket.ReceiveAsync(buffer, Token)).MessageType != WebSocketMessageType.Close)
            {
            }

            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, Token);
            return socket.CloseStatus;
        }

        public Task CloseAsync() => socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Token);
    }
}
