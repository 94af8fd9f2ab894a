using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using AtSync.Crypto;
using AtSync.Crypto.Algorithms;

namespace AtSync.Bench.Load;

/// <summary>
/// The lightest client there is: a TLS stream and lines. For thousands of connections in one process, and for peers that misbehave. One reader and one
/// writer at a time.
/// </summary>
internal sealed class WireClient : IAsyncDisposable
{
    /// <summary>Enough for a page of what the load works ask for.</summary>
    private const int LineBytesMax = 1024 * 1024;

    private readonly Socket _socket;
    private readonly SslStream _stream;
    private byte[] _buffer;
    private int _start;
    private int _end;

    private WireClient(Socket socket, SslStream stream, int bufferBytes)
    {
        _socket = socket;
        _stream = stream;
        _buffer = ArrayPool<byte>.Shared.Rent(bufferBytes);
    }

    /// <summary>Serial number of the certificate that the server showed.</summary>
    public string Certificate => _stream.RemoteCertificate!.GetSerialNumberString();

    /// <summary>Connects to a loopback port, asks for a host name in TLS, and reads the greeting.</summary>
    [SuppressMessage("Security", "CA5359", Justification = "Load is tried, not trust: the server was started by this process, on loopback.")]
    public static async Task<WireClient> ConnectAsync(int port, string host, CancellationToken cancellationToken, int bufferBytes = 4096)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        SslStream? stream = null;
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), cancellationToken);
            stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
            await stream.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = host,
                    EnabledSslProtocols = SslProtocols.Tls13 | SslProtocols.Tls12,
                    RemoteCertificateValidationCallback = (_, _, _, _) => true,
                },
                cancellationToken);
            var client = new WireClient(socket, stream, bufferBytes);
            await client.SkipPromptAsync("@"u8.Length, cancellationToken);
            return client;
        }
        catch
        {
            if (stream is not null)
            {
                await stream.DisposeAsync();
            }

            socket.Dispose();
            throw;
        }
    }

    /// <summary><c>from</c> and <c>pkam</c>.</summary>
    /// <exception cref="IOException">Refused.</exception>
    public async Task LoginAsync(string atSign, RsaPrivateKey key, CancellationToken cancellationToken)
    {
        var challenge = await AskAsync($"from:{atSign}", cancellationToken);
        var answer = challenge.StartsWith("data:", StringComparison.Ordinal)
            ? await AskAsync($"pkam:{PkamSignature.Sign(challenge[5..], key)}", cancellationToken)
            : challenge;
        if (answer != "data:success")
        {
            throw new IOException($"The login of {atSign} was refused: {answer}");
        }
    }

    /// <summary>Sends a command and reads its answer without the prompt.</summary>
    public async Task<string> AskAsync(string command, CancellationToken cancellationToken)
    {
        await SendAsync(command + "\n", cancellationToken);
        while (true)
        {
            var line = await ReadLineAsync(cancellationToken);
            if (!line.StartsWith("notification:", StringComparison.Ordinal))
            {
                return line;
            }
        }
    }

    /// <summary>Sends text as it is.</summary>
    public ValueTask SendAsync(string text, CancellationToken cancellationToken) => _stream.WriteAsync(Encoding.UTF8.GetBytes(text), cancellationToken);

    /// <summary>The next line, without the prompt before it: a prompt is everything up to an <c>@</c> that <c>data:</c>, <c>error:</c> or <c>notification:</c> follows.</summary>
    /// <exception cref="IOException">The server closed the connection.</exception>
    public async Task<string> ReadLineAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var newline = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            if (newline >= 0)
            {
                var line = WithoutPrompt(Encoding.UTF8.GetString(_buffer, _start, newline));
                _start += newline + 1;
                return line;
            }

            await ReceiveAsync(cancellationToken);
        }
    }

    /// <summary>Cuts the connection without a word, as a device that dies does.</summary>
    public void Cut() => _socket.Close(0);

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private static string WithoutPrompt(string line)
    {
        foreach (var begin in new[] { "data:", "error:", "notification:" })
        {
            var at = line.IndexOf(begin, StringComparison.Ordinal);
            if (at == 0 || (at > 0 && line[at - 1] == '@' && line[0] == '@'))
            {
                return line[at..];
            }
        }

        return line;
    }

    private async Task SkipPromptAsync(int bytes, CancellationToken cancellationToken)
    {
        while (_end - _start < bytes)
        {
            await ReceiveAsync(cancellationToken);
        }

        _start += bytes;
    }

    private async Task ReceiveAsync(CancellationToken cancellationToken)
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length)
        {
            if (_end >= LineBytesMax)
            {
                throw new IOException("The server's line is longer than this client takes.");
            }

            var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
            _buffer.AsSpan(0, _end).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }

        var read = await _stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
        if (read == 0)
        {
            throw new IOException("The server closed the connection.");
        }

        _end += read;
    }
}
