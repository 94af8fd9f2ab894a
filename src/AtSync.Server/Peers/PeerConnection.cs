using System.Buffers;
using System.Text;
using AtSync.Protocol;
using AtSync.Protocol.Responses;
using AtSync.Transport;

namespace AtSync.Server.Peers;

/// <summary>A connection to another atServer: one question at a time. After any failure it is of no more use.</summary>
/// <param name="connection">Dialled.</param>
/// <param name="own">Who asks.</param>
/// <param name="peer">Who is asked.</param>
/// <param name="options">Limits and times.</param>
/// <param name="clock">For them.</param>
/// <param name="closed">Told when it is disposed; may be told again.</param>
internal sealed class PeerConnection(
    IConnection connection, AtSign own, AtSign peer, PeerOptions options, TimeProvider clock, Action<PeerConnection> closed) : IAsyncDisposable
{
    private readonly ResponseReader _reader = new(own.ToString(), options.AnswerBytesMax);

    public AtSign Own => own;

    public AtSign Peer { get; } = peer;

    /// <summary>Whether <c>pol</c> succeeded on it.</summary>
    public bool IsProven { get; set; }

    public DateTimeOffset IdleSince { get; set; }

    public bool IsClosed => connection.Closed.IsCancellationRequested;

    /// <summary>What the peer's server says of its version; null before it was asked.</summary>
    public Version? Version { get; set; }

    /// <summary>Sends a line and returns the payload of its answer, or the error.</summary>
    public async ValueTask<PeerAnswer> AskAsync(ReadOnlyMemory<byte> line, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.AnswerTimeout, clock);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            await connection.Output.WriteAsync(line, stop.Token);
            return await ReadAsync(stop.Token);
        }
        catch (Exception failure) when (failure is NetworkException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            throw Broken(failure);
        }
    }

    public ValueTask<PeerAnswer> AskAsync(string line, CancellationToken cancellationToken) =>
        AskAsync(Encoding.UTF8.GetBytes(line + "\n"), cancellationToken);

    /// <summary><c>pol</c> is answered by a prompt alone. Null when it is the right one.</summary>
    public async ValueTask<AtError?> AskPolAsync(CancellationToken cancellationToken)
    {
        var proof = $"{own}@";
        using var timeout = new CancellationTokenSource(options.AnswerTimeout, clock);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            await connection.Output.WriteAsync("pol\n"u8.ToArray(), stop.Token);
            while (true)
            {
                var read = await connection.Input.ReadAsync(stop.Token);
                var text = Encoding.UTF8.GetString(read.Buffer);
                var isProven = text.Contains(proof, StringComparison.Ordinal);
                if (isProven || text.Contains('\n'))
                {
                    connection.Input.AdvanceTo(read.Buffer.End);
                    return isProven ? null : ResponseReader.ParseError(Encoding.UTF8.GetBytes(text.Trim().TrimStart('@').Replace("error:", "", StringComparison.Ordinal)));
                }

                connection.Input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                if (read.IsCompleted || read.Buffer.Length > 4096)
                {
                    throw Broken(null);
                }
            }
        }
        catch (Exception failure) when (failure is NetworkException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            throw Broken(failure);
        }
    }

    public ValueTask DisposeAsync()
    {
        closed(this);
        return connection.DisposeAsync();
    }

    private async ValueTask<PeerAnswer> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await connection.Input.ReadAsync(cancellationToken);
            var buffer = read.Buffer;
            var kind = _reader.TryRead(ref buffer, out var payload, read.IsCompleted);
            var bytes = kind is ReceivedKind.Data or ReceivedKind.Error ? payload.ToArray() : null;
            connection.Input.AdvanceTo(buffer.Start, read.Buffer.End);
            switch (kind)
            {
                case ReceivedKind.Data:
                    return new PeerAnswer(bytes!, null);
                case ReceivedKind.Error:
                    return new PeerAnswer(default, ResponseReader.ParseError(bytes));
                case ReceivedKind.NeedMore when !read.IsCompleted:
                case ReceivedKind.Notification:
                    break;
                default:
                    throw Broken(null);
            }
        }
    }

    private PeerException Broken(Exception? failure) => new(
        AtErrorCodes.SecondaryUnreachable, $"the atServer of {Peer} does not answer", failure);
}

/// <summary>What another atServer answered: a payload or an error.</summary>
internal readonly record struct PeerAnswer(ReadOnlyMemory<byte> Payload, AtError? Error)
{
    public string Text => Encoding.UTF8.GetString(Payload.Span);
}
