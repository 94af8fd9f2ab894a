using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace AtSync.Transport.Kestrel.Tests;

/// <summary>A TLS client that keeps every byte it received, so that a test can look at the records themselves.</summary>
internal sealed class RawClient : IAsyncDisposable
{
    private readonly RecordingStream _wire;

    private RawClient(Socket socket, RecordingStream wire, SslStream tls)
    {
        Socket = socket;
        _wire = wire;
        Tls = tls;
    }

    public Socket Socket { get; }

    public SslStream Tls { get; }

    public static async Task<RawClient> ConnectAsync(int port, string authorityFile, SslProtocols protocols, string host, string[] alpn)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), ListenerBench.Token);
        var wire = new RecordingStream(new NetworkStream(socket, ownsSocket: true));
        var tls = new SslStream(wire);
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPemFile(authorityFile);
        try
        {
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = host,
                    EnabledSslProtocols = protocols,
                    CertificateChainPolicy = policy,
                    ApplicationProtocols = alpn.Length == 0 ? null : [.. alpn.Select(name => new SslApplicationProtocol(name))],
                },
                ListenerBench.Token);
            return new RawClient(socket, wire, tls);
        }
        catch
        {
            await tls.DisposeAsync();
            throw;
        }
    }

    public async Task<byte[]> ReadAsync(int count)
    {
        var bytes = new byte[count];
        await Tls.ReadExactlyAsync(bytes, ListenerBench.Token);
        return bytes;
    }

    public async Task<string> ReadTextAsync(int count) => Encoding.ASCII.GetString(await ReadAsync(count));

    public async Task<string> ReadToEndAsync()
    {
        using var all = new MemoryStream();
        await Tls.CopyToAsync(all, ListenerBench.Token);
        return Encoding.ASCII.GetString(all.ToArray());
    }

    public Task SendAsync(string text) => Tls.WriteAsync(Encoding.ASCII.GetBytes(text), ListenerBench.Token).AsTask();

    /// <summary>Forgets the bytes received so far; they must end with a whole record.</summary>
    public void ForgetRecords() => _wire.Received.SetLength(0);

    /// <summary>Content type and length (with TLS's additions) of every record received since.</summary>
    public List<(int Type, int Length)> Records()
    {
        var bytes = _wire.Received.ToArray().AsSpan();
        var records = new List<(int, int)>();
        while (bytes.Length > 0)
        {
            var length = BinaryPrimitives.ReadUInt16BigEndian(bytes[3..]);
            records.Add((bytes[0], length));
            bytes = bytes[(5 + length)..];
        }

        return records;
    }

    public ValueTask DisposeAsync() => Tls.DisposeAsync();

    private sealed class RecordingStream(Stream inner) : Stream
    {
        public MemoryStream Received { get; } = new();

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = await inner.ReadAsync(buffer, cancellationToken);
            Received.Write(buffer.Span[..count]);
            return count;
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            inner.WriteAsync(buffer, cancellationToken);

        public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
