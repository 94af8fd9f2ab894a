using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;

namespace AtSync.Transport.Kestrel.Tests;

public sealed class HandshakeTests
{
    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task Both_TLS_versions_are_served_and_the_server_speaks_first(SslProtocols version)
    {
        await using var bench = await ListenerBench.StartAsync(Handlers.Echo);
        await using var client = await bench.ConnectRawAsync(version);

        Assert.Equal(version, client.Tls.SslProtocol);
        Assert.Equal("@", await client.ReadTextAsync(1));
        await client.SendAsync("hello\n");
        Assert.Equal("data:hello\n@", await client.ReadTextAsync(12));
    }

    [Theory]
    [InlineData("")]
    [InlineData("atProtocol/1.0")]
    [InlineData("atProtocol/1.0,http/1.1")]
    [InlineData("http/1.1,atProtocol/1.0")]
    public async Task Without_ALPN_or_with_its_own_the_protocol_is_served(string offered)
    {
        await using var bench = await ListenerBench.StartAsync(Handlers.Echo);
        await using var client = await bench.ConnectRawAsync(alpn: Split(offered));

        Assert.Equal("@", await client.ReadTextAsync(1));
        Assert.Equal(offered.Length == 0 ? "" : "atProtocol/1.0", client.Tls.NegotiatedApplicationProtocol.ToString());
    }

    [Theory]
    [InlineData("http/1.1")]
    [InlineData("h2,http/1.1")]
    public async Task With_ALPN_for_HTTP_a_request_gets_a_clear_answer(string offered)
    {
        await using var bench = await ListenerBench.StartAsync(Handlers.Echo);
        await using var client = await bench.ConnectRawAsync(SslProtocols.Tls12, alpn: Split(offered));

        await client.SendAsync("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        var answer = await client.ReadToEndAsync();

        Assert.StartsWith("HTTP/1.1 404 ", answer, StringComparison.Ordinal);
        Assert.Contains("atProtocol", answer, StringComparison.Ordinal);
        // An alert record: close_notify, which Kestrel alone does not send.
        Assert.Equal(21, client.Records()[^1].Type);
    }

    [Theory]
    [InlineData("h2")]
    [InlineData("something/else")]
    public async Task An_unknown_application_protocol_is_refused_in_the_handshake(string offered)
    {
        await using var bench = await ListenerBench.StartAsync(Handlers.Echo);
        var network = new TlsNetwork(bench.NetworkOptions with { ApplicationProtocols = [offered] });

        var failure = await Assert.ThrowsAsync<NetworkException>(async () => await network.DialAsync(bench.Address, ListenerBench.Token));

        Assert.Equal(NetworkFault.Tls, failure.Fault);
    }

    [Fact]
    public async Task The_handler_sees_the_host_name_the_port_and_the_protocol()
    {
        var seen = new TaskCompletionSource<IConnection>();
        await using var bench = await ListenerBench.StartAsync(
            async connection =>
            {
                seen.SetResult(connection);
                await Handlers.Echo(connection);
            },
            configure: null,
            "alice.localhost");
        var network = new TlsNetwork(bench.NetworkOptions with { ApplicationProtocols = ["atProtocol/1.0"] });

        await using var dialled = await network.DialAsync(new HostPort("Alice.localhost", bench.Port), ListenerBench.Token);
        var accepted = await seen.Task.WaitAsync(ListenerBench.Token);

        Assert.Equal("alice.localhost", accepted.ServerName);
        Assert.Equal(bench.Port, accepted.LocalPort);
        Assert.Equal("atProtocol/1.0", accepted.ApplicationProtocol);
        Assert.Equal(dialled.LocalPort, ((IPEndPoint)accepted.RemoteEndPoint!).Port);
        Assert.Equal("alice.localhost", dialled.ServerName);
        Assert.Equal("atProtocol/1.0", dialled.ApplicationProtocol);
    }

    [Fact]
    public async Task A_client_that_dials_an_address_names_no_host()
    {
        await using var bench = await ListenerBench.StartAsync(connection => connection.SendAsync($"[{connection.ServerName}]").AsTask());
        await using var dialled = await bench.DialAsync("127.0.0.1");

        Assert.Equal("[]", await Handlers.ReadTextAsync(dialled.Input, 2));
    }

    [Fact]
    public async Task A_name_without_a_certificate_is_refused()
    {
        await using var bench = await ListenerBench.StartAsync(Handlers.Echo, options => options with { CertificateSource = new NoCertificate() });

        var failure = await Assert.ThrowsAsync<NetworkException>(async () => await bench.DialAsync());

        Assert.Contains(failure.Fault, new[] { NetworkFault.Closed, NetworkFault.Tls });
        Assert.Empty(bench.Log.From(Microsoft.Extensions.Logging.LogLevel.Error));
    }

    [Fact]
    public async Task A_silent_client_is_closed_after_the_handshake_time_limit()
    {
        await using var bench = await ListenerBench.StartAsync(Handlers.Echo, options => options with { HandshakeTimeout = TimeSpan.FromMilliseconds(100) });
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, bench.Port), ListenerBench.Token);

        Assert.Equal(0, await socket.ReceiveAsync(new byte[1], ListenerBench.Token));
    }

    [Fact]
    public async Task A_renewed_certificate_is_shown_to_new_connections_and_the_old_ones_live_on()
    {
        await using var bench = await ListenerBench.StartAsync(Handlers.Echo);
        await using var before = await bench.DialAsync();
        Assert.Equal("@", await Handlers.ReadTextAsync(before.Input, 1));
        var refused = await Assert.ThrowsAsync<NetworkException>(async () => await bench.DialAsync("bob.localhost"));

        Assert.True(bench.Authority.EnsureServerCertificate("bob.localhost"));
        bench.Certificates.Reload();
        await using var after = await bench.DialAsync("bob.localhost");

        Assert.Equal(NetworkFault.WrongHostName, refused.Fault);
        Assert.Equal("@", await Handlers.ReadTextAsync(after.Input, 1));
        Assert.NotEqual(before.PeerCertificate!.SerialNumber, after.PeerCertificate!.SerialNumber);
        await before.SendAsync("still\n");
        Assert.Equal("data:still\n@", await Handlers.ReadTextAsync(before.Input, 12));
    }

    private static string[] Split(string offered) => offered.Split(',', StringSplitOptions.RemoveEmptyEntries);

    private sealed class NoCertificate : ICertificateSource
    {
        public System.Net.Security.SslStreamCertificateContext? Find(string serverName) => null;
    }
}
