using System.Buffers;
using System.IO.Pipelines;
using System.Text;

namespace AtSync.Transport.Kestrel.Tests;

/// <summary>Small protocols to serve, and the reading both sides need.</summary>
internal static class Handlers
{
    /// <summary>Says <c>@</c> first, then answers each line with <c>data:line\n@</c> until the peer ends or the listener drains.</summary>
    public static async Task Echo(IConnection connection)
    {
        await connection.Output.WriteAsync("@"u8.ToArray());
        using var draining = connection.CloseRequested.UnsafeRegister(static state => ((PipeReader)state!).CancelPendingRead(), connection.Input);
        while (await ReadLineAsync(connection.Input, CancellationToken.None) is { } line)
        {
            await connection.Output.WriteAsync(Encoding.ASCII.GetBytes($"data:{line}\n@"));
        }
    }

    /// <summary>The next line without its end; null at the end of the input or when the read is cancelled.</summary>
    public static async Task<string?> ReadLineAsync(PipeReader input, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await input.ReadAsync(cancellationToken);
            if (read.Buffer.PositionOf((byte)'\n') is { } end)
            {
                var line = Encoding.ASCII.GetString(read.Buffer.Slice(0, end));
                input.AdvanceTo(read.Buffer.GetPosition(1, end));
                return line;
            }

            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (read.IsCompleted || read.IsCanceled)
            {
                return null;
            }
        }
    }

    /// <summary>Exactly so many bytes as text.</summary>
    public static async Task<string> ReadTextAsync(PipeReader input, int count)
    {
        var read = await input.ReadAtLeastAsync(count, ListenerBench.Token);
        var bytes = read.Buffer.Slice(0, count);
        var text = Encoding.ASCII.GetString(bytes);
        input.AdvanceTo(bytes.End);
        return text;
    }

    /// <summary>Reads and drops until the end; how many bytes that were.</summary>
    public static async Task<long> DropToEndAsync(PipeReader input)
    {
        for (var count = 0L; ;)
        {
            var read = await input.ReadAsync(ListenerBench.Token);
            count += read.Buffer.Length;
            input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return count;
            }
        }
    }

    public static ValueTask<FlushResult> SendAsync(this IConnection connection, string text) =>
        connection.Output.WriteAsync(Encoding.ASCII.GetBytes(text), ListenerBench.Token);
}
