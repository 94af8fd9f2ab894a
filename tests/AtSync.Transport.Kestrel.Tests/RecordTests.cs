using System.IO.Pipelines;
using System.Security.Authentication;
using CsCheck;

namespace AtSync.Transport.Kestrel.Tests;

/// <summary>Real clients read one TLS record and take it for the whole answer; these tests look at the records on the wire.</summary>
public sealed class RecordTests
{
    private const int ApplicationData = 23;
    private const int Alert = 21;

    /// <summary>What TLS 1.3 adds to a record: the content type and the authentication tag.</summary>
    private const int AddedBy13 = 17;

    /// <summary>What TLS 1.2 with GCM adds: the explicit nonce and the tag.</summary>
    private const int AddedBy12 = 24;

    [Theory]
    [InlineData(SslProtocols.Tls13, AddedBy13)]
    [InlineData(SslProtocols.Tls12, AddedBy12)]
    public async Task One_write_leaves_as_one_record_up_to_16384_bytes(SslProtocols version, int added)
    {
        await using var bench = await ListenerBench.StartAsync(Answer);
        await using var client = await bench.ConnectRawAsync(version);
        await client.ReadAsync(1);

        foreach (var size in new[] { 1, 5_007, 16_383, 16_384 })
        {
            client.ForgetRecords();
            await client.SendAsync($"{size}\n");
            await client.ReadAsync(size);
            Assert.Equal([(ApplicationData, size + added)], client.Records());
        }
    }

    [Fact]
    public async Task A_longer_write_leaves_as_full_records_and_a_rest()
    {
        await using var bench = await ListenerBench.StartAsync(Answer);
        await using var client = await bench.ConnectRawAsync();
        await client.ReadAsync(1);

        client.ForgetRecords();
        await client.SendAsync("100000\n");
        await client.ReadAsync(100_000);

        var lengths = client.Records().Select(record => record.Length - AddedBy13).ToArray();
        Assert.Equal([16_384, 16_384, 16_384, 16_384, 16_384, 16_384, 1_696], lengths);
    }

    [Fact]
    public async Task A_reply_written_in_pieces_and_flushed_once_is_one_record_too()
    {
        await using var bench = await ListenerBench.StartAsync(async connection =>
        {
            for (var piece = 0; piece < 10; piece++)
            {
                connection.Output.GetSpan(1_000)[..1_000].Fill((byte)'x');
                connection.Output.Advance(1_000);
            }

            // What was buffered goes first, in the same record.
            await connection.SendAsync("\n@");
            await Handlers.DropToEndAsync(connection.Input);
        });
        await using var client = await bench.ConnectRawAsync();

        var text = await client.ReadTextAsync(10_002);

        Assert.EndsWith("x\n@", text, StringComparison.Ordinal);
        Assert.Equal((ApplicationData, 10_002 + AddedBy13), client.Records()[^1]);
    }

    [Fact]
    public async Task Close_notify_is_answered_with_close_notify()
    {
        await using var bench = await ListenerBench.StartAsync(Handlers.Echo);
        await using var client = await bench.ConnectRawAsync(SslProtocols.Tls12);
        await client.ReadAsync(1);
        client.ForgetRecords();

        await client.Tls.ShutdownAsync();
        Assert.Equal("", await client.ReadToEndAsync());

        Assert.Equal(Alert, Assert.Single(client.Records()).Type);
    }

    [Fact]
    public async Task A_server_that_ends_says_so_with_close_notify_after_its_last_words()
    {
        await using var bench = await ListenerBench.StartAsync(connection => connection.SendAsync("error:AT0012-full\n").AsTask());
        await using var client = await bench.ConnectRawAsync(SslProtocols.Tls12);

        Assert.Equal("error:AT0012-full\n", await client.ReadToEndAsync());

        Assert.Equal(Alert, client.Records()[^1].Type);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_read_the_handler_left_behind_ends_before_the_close_notify(bool isTalkative)
    {
        var left = new TaskCompletionSource<ReadResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var bench = await ListenerBench.StartAsync(async connection =>
        {
            await connection.SendAsync("@");
            var read = await connection.Input.ReadAsync(ListenerBench.Token);
            connection.Input.AdvanceTo(read.Buffer.End);
            _ = LeaveAsync(connection.Input, left);
        });
        await using var client = await bench.ConnectRawAsync(SslProtocols.Tls12);
        await client.ReadAsync(1);
        client.ForgetRecords();

        await client.SendAsync("x");
        for (var i = 0; isTalkative && i < 50; i++)
        {
            await client.SendAsync("more");
        }

        Assert.Equal("", await client.ReadToEndAsync());
        Assert.Equal(Alert, Assert.Single(client.Records()).Type);
        await left.Task.WaitAsync(ListenerBench.Token);
    }

    [Fact]
    public async Task Last_words_reach_a_client_that_is_still_sending()
    {
        await using var bench = await ListenerBench.StartAsync(async connection =>
        {
            await connection.Input.ReadAsync(ListenerBench.Token);
            await connection.SendAsync("error:AT0005-too long\n");
        });
        await using var dialled = await bench.DialAsync();

        var writing = dialled.Output.WriteAsync(new byte[700_000], ListenerBench.Token);
        Assert.Equal("error:AT0005-too long", await Handlers.ReadLineAsync(dialled.Input, ListenerBench.Token));
        await writing;
    }

    [Fact]
    public async Task Whatever_is_written_in_whatever_pieces_arrives_unchanged()
    {
        await using var bench = await ListenerBench.StartAsync(async connection =>
        {
            while (true)
            {
                var read = await connection.Input.ReadAsync(ListenerBench.Token);
                if (read.IsCompleted && read.Buffer.IsEmpty)
                {
                    return;
                }

                foreach (var segment in read.Buffer)
                {
                    await connection.Output.WriteAsync(segment, ListenerBench.Token);
                }

                connection.Input.AdvanceTo(read.Buffer.End);
            }
        });
        await using var dialled = await bench.DialAsync();

        await Gen.Int[1, 40_000].Array[1, 6].SampleAsync(
            async sizes =>
            {
                var total = sizes.Sum();
                var sent = new byte[total];
                new Random(total).NextBytes(sent);
                var writing = Task.Run(async () =>
                {
                    var at = 0;
                    foreach (var size in sizes)
                    {
                        await dialled.Output.WriteAsync(sent.AsMemory(at, size), ListenerBench.Token);
                        at += size;
                    }
                });
                var received = new MemoryStream();
                while (received.Length < total)
                {
                    var read = await dialled.Input.ReadAsync(ListenerBench.Token);
                    foreach (var segment in read.Buffer)
                    {
                        received.Write(segment.Span);
                    }

                    dialled.Input.AdvanceTo(read.Buffer.End);
                }

                await writing;
                Assert.Equal(sent, received.ToArray());
            },
            iter: 60,
            threads: 1);
    }

    private static async Task Answer(IConnection connection)
    {
        await connection.SendAsync("@");
        while (await Handlers.ReadLineAsync(connection.Input, CancellationToken.None) is { } line)
        {
            await connection.Output.WriteAsync(new byte[int.Parse(line, System.Globalization.CultureInfo.InvariantCulture)], ListenerBench.Token);
        }
    }

    private static async Task LeaveAsync(PipeReader input, TaskCompletionSource<ReadResult> left)
    {
        while (true)
        {
            var read = await input.ReadAsync(ListenerBench.Token);
            if (read.IsCanceled || read.IsCompleted)
            {
                left.SetResult(read);
                return;
            }

            input.AdvanceTo(read.Buffer.End);
        }
    }
}
