using System.Security.Authentication;

namespace AtSync.Transport.Kestrel.Tests;

/// <summary>Clients of one process keep their sessions by host name in one place: another test's connection to a server of the same name would take this one's.</summary>
[Collection(nameof(ResumptionTests))]
[CollectionDefinition(nameof(ResumptionTests), DisableParallelization = true)]
public sealed class ResumptionTests
{
    [Fact]
    public async Task A_session_is_resumed_with_a_shorter_handshake()
    {
        await using var bench = await ListenerBench.StartAsync(Handlers.Echo);
        var sizes = new List<int>();
        for (var round = 0; round < 2; round++)
        {
            await using var client = await bench.ConnectRawAsync(SslProtocols.Tls13);
            await client.ReadAsync(1);
            sizes.Add(client.Records().Sum(record => record.Length));
            await client.Tls.ShutdownAsync();
            await client.ReadToEndAsync();
        }

        Assert.True(sizes[1] < sizes[0] - 300, $"{sizes[0]} then {sizes[1]} bytes");
    }
}
