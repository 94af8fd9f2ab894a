using System.Text;
using AtSync.App.Hosting;
using AtSync.Crypto;
using AtSync.Transport;

namespace AtSync.EndToEnd.Tests;

/// <summary>A connection authenticated by the one-time secret.</summary>
internal sealed class OwnerConnection(IConnection connection, string prompt) : IAsyncDisposable
{
    private readonly StringBuilder _received = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static Task<OwnerConnection> ConnectAsync(ServerProcess server, string name)
    {
        var atSign = server.Ready.AtSigns.Single(entry => entry.AtSign.Name == name);
        return ConnectAsync(name, atSign.Address, atSign.Secret!, server.Ready.AuthorityFile);
    }

    public static async Task<OwnerConnection> ConnectAsync(string name, string at, string secret, string authorityFile)
    {
        Assert.True(HostPort.TryParse(at, out var address));
        var network = new TlsNetwork(new TlsNetworkOptions { AuthorityFiles = [authorityFile], TrustSystemAuthorities = false });
        var owner = new OwnerConnection(await network.DialAsync(address, Token), $"@{name}@");
        await owner.ReadUntilAsync("@");
        await owner.SendAsync($"from:@{name}\n");
        var challenge = (await owner.ReadUntilAsync("\n@"))["data:".Length..^2];
        await owner.SendAsync($"cram:{CramDigest.Compute(secret, challenge)}\n");
        await owner.ReadUntilAsync($"data:success\n@{name}@");
        return owner;
    }

    public async Task SendAsync(string text) => await connection.Output.WriteAsync(Encoding.UTF8.GetBytes(text), Token);

    public async Task<string> AskAsync(string command)
    {
        await SendAsync(command + "\n");
        return await ReadUntilAsync("\n" + prompt);
    }

    public async Task<string> ReadUntilAsync(string ending)
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

            var read = await connection.Input.ReadAsync(Token);
            _received.Append(Encoding.UTF8.GetString(read.Buffer));
            connection.Input.AdvanceTo(read.Buffer.End);
            Assert.False(read.IsCompleted, $"the connection ended; waited for {ending.Trim()}, got {text}");
        }
    }

    /// <summary>Waits until the server has ended it.</summary>
    public async Task EndsAsync()
    {
        while (true)
        {
            var read = await connection.Input.ReadAsync(Token);
            connection.Input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return;
            }
        }
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();
}
