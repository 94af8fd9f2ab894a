using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace AtSync.EndToEnd.Tests;

/// <summary>A client on a bare TLS stream: it sees records as they were sent.</summary>
internal sealed class TlsClient : IAsyncDisposable
{
    private readonly SslStream _tls;
    private readonly byte[] _record = new byte[16_384];

    private TlsClient(SslStream tls) => _tls = tls;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Connects on loopback, trusting one authority.</summary>
    public static async Task<TlsClient> ConnectAsync(int port, string authorityFile)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), Token);
        var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPemFile(authorityFile);
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost", CertificateChainPolicy = policy }, Token);
        return new TlsClient(tls);
    }

    public async Task SendAsync(byte[] bytes) => await _tls.WriteAsync(bytes, Token);

    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    public async Task<string> AskAsync(string command)
    {
        await SendAsync(command + "\n");
        return await ReadRecordAsync();
    }

    /// <summary>One read of the decrypting stream, which never joins two records.</summary>
    public async Task<string> ReadRecordAsync() => Encoding.UTF8.GetString(await ReceiveAsync());

    public async Task<byte[]> ReceiveAsync() => _record[..await _tls.ReadAsync(_record, Token)];

    /// <summary>Says close_notify and returns what came until the server's: false when the connection was cut instead.</summary>
    public async Task<bool> CloseAsync()
    {
        await _tls.ShutdownAsync();
        try
        {
            while (await _tls.ReadAsync(_record, Token) > 0)
            {
            }

            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Sends everything while whatever comes is taken, until the server closes or has been answering the last line. The last bytes received.</summary>
    public async Task<string> FloodAsync(IEnumerable<byte[]> pieces, string until)
    {
        var sending = SendAllAsync(pieces);
        var last = "";
        try
        {
            while (!last.Contains(until, StringComparison.Ordinal) && await ReadRecordAsync() is { Length: > 0 } record)
            {
                last = (last + record)[^Math.Min(last.Length + record.Length, 4096)..];
            }
        }
        catch (IOException)
        {
            // Cut: for some of this the server may.
        }

        await sending;
        return last;
    }

    public ValueTask DisposeAsync() => _tls.DisposeAsync();

    private async Task SendAllAsync(IEnumerable<byte[]> pieces)
    {
        try
        {
            foreach (var piece in pieces)
            {
                await SendAsync(piece);
            }
        }
        catch (IOException)
        {
            // The server closed in the middle of it.
        }
    }
}
