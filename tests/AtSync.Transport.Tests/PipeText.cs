using System.IO.Pipelines;
using System.Text;

namespace AtSync.Transport.Tests;

/// <summary>Reading and writing of text, with the test's own deadline.</summary>
internal static class PipeText
{
    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public static ValueTask<FlushResult> SendAsync(this IConnection connection, string text) =>
        connection.Output.WriteAsync(Encoding.ASCII.GetBytes(text), Token);

    /// <summary>Exactly so many bytes as text.</summary>
    public static async Task<string> ReceiveAsync(this IConnection connection, int count)
    {
        var read = await connection.Input.ReadAtLeastAsync(count, Token);
        var bytes = read.Buffer.Slice(0, Math.Min(count, read.Buffer.Length));
        var text = Encoding.ASCII.GetString(bytes);
        connection.Input.AdvanceTo(bytes.End);
        return text;
    }

    /// <summary>What comes until the end.</summary>
    public static async Task<string> ReceiveToEndAsync(this IConnection connection)
    {
        var all = new StringBuilder();
        while (true)
        {
            var read = await connection.Input.ReadAsync(Token);
            all.Append(Encoding.ASCII.GetString(read.Buffer));
            connection.Input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return all.ToString();
            }
        }
    }

    /// <summary>Completes when the token fires.</summary>
    public static async Task FiredAsync(this CancellationToken token)
    {
        var fired = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = token.Register(fired.SetResult);
        await fired.Task.WaitAsync(Token);
    }
}
