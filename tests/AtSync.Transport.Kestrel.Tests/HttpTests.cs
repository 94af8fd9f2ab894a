using System.Net;
using System.Net.Http.Headers;
using System.Text;
using AtSync.Tests;

namespace AtSync.Transport.Kestrel.Tests;

public sealed class HttpTests
{
    [Fact]
    public async Task A_page_handler_sees_where_the_request_went_and_its_answer_is_sent()
    {
        PageRequest? seen = null;
        await using var bench = await StartAsync(request =>
        {
            seen = request;
            return new PageAnswer(200, "text/css", "hello"u8.ToArray());
        });
        using var clients = new WebClients(bench.Authority.AuthorityFile);

        var answer = await clients.Http("localhost", bench.Port).GetAsync(new Uri("/a%20b/%C3%BC%2Fx?at_rt=all&n=1&n=2", UriKind.Relative), ListenerBench.Token);

        Assert.Equal("hello", await answer.Content.ReadAsStringAsync(ListenerBench.Token));
        Assert.Equal("text/css", answer.Content.Headers.ContentType!.ToString());
        Assert.Equal(5, answer.Content.Headers.ContentLength);
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal(("/a b/ü%2Fx", bench.Port, "localhost", "localhost"), (seen!.Path, seen.LocalPort, seen.ServerName, seen.Host));
        Assert.Equal(("all", "2"), (seen.Query["at_rt"], seen.Query["n"]));
    }

    [Fact]
    public async Task HEAD_tells_the_length_without_the_body_and_the_connection_goes_on()
    {
        await using var bench = await StartAsync(_ => new PageAnswer(200, "text/plain", "hello"u8.ToArray()));
        using var clients = new WebClients(bench.Authority.AuthorityFile);
        var http = clients.Http("localhost", bench.Port);
        using var request = new HttpRequestMessage(HttpMethod.Head, "/x");

        var head = await http.SendAsync(request, ListenerBench.Token);

        Assert.Equal(5, head.Content.Headers.ContentLength);
        Assert.Equal("", await head.Content.ReadAsStringAsync(ListenerBench.Token));
        Assert.Equal("hello", await http.GetStringAsync(new Uri("/x", UriKind.Relative), ListenerBench.Token));
        Assert.Equal(1, bench.Listener.ConnectionCount);
    }

    [Fact]
    public async Task What_a_client_has_already_is_not_sent_again_and_what_changed_is()
    {
        var body = "one";
        await using var bench = await StartAsync(_ => new PageAnswer(200, "text/plain", Encoding.UTF8.GetBytes(body)));
        using var clients = new WebClients(bench.Authority.AuthorityFile);
        var http = clients.Http("localhost", bench.Port);
        var first = await http.GetAsync(new Uri("/", UriKind.Relative), ListenerBench.Token);

        Assert.Equal(HttpStatusCode.NotModified, (await AskAsync(first.Headers.ETag!)).StatusCode);
        body = "two";
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(first.Headers.ETag!)).StatusCode);
        Assert.True(first.Headers.CacheControl!.NoCache);

        async Task<HttpResponseMessage> AskAsync(EntityTagHeaderValue tag)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/");
            request.Headers.IfNoneMatch.Add(tag);
            return await http.SendAsync(request, ListenerBench.Token);
        }
    }

    [Theory]
    [InlineData("POST", "/x", 405)]
    [InlineData("DELETE", "/x", 405)]
    [InlineData("HEAD", "/ws", 404)]
    [InlineData("GET", "/ws", 400)]
    public async Task Other_methods_and_a_WebSocket_path_without_an_upgrade_are_refused(string method, string path, int status)
    {
        await using var bench = await StartAsync(_ => new PageAnswer(404, "text/plain", default));
        using var clients = new WebClients(bench.Authority.AuthorityFile);
        using var request = new HttpRequestMessage(new HttpMethod(method), path);

        var answer = await clients.Http("localhost", bench.Port).SendAsync(request, ListenerBench.Token);

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(status == 405 ? "GET, HEAD" : "", string.Join(", ", answer.Content.Headers.Allow));
    }

    [Theory]
    [InlineData("GET /{1001} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", "HTTP/1.1 400 ")]
    [InlineData("GET /{9000} HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 414 ")]
    [InlineData("GET / HTTP/1.1\r\nHost: localhost\r\nX: {20000}\r\n\r\n", "HTTP/1.1 431 ")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "HTTP/1.1 400 ")]
    [InlineData("GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400 ")]
    [InlineData("GET /%00 HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 400 ")]
    [InlineData("POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 405 ")]
    [InlineData("from:alice\n", "HTTP/1.1 400 ")]
    [InlineData("\u0001\u0002\u0003garbage\r\n\r\n", "HTTP/1.1 400 ")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/1.1 ")]
    public async Task What_is_no_request_gets_a_status_and_the_listener_lives_on(string request, string answer)
    {
        await using var bench = await StartAsync(_ => new PageAnswer(200, "text/plain", "ok"u8.ToArray()));
        await using (var client = await bench.ConnectRawAsync(alpn: "http/1.1"))
        {
            await client.SendAsync(System.Text.RegularExpressions.Regex.Replace(
                request, @"\{(\d+)\}", count => new string('x', int.Parse(count.Groups[1].Value, null))));
            Assert.StartsWith(answer, await client.ReadToEndAsync(), StringComparison.Ordinal);
        }

        using var clients = new WebClients(bench.Authority.AuthorityFile);
        Assert.Equal("ok", await clients.Http("localhost", bench.Port).GetStringAsync(new Uri("/", UriKind.Relative), ListenerBench.Token));
    }

    [Fact]
    public async Task A_page_handler_that_fails_is_logged_and_answered_with_500()
    {
        await using var bench = await StartAsync(_ => throw new InvalidOperationException("a fault"));
        using var clients = new WebClients(bench.Authority.AuthorityFile);

        var answer = await clients.Http("localhost", bench.Port).GetAsync(new Uri("/", UriKind.Relative), ListenerBench.Token);

        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.DoesNotContain("a fault", await answer.Content.ReadAsStringAsync(ListenerBench.Token), StringComparison.Ordinal);
        Assert.NotEmpty(bench.Log.From(Microsoft.Extensions.Logging.LogLevel.Error));
    }

    private static Task<ListenerBench> StartAsync(Func<PageRequest, PageAnswer> answer) => ListenerBench.StartAsync(
        Handlers.Echo, options => options with { PageHandler = (request, _) => ValueTask.FromResult(answer(request)) });
}
