using System.Text;
using System.Text.RegularExpressions;
using AtSync.Transport;

namespace AtSync.Server.Tests;

/// <summary>A client that sees bytes: sends text as it is and waits for text that ends as expected.</summary>
internal sealed class RawClient(IConnection connection) : IAsyncDisposable
{
    private readonly StringBuilder _received = new();

    public IConnection Connection { get; } = connection;

    public string Prompt { get; set; } = "@";

    public async Task SendAsync(string text) =>
        await Connection.Output.WriteAsync(Encoding.UTF8.GetBytes(text), TestContext.Current.CancellationToken);

    public async Task SendAsync(byte[] bytes) => await Connection.Output.WriteAsync(bytes, TestContext.Current.CancellationToken);

    /// <summary>Sends a command and returns everything up to and including the prompt.</summary>
    public async Task<string> AskAsync(string command)
    {
        await SendAsync(command + "\n");
        return await ReadAsync("\n" + Prompt);
    }

    /// <summary>The answer without its line end and prompt.</summary>
    public async Task<string> AnswerAsync(string command)
    {
        var answer = await AskAsync(command);
        return answer[..^(1 + Prompt.Length)];
    }

    /// <summary>Takes what was received up to the first place where it reads <paramref name="ending"/>.</summary>
    public async Task<string> ReadAsync(string ending)
    {
        while (true)
        {
            var text = _received.ToString();
            var at = text.IndexOf(ending, StringComparison.Ordinal);
            if (at >= 0)
            {
                _received.Remove(0, at + ending.Length);
                return text[..(at + ending.Length)];
            }

            Assert.True(await ReceiveAsync(), $"the connection ended; waited for {ending.Trim()}, got {text}");
        }
    }

    /// <summary>Everything until the server closes.</summary>
    public async Task<string> ReadToEndAsync()
    {
        while (await ReceiveAsync())
        {
        }

        return _received.ToString();
    }

    /// <summary>What arrived and was not taken yet, without waiting.</summary>
    public string Peek()
    {
        if (Connection.Input.TryRead(out var read))
        {
            _received.Append(Encoding.UTF8.GetString(read.Buffer));
            Connection.Input.AdvanceTo(read.Buffer.End);
        }

        return _received.ToString();
    }

    /// <summary>Onboarding's first half: <c>from</c> and <c>cram</c>.</summary>
    public async Task CramAsync(string atSign, string secret)
    {
        var challenge = (await AnswerAsync($"from:@{atSign}"))["data:".Length..];
        Prompt = $"@{atSign}@";
        Assert.Equal($"data:success\n@{atSign}@", await AskAsync($"cram:{Crypto.CramDigest.Compute(secret, challenge)}"));
    }

    public async Task<string> PkamAsync(string atSign, Crypto.Algorithms.RsaPrivateKey key, string? enrollmentId = null)
    {
        var challenge = (await AnswerAsync($"from:@{atSign}"))["data:".Length..];
        var signature = Crypto.PkamSignature.Sign(challenge, key);
        await SendAsync($"pkam:{(enrollmentId is null ? "" : $"enrollmentId:{enrollmentId}:")}{signature}\n");
        var answer = await ReadAsync("\n");
        Prompt = answer == "data:success\n" ? $"@{atSign}@" : "@";
        await ReadAsync(Prompt);
        return answer.TrimEnd('\n');
    }

    /// <summary>Replaces what differs from run to run.</summary>
    public static string Mask(string text) => Regex.Replace(text, "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<uuid>");

    public ValueTask DisposeAsync() => Connection.DisposeAsync();

    private async Task<bool> ReceiveAsync()
    {
        var read = await Connection.Input.ReadAsync(TestContext.Current.CancellationToken);
        _received.Append(Encoding.UTF8.GetString(read.Buffer));
        Connection.Input.AdvanceTo(read.Buffer.End);
        return !read.IsCompleted || !read.Buffer.IsEmpty;
    }
}
