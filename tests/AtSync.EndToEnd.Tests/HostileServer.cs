using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using AtSync.Transport;

namespace AtSync.EndToEnd.Tests;

/// <summary>
/// An atDirectory and an atServer of @alice on one TLS port, on bare sockets: right up to the command that <see cref="Attack"/> takes, then as bad as the
/// test likes. It believes every login. Holds one record that devices pull, and counts what they push.
/// </summary>
internal sealed class HostileServer : IAsyncDisposable
{
    /// <summary>Instead of an answer: says nothing at all.</summary>
    public const string Silence = "<silence>";

    /// <summary>At the end of an answer: it is sent as it is, without newline and prompt, and the connection is closed.</summary>
    public const string Cut = "<cut>";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly X509Certificate2 _certificate;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<Task> _serving = [];
    private readonly Task _accepting;
    private int _lastId = 1;

    public HostileServer(string folder)
    {
        var authority = LocalAuthority.Open(folder, TimeProvider.System);
        authority.EnsureServerCertificate();
        AuthorityFile = authority.AuthorityFile;
        _certificate = X509Certificate2.CreateFromPemFile(authority.Server.ChainFile, authority.Server.KeyFile);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string AuthorityFile { get; }

    public string Root => $"localhost:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>What is answered to a command; null answers as an atServer does.</summary>
    public Func<string, string?>? Attack { get; set; }

    /// <summary>Keys pushed and acknowledged.</summary>
    public ConcurrentDictionary<string, int> Pushed { get; } = new(StringComparer.Ordinal);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_serving);
        _certificate.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _serving.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
        }
        catch (Exception failure) when (failure is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            using (client)
            {
                await using var tls = new SslStream(client.GetStream());
                await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate }, _stop.Token);
                await WriteAsync(tls, "@");
                using var lines = new StreamReader(tls, Encoding.UTF8);
                var prompt = "@";
                while (await lines.ReadLineAsync(_stop.Token) is { } line && line != "@exit")
                {
                    var answer = Attack?.Invoke(line) ?? Answer(line, ref prompt);
                    if (answer.EndsWith(Cut, StringComparison.Ordinal))
                    {
                        await WriteAsync(tls, answer[..^Cut.Length]);
                        return;
                    }

                    if (answer.Length > 0 && answer != Silence)
                    {
                        await WriteAsync(tls, $"{answer}\n{prompt}");
                    }
                }
            }
        }
        catch (Exception failure) when (failure is IOException or OperationCanceledException or SocketException or System.Security.Authentication.AuthenticationException)
        {
            // The client had enough of it.
        }
    }

    private async Task WriteAsync(SslStream tls, string text) => await tls.WriteAsync(Encoding.UTF8.GetBytes(text), _stop.Token);

    private string Answer(string line, ref string prompt)
    {
        switch (line.Split(':')[0])
        {
            case "alice":
                return Root;
            case "from":
                return "data:_0123@alice:4567";
            case "pkam":
                prompt = "@alice@";
                return "data:success";
            case "info":
                return "data:{\"version\":\"3.17.0\",\"features\":[{\"name\":\"atsync.ifCommit\",\"status\":\"GA\"},{\"name\":\"atsync.epoch\",\"status\":\"GA\"},{\"name\":\"atsync.pipelining\",\"status\":\"GA\"}],\"epoch\":\"e\"}";
            case "stats":
                return $"data:[{{\"id\":\"3\",\"name\":\"lastCommitID\",\"value\":\"{_lastId}\"}}]";
            case "llookup":
                return "data:PUBLICKEY";
            case "noop":
                return "data:ok";
            case "sync":
                return line.Contains("from:-1:", StringComparison.Ordinal) || line.Contains("from:0:", StringComparison.Ordinal)
                    ? "data:[" + Entry("there.notes@alice", 1) + "]" : "data:[]";
            case "batch":
                return "data:" + Take(line["batch:".Length..]);
            default:
                return "error:AT0003-Invalid syntax : invalid command";
        }
    }

    public static string Entry(string key, object commitId) =>
        $"{{\"atKey\":\"{key}\",\"value\":\"in clear\",\"metadata\":{{\"isEncrypted\":\"false\"}},\"commitId\":{commitId},\"operation\":\"*\"}}";

    private string Take(string json)
    {
        using var batch = JsonDocument.Parse(json);
        var answers = new List<string>();
        foreach (var item in batch.RootElement.EnumerateArray())
        {
            var command = item.GetProperty("command").GetString()!;
            Pushed[command[..command.IndexOf(' ', StringComparison.Ordinal)].Split(':')[^1]] = 1;
            answers.Add($"{{\"id\":{item.GetProperty("id").GetInt32()},\"response\":{{\"data\":\"{++_lastId}\"}}}}");
        }

        return $"[{string.Join(',', answers)}]";
    }
}
