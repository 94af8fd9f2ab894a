using System.Text;
using System.Text.Json;
using AtSync.Crypto;
using AtSync.Protocol;
using AtSync.Transport;

namespace AtSync.Server.Tests.Web;

public sealed class PublicPagesTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/wavi/location")]
    [InlineData("//wavi/location")]
    [InlineData("/location.wavi")]
    [InlineData("/@alice/wavi/location")]
    [InlineData("/public:location.wavi@alice")]
    [InlineData("/WAVI/Location")]
    [InlineData("/@Alice/location.wavi@alice")]
    public async Task Every_spelling_of_a_path_finds_its_record(string path)
    {
        await using var bench = await WithAsync("update:public:location.wavi@alice here");

        Assert.Equal((200, "text/plain; charset=utf-8", "here"), await GetAsync(bench, path));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("")]
    [InlineData("/@alice")]
    [InlineData("/@alice/")]
    [InlineData("/nothing/here")]
    [InlineData("/@bob/location.wavi")]
    [InlineData("/wavi//location")]
    [InlineData("/../wavi/location")]
    [InlineData("/wavi%2Flocation")]
    [InlineData("/app/self")]
    [InlineData("/app/shared")]
    [InlineData("/self.app@alice")]
    [InlineData("/@bob:shared.app@alice")]
    [InlineData("/cached:public:x.app@bob")]
    [InlineData("/privatekey:at_secret")]
    [InlineData("/at_secret")]
    [InlineData("/_hidden")]
    [InlineData("/app/_hidden")]
    [InlineData("/public:_hidden.app@alice")]
    [InlineData("/app/later")]
    [InlineData("/app/gone")]
    [InlineData("/ref/circle")]
    [InlineData("/ref/secret")]
    public async Task What_is_not_there_or_not_for_everybody_is_404(string path)
    {
        await using var bench = await WithAsync(
            "update:public:location.wavi@alice here",
            "update:self.app@alice own",
            "update:@bob:shared.app@alice for-bob",
            "update:public:_hidden.app@alice hidden",
            "update:ttb:3600000:public:later.app@alice soon",
            "update:ttl:1000:public:gone.app@alice short",
            "update:public:circle.ref@alice atsign://circle.ref@alice",
            "update:public:secret.ref@alice atsign://_hidden.app@alice");
        bench.Clock.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(404, (await GetAsync(bench, path)).Status);
    }

    [Fact]
    public async Task A_reference_stands_for_the_record_it_names()
    {
        await using var bench = await WithAsync("update:public:to.app@alice there", "update:public:from.app@alice atsign://to.app@alice");

        Assert.Equal("there", (await GetAsync(bench, "/app/from")).Body);
    }

    [Fact]
    public async Task Metadata_and_all_are_JSON()
    {
        await using var bench = await WithAsync("update:public:location.wavi@alice a \"place\"");

        var meta = await GetAsync(bench, "/wavi/location", ("at_rt", "meta"), ("at_ct", "text/html"));
        var all = await GetAsync(bench, "/wavi/location", ("at_rt", "all"));

        Assert.Equal("application/json", meta.ContentType);
        using var metadata = JsonDocument.Parse(meta.Body);
        Assert.Equal(ServerBench.StartText, metadata.RootElement.GetProperty("createdAt").GetString());
        Assert.DoesNotContain(metadata.RootElement.EnumerateObject(), member => member.Value.ValueKind == JsonValueKind.Null);
        Assert.Equal("application/json", all.ContentType);
        using var record = JsonDocument.Parse(all.Body);
        Assert.Equal("public:location.wavi@alice", record.RootElement.GetProperty("key").GetString());
        Assert.Equal("a \"place\"", record.RootElement.GetProperty("data").GetString());
        Assert.Equal(JsonValueKind.Object, record.RootElement.GetProperty("metaData").ValueKind);
    }

    [Theory]
    [InlineData("/demo/index.html", null, "text/html; charset=utf-8")]
    [InlineData("/demo/index.html", "text/plain", "text/plain")]
    [InlineData("/demo/photo.png", null, "image/png")]
    [InlineData("/demo/note", null, "text/plain; charset=utf-8")]
    [InlineData("/demo/note", "text/markdown; charset=utf-8", "text/markdown; charset=utf-8")]
    [InlineData("/demo/note", "application/vnd.at+json", "application/vnd.at+json")]
    public async Task The_media_type_is_what_is_asked_for_else_what_the_name_says(string path, string? asked, string expected)
    {
        await using var bench = await WithAsync(
            "update:public:index.html.demo@alice <p>", "update:public:photo.png.demo@alice x", "update:public:note.demo@alice x");

        Assert.Equal((200, expected), ((await GetAsync(bench, path, ("at_ct", asked))) is var got ? (got.Status, got.ContentType) : default));
    }

    [Fact]
    public async Task Bytes_come_as_bytes_also_when_all_is_asked_for()
    {
        byte[] bytes = [0, 1, 2, 255, 254];
        await using var bench = await WithAsync($"update:isBinary:true:public:blob.demo@alice {Base2e15.Encode(bytes)}");

        var value = await AskAsync(bench, "/demo/blob");
        var all = await AskAsync(bench, "/demo/blob", ("at_rt", "all"));

        Assert.Equal("application/octet-stream", value.ContentType);
        Assert.Equal(bytes, value.Body.ToArray());
        Assert.Equal(bytes, all.Body.ToArray());
    }

    [Theory]
    [InlineData("at_rt", "everything")]
    [InlineData("at_rt", "")]
    [InlineData("at_ct", "html")]
    [InlineData("at_ct", "/")]
    [InlineData("at_ct", "text/html\r\nSet-Cookie: a=b")]
    [InlineData("at_ct", "text/hé")]
    [InlineData("at_ct", "a b/c")]
    public async Task Parameters_that_mean_nothing_are_400(string name, string value)
    {
        await using var bench = await WithAsync("update:public:note.demo@alice x");

        Assert.Equal(400, (await GetAsync(bench, "/demo/note", (name, value))).Status);
    }

    [Theory]
    [InlineData(7, "", "", "/demo/note", "alice")]
    [InlineData(8, "", "", "/demo/note", "dragon")]
    [InlineData(1, "alice.at.example", "", "/demo/note", "alice")]
    [InlineData(1, "xn--0n8h.at.example", "", "/demo/note", "dragon")]
    [InlineData(1, "", "alice.at.example", "/demo/note", "alice")]
    [InlineData(1, "", "xn--0n8h.at.example", "/demo/note", "dragon")]
    [InlineData(1, "localhost", "localhost", "/@alice/demo/note", "alice")]
    [InlineData(1, "", "127.0.0.1", "/@🐉/demo/note", "dragon")]
    [InlineData(8, "alice.at.example", "alice.at.example", "/demo/note", "dragon")]
    [InlineData(1, "", "", "/demo/note", null)]
    [InlineData(1, "xn--.at.example", "xn--99999999999.at.example", "/demo/note", null)]
    [InlineData(1, "nobody.at.example", "", "/demo/note", null)]
    public async Task The_atSign_comes_from_port_then_SNI_then_host_then_path(int port, string serverName, string host, string path, string? found)
    {
        await using var bench = await WithAsync("update:public:note.demo@alice alice");
        var dragon = AtSign.Parse("@🐉");
        await bench.Host.AddAsync(dragon, "secret", Token);
        bench.Host.MapPort(7, ServerBench.Alice);
        bench.Host.MapPort(8, dragon);
        bench.Network.Listen(new HostPort("xn--0n8h.test", 1), bench.Host.HandleAsync);
        await using (var owner = await bench.ConnectAsync("xn--0n8h.test"))
        {
            await owner.CramAsync("🐉", "secret");
            Assert.StartsWith("data:", await owner.AnswerAsync("update:public:note.demo@🐉 dragon"), StringComparison.Ordinal);
        }

        var answer = await bench.Host.GetPageAsync(Request(path, port, serverName, host), Token);

        Assert.Equal(found ?? "There is no such public record.\n", Encoding.UTF8.GetString(answer.Body.Span));
    }

    [Fact]
    public async Task HTTP_where_the_protocol_was_negotiated_is_told_and_the_connection_ends()
    {
        await using var bench = await ServerBench.StartAsync();
        await using var client = await bench.ConnectAsync();

        await client.SendAsync("GET / HTTP/1.1\r\nHost: alice\r\n\r\n");

        Assert.Equal("error:AT0003-Exception: HTTP requests must negotiate ALPN http/1.1", (await client.ReadToEndAsync()).Split('\n')[0]);
    }

    private static async Task<ServerBench> WithAsync(params string[] commands)
    {
        var bench = await ServerBench.StartAsync();
        bench.Host.MapPort(7, ServerBench.Alice);
        await using var owner = await bench.ConnectOwnerAsync();
        foreach (var command in commands)
        {
            Assert.StartsWith("data:", await owner.AnswerAsync(command), StringComparison.Ordinal);
        }

        return bench;
    }

    private static ValueTask<PageAnswer> AskAsync(ServerBench bench, string path, params (string Name, string? Value)[] query) =>
        bench.Host.GetPageAsync(Request(path, 7, "localhost", "localhost", query), Token);

    private static async Task<(int Status, string ContentType, string Body)> GetAsync(
        ServerBench bench, string path, params (string Name, string? Value)[] query)
    {
        var answer = await AskAsync(bench, path, query);
        return (answer.Status, answer.ContentType, Encoding.UTF8.GetString(answer.Body.Span));
    }

    private static PageRequest Request(string path, int port, string serverName, string host, params (string Name, string? Value)[] query) => new()
    {
        Path = path,
        Target = path,
        LocalPort = port,
        ServerName = serverName,
        Host = host,
        Query = query.Where(each => each.Value is not null).ToDictionary(each => each.Name, each => each.Value!),
    };
}
