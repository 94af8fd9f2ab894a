using System.Net;
using Microsoft.Extensions.Time.Testing;

namespace AtSync.Transport.Kestrel.Tests;

/// <summary>Too many connections, and peers that do not read.</summary>
public sealed class LimitTests
{
    private const string Refusal = "error:AT0012-Inbound connection limit exceeded\n";

    [Fact]
    public async Task A_surplus_connection_is_told_and_closed_and_a_place_that_is_free_again_is_given()
    {
        await using var bench = await ListenerBench.StartAsync(Handlers.Echo, options => options with { MaxConnections = 2 });
        var first = await bench.ConnectRawAsync();
        await using var second = await bench.ConnectRawAsync();
        Assert.Equal("@@", await first.ReadTextAsync(1) + await second.ReadTextAsync(1));

        await using (var surplus = await bench.ConnectRawAsync())
        {
            Assert.Equal(Refusal, await surplus.ReadToEndAsync());
        }

        await first.DisposeAsync();
        await ListenerBench.UntilAsync(() => bench.Listener.ConnectionCount == 1);
        await using var third = await bench.ConnectRawAsync();
        Assert.Equal("@", await third.ReadTextAsync(1));
    }

    [Fact]
    public async Task Connections_of_one_address_are_limited_by_themselves()
    {
        await using var bench = await ListenerBench.StartAsync(Handlers.Echo, options => options with { MaxConnectionsPerAddress = 1 });
        await using var first = await bench.ConnectRawAsync();
        Assert.Equal("@", await first.ReadTextAsync(1));
        await using var surplus = await bench.ConnectRawAsync();
        Assert.Equal(Refusal, await surplus.ReadToEndAsync());
    }

    [Fact]
    public async Task A_surplus_HTTP_client_is_told_in_its_own_words()
    {
        await using var bench = await ListenerBench.StartAsync(Handlers.Echo, options => options with { MaxConnections = 0 });
        await using var surplus = await bench.ConnectRawAsync(alpn: "http/1.1");
        Assert.StartsWith("HTTP/1.1 503 ", await surplus.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Limits_change_while_it_runs()
    {
        await using var bench = await ListenerBench.StartAsync(Handlers.Echo, options => options with { MaxConnections = 1 });
        await using var first = await bench.ConnectRawAsync();
        Assert.Equal("@", await first.ReadTextAsync(1));

        bench.Listener.UseLimits(2, 2, TimeSpan.FromSeconds(60));
        await using var second = await bench.ConnectRawAsync();
        Assert.Equal("@", await second.ReadTextAsync(1));

        bench.Listener.UseLimits(1, 2, TimeSpan.FromSeconds(60));
        await using var third = await bench.ConnectRawAsync();
        Assert.Equal(Refusal, await third.ReadToEndAsync());

        // Those that are open stay.
        await second.SendAsync("x\n");
        Assert.Equal("data:x\n@", await second.ReadTextAsync(8));
    }

    [Fact]
    public void Only_some_surplus_connections_are_told_at_a_time()
    {
        var limits = new ConnectionLimits(0, 1);
        for (var i = 0; i < ConnectionLimits.ToldMax; i++)
        {
            Assert.Equal(Admitted.ToBeTold, limits.Enter(IPAddress.Loopback));
        }

        Assert.Equal(Admitted.Not, limits.Enter(IPAddress.Loopback));
        Assert.Equal(0, limits.Count);
        limits.Leave(IPAddress.Loopback, Admitted.ToBeTold);
        Assert.Equal(Admitted.ToBeTold, limits.Enter(IPAddress.Loopback));
    }

    [Fact]
    public async Task A_peer_that_takes_no_bytes_for_the_named_time_is_cut()
    {
        var clock = new FakeTimeProvider();
        var isStalled = new TaskCompletionSource();
        var ended = new TaskCompletionSource<bool>();
        async Task Flood(IConnection connection)
        {
            var block = new byte[1 << 20];
            while (true)
            {
                var writing = connection.Output.WriteAsync(block);
                if (!writing.IsCompleted)
                {
                    isStalled.TrySetResult();
                }

                if ((await writing).IsCompleted)
                {
                    ended.SetResult(true);
                    return;
                }
            }
        }

        await using var bench = await ListenerBench.StartAsync(Flood, options => options with { TimeProvider = clock, WriteTimeout = TimeSpan.FromSeconds(60) });
        await using var client = await bench.ConnectRawAsync();
        await isStalled.Task;

        // The peer's buffers fill for a while; once they are full no more bytes are taken, and the time runs.
        await ListenerBench.UntilAsync(() =>
        {
            clock.Advance(TimeSpan.FromSeconds(61));
            return ended.Task.IsCompleted;
        });
        Assert.True(await ended.Task);
        await ListenerBench.UntilAsync(() => bench.Listener.ConnectionCount == 0);
    }
}
