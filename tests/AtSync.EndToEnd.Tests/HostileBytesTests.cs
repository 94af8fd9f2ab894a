using System.Net;
using System.Net.Sockets;
using System.Text;

namespace AtSync.EndToEnd.Tests;

/// <summary>Bytes that no client sends: each gets an error or a close, in bounded memory, and nobody else feels it.</summary>
public sealed class HostileBytesTests : OverTls
{
    private const string Alive = "data:ok";
    private const long MemoryMax = 100L << 20;

    [Fact]
    public async Task What_is_no_TLS_ends_that_connection_only()
    {
        byte[] random = [.. Enumerable.Range(0, 100_000).Select(i => (byte)(i * 7919 >> 3))];
        byte[][] openings =
        [
            "GET / HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray(), "from:@alice\n"u8.ToArray(), random, new byte[70_000], [0x16], [0x16, 3, 1, 2],
            // A record that says it is longer than records are, and a ClientHello of nothing.
            [0x16, 3, 1, 0xFF, 0xFF, 1, 2, 3], [0x16, 3, 1, 0, 4, 1, 0, 0, 0], [0x80, 0x2E, 1, 0, 2], [],
        ];
        foreach (var opening in openings)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, Port), Token);
            try
            {
                await socket.SendAsync(opening, Token);
                socket.Shutdown(SocketShutdown.Send);
                var buffer = new byte[4096];
                while (await socket.ReceiveAsync(buffer, Token) > 0)
                {
                }
            }
            catch (SocketException)
            {
                // Reset: also an end.
            }
        }

        await AssertAliveAsync();
    }

    [Fact]
    public async Task Garbage_before_authentication_gets_an_error_or_a_close()
    {
        foreach (var (name, pieces) in Garbage())
        {
            await using var client = await ConnectAsync();
            Assert.Equal("@", await client.ReadRecordAsync());
            await CheckAsync(name, client, pieces);
        }

        await AssertAliveAsync();
    }

    [Fact]
    public async Task Garbage_of_the_owner_gets_an_error_or_a_close()
    {
        foreach (var (name, pieces) in Garbage())
        {
            await using var client = await ConnectOwnerAsync();
            await CheckAsync(name, client, pieces);
        }

        await AssertAliveAsync();
    }

    [Fact]
    public async Task Half_lines_of_many_strangers_are_bounded_together()
    {
        Host.Limits = Host.Limits with { UnfinishedBytesMax = 2 << 20 };
        var clients = new List<TlsClient>();
        var refused = 0;
        for (var i = 0; i < 8; i++)
        {
            var client = await ConnectAsync();
            clients.Add(client);
            Assert.Equal("@", await client.ReadRecordAsync());
            await client.SendAsync(new string('x', 500_000));

            // The last of them is told; the others wait for their lines to end.
            if (i >= 4)
            {
                refused += (await client.FloodAsync([], "UnfinishedBytesMax")).Contains("UnfinishedBytesMax", StringComparison.Ordinal) ? 1 : 0;
            }
        }

        Assert.Equal(4, refused);
        foreach (var client in clients)
        {
            await client.DisposeAsync();
        }

        await AssertAliveAsync();
    }

    private static IEnumerable<(string Name, IEnumerable<byte[]> Pieces)> Garbage()
    {
        static IEnumerable<byte[]> Repeat(byte[] piece, int count) => Enumerable.Repeat(piece, count);
        static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);
        var megabyte = new byte[1 << 20];
        Array.Fill(megabyte, (byte)'a');
        byte[] newlines = [.. Enumerable.Repeat((byte)'\n', 100_000)];
        var deep = new string('[', 200_000);
        var objects = string.Concat(Enumerable.Repeat("{\"a\":", 100_000));
        yield return ("NULs", [new byte[50_000], "\n"u8.ToArray()]);
        yield return ("invalid UTF-8", [[0xC3, 0x28, 0xFF, 0xFE, 0xED, 0xA0, 0x80, (byte)'\n']]);
        yield return ("every byte", [[.. Enumerable.Range(0, 256).Select(b => (byte)b), (byte)'\n']]);
        yield return ("millions of newlines", Repeat(newlines, 30));
        yield return ("carriage returns", [.. Repeat([.. Enumerable.Repeat((byte)'\r', 100_000)], 3), "\n"u8.ToArray()]);
        yield return ("a line of 12 MB", [.. Repeat(megabyte, 12), "\n"u8.ToArray()]);
        yield return ("an update of 11 MB", [Text("update:k.app@alice "), .. Repeat(megabyte, 11), "\n"u8.ToArray()]);
        yield return ("a deep batch", [Text($"batch:{deep}\n")]);
        yield return ("a deep command in a batch", [Text($"batch:[{{\"id\":1,\"command\":{deep}}}]\n")]);
        yield return ("a deep enrollment", [Text($"enroll:request:{objects}\n")]);
        yield return ("deep metadata of an enrollment", [Text($"enroll:request:{{\"appName\":\"a\",\"metadata\":{objects}\n")]);
        yield return ("a deep record", [Text($"update:json:{objects}\n")]);
        yield return ("deep metadata of a record", [Text($"update:json:{{\"atKey\":\"k@alice\",\"value\":\"v\",\"metadata\":{objects}\n")]);
        yield return ("a deep client configuration", [Text($"from:@alice:clientConfig:{{\"version\":{deep}}}\n")]);
        yield return ("a batch of many", [Text($"batch:[{string.Join(',', Enumerable.Range(0, 10_000).Select(i => $"{{\"id\":{i},\"command\":\"nothing\"}}"))}]\n")]);
        yield return ("numbers beyond all", [Text("sync:from:99999999999999999999999:limit:99999999999999999999\nnoop:99999999999999999999\nupdate:ttl:99999999999999999999:k.app@alice 1\n")]);
        yield return ("times beyond all", [Text("update:ttl:9223372036854775807:ttb:9223372036854775807:ttr:9223372036854775807:k.app@alice 1\nmonitor:99999999999999999999\n")]);
        yield return ("a long key", [Text($"update:{new string('k', 100_000)}.app@alice 1\nlookup:{new string('k', 100_000)}@alice\n")]);
        yield return ("a long atSign", [Text($"from:@{new string('a', 100_000)}\nto:@{new string('a', 100_000)}\n")]);
        yield return ("colons and atSigns", [Text($"update{new string(':', 100_000)}\nllookup:{new string('@', 100_000)}\n")]);
        yield return ("a pattern that explodes", [Text($"scan {string.Concat(Enumerable.Repeat("(a*)*", 500))}b\nscan ((((a{{1,1000}}){{1,1000}}){{1,1000}}){{1,1000}})\n")]);
        yield return ("many commands at once", Repeat(Text(string.Concat(Enumerable.Repeat("nonsense\n", 1000))), 20));
        yield return ("proofs that are none", [Text("from:@alice\npkam:" + new string('A', 200_000) + "\nfrom:@alice\ncram:" + new string('0', 200_000) + "\n")]);
    }

    /// <summary>A command behind it is answered, or the connection was closed; what is held does not grow.</summary>
    private static async Task CheckAsync(string name, TlsClient client, IEnumerable<byte[]> pieces)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var last = await client.FloodAsync([.. pieces, "\nnoop:0\n"u8.ToArray()], Alive);
        Assert.True(last.Contains(Alive, StringComparison.Ordinal) || last.Contains("error:", StringComparison.Ordinal), $"{name}: {last}");
        Assert.DoesNotContain("failed inside the server", last, StringComparison.Ordinal);
        var grown = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.True(grown < MemoryMax, $"{name}: {grown} bytes are held");
    }

    private async Task AssertAliveAsync()
    {
        await using var client = await ConnectOwnerAsync();
        Assert.StartsWith("data:", await client.AskAsync("update:alive.app@alice 1"), StringComparison.Ordinal);
        Assert.Empty(await Engine.CheckAsync(Token));
    }
}
