using System.Buffers;
using AtSync.Server.Tests.Transcripts;
using AtSync.Transport;

namespace AtSync.Server.Tests;

/// <summary>The golden transcripts, answered by our server in memory.</summary>
public sealed class TranscriptTests
{
    /// <summary>Verbs of the grammar that the server refuses as a whole, or that need another atServer. A verb that gets its handler leaves the list.</summary>
    private static readonly string[] NotServed =
    [
        "pol.wire",
    ];

    public static TheoryData<string> Files => Transcript.Files;

    [Theory]
    [MemberData(nameof(Files))]
    public async Task The_server_answers_as_the_transcript_says(string file)
    {
        await using var bench = await ServerBench.StartAsync();
        using var key = TestKeys.NewSigningKey();
        var replay = new TranscriptReplay(
            async () => new MemoryReplayConnection(await bench.Network.DialAsync(new HostPort("alice.test", 1), TestContext.Current.CancellationToken)),
            ServerBench.Secret, key, (_, _) => Task.CompletedTask);

        var isServed = await replay.RunAsync(file);
        Assert.True(isServed != NotServed.Contains(file), $"{file} is {(isServed ? "served: take it out of the list" : "not served")}");
    }

    private sealed class MemoryReplayConnection(IConnection connection) : IReplayConnection
    {
        public async Task SendAsync(byte[] bytes) => await connection.Output.WriteAsync(bytes, TestContext.Current.CancellationToken);

        public async Task<byte[]> ReceiveAsync()
        {
            var read = await connection.Input.ReadAsync(TestContext.Current.CancellationToken);
            var bytes = read.Buffer.ToArray();
            connection.Input.AdvanceTo(read.Buffer.End);
            return bytes;
        }

        public ValueTask DisposeAsync() => connection.DisposeAsync();
    }
}
