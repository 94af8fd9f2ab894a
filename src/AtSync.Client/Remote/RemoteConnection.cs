using System.Buffers;
using AtSync.Crypto;
using AtSync.Protocol;
using AtSync.Protocol.Responses;
using AtSync.Protocol.Verbs;
using AtSync.Transport;

namespace AtSync.Client.Remote;

/// <summary>
/// One connection to an atServer: requests in order, any number in flight (pipelined where the peer is ours, one at a time otherwise), notification lines beside them.
/// One reader, one writer gate. A broken connection fails every pending request with <see cref="AtFault.Network"/>.
/// </summary>
/// <remarks>
/// The reader never waits for the writer, and the writer waits only for the peer to take bytes, so that a large command and a large answer
/// may cross. Cancelling a call ends only the waiting: a command that was begun is sent whole and its answer is read and dropped.
/// </remarks>
public sealed class RemoteConnection : IAsyncDisposable
{
    /// <summary>The most bytes of one command, its newline included: what every atServer takes.</summary>
    public const int CommandBytesMax = 10_240_000;

    /// <summary>A reused command buffer above this size is given back.</summary>
    private const int KeptBufferBytesMax = 256 * 1024;

    /// <summary>Statistics come whatever the pattern is; application notifications, which nobody reads here, should stay away. No capitals:
    /// a server lower-cases a pattern behind the bare word.</summary>
    private const string StatisticsOnly = "stats.otification\\.";

    private readonly IConnection _connection;
    private readonly HostPort _address;
    private readonly AtSign _atSign;
    private readonly TimeProvider _timeProvider;
    private readonly PendingRequests _pending = new();
    private readonly ConnectionWatch _watch;
    private readonly ConnectionReader _reader;
    private readonly CancellationTokenSource _closed = new();

    /// <summary>Guards the connection's output and <see cref="_command"/>; held while a command is written.</summary>
    private readonly SemaphoreSlim _writerGate = new(1, 1);

    /// <summary>Held from command to answer while the peer is not known to take several commands at once.</summary>
    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>Guards <see cref="_features"/>.</summary>
    private readonly SemaphoreSlim _featuresGate = new(1, 1);

    private readonly TaskCompletionSource _greeted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ArrayBufferWriter<byte> _command = new(1024);
    private Task _reading = Task.CompletedTask;
    private ServerFeatures? _features;
    private volatile bool _isPipelined;
    private int _isDisposed;

    private RemoteConnection(IConnection connection, HostPort address, AtSign atSign, TimeSpan requestTimeout, TimeProvider timeProvider)
    {
        _connection = connection;
        _address = address;
        _atSign = atSign;
        _timeProvider = timeProvider;
        _watch = new ConnectionWatch(timeProvider, requestTimeout, () => _pending.Count, () => connection.Bytes, Fail, Probe);
        _reader = new ConnectionReader(connection.Input, address, atSign, _pending, _watch, Fail) { Greeted = () => _greeted.TrySetResult() };
    }

    /// <summary>Dials, waits for the first prompt.</summary>
    /// <exception cref="AtException"><see cref="AtFault.Network"/>; <see cref="AtFault.Refused"/> when the server turns the connection away.</exception>
    public static async ValueTask<RemoteConnection> ConnectAsync(
        INetwork network, HostPort address, AtSign atSign, TimeSpan requestTimeout, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        IConnection dialled;
        try
        {
            dialled = await network.DialAsync(address, cancellationToken);
        }
        catch (NetworkException failure)
        {
            throw Faults.Of(failure);
        }

        var connection = new RemoteConnection(dialled, address, atSign, requestTimeout, timeProvider);
        try
        {
            connection._watch.Greeting();
            connection._reading = connection._reader.RunAsync();
            await connection._greeted.Task.WaitAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Application bytes so far.</summary>
    public (long Sent, long Received) Bytes => _connection.Bytes;

    /// <summary>Called with each notification line, by the reader: must be quick and must not throw. Set before <see cref="StartMonitorAsync"/>.</summary>
    internal Action<NotificationLine>? Notified
    {
        get => _reader.Notified;
        set => _reader.Notified = value;
    }

    /// <summary>Cancelled when the connection is over, for whatever reason.</summary>
    internal CancellationToken Closed => _closed.Token;

    /// <summary>Why the connection is over; null while it is not.</summary>
    internal AtException? Failure => _pending.Failure;

    /// <summary>Server clock minus ours when it answered <c>info</c>; null for servers that do not say.</summary>
    internal TimeSpan? ClockOffset { get; private set; }

    /// <summary>Whose server it is.</summary>
    internal AtSign AtSign => _atSign;

    /// <summary>Whether several commands may be in flight.</summary>
    internal bool IsPipelined => _isPipelined;

    /// <summary>Sends a command and returns the payload of its <c>data:</c> answer.</summary>
    /// <exception cref="AtException"><see cref="AtFault.Refused"/> with the code for an <c>error:</c> answer; <see cref="AtFault.Network"/>.</exception>
    public ValueTask<ReadOnlyMemory<byte>> SendAsync(Verb command, CancellationToken cancellationToken) =>
        RequestAsync(static (state, output) => ((Verb)state).WriteTo(output), command, default, cancellationToken);

    /// <summary>Sends a ready line (without its newline).</summary>
    /// <exception cref="AtException">As <see cref="SendAsync"/>; <see cref="AtFault.InvalidArgument"/> for a line with a newline in it or one above <see cref="CommandBytesMax"/>.</exception>
    public ValueTask<ReadOnlyMemory<byte>> SendLineAsync(ReadOnlyMemory<byte> line, CancellationToken cancellationToken) =>
        RequestAsync(static (state, output) => output.Write(((ReadOnlyMemory<byte>)state).Span), line, default, cancellationToken);

    /// <summary>Sends a whole line, its newline included, without copying it; the bytes must not change before the answer.</summary>
    internal ValueTask<ReadOnlyMemory<byte>> SendWholeLineAsync(ReadOnlyMemory<byte> lineWithNewline, CancellationToken cancellationToken) =>
        RequestAsync(null, null, lineWithNewline, cancellationToken);

    /// <summary><c>from</c> and <c>cram</c>.</summary>
    public async ValueTask CramAsync(string secret, CancellationToken cancellationToken)
    {
        var challenge = await ChallengeAsync(cancellationToken);
        await SucceedAsync(new CramVerb { Digest = CramDigest.Compute(secret, challenge) }, cancellationToken);
    }

    /// <summary><c>from</c> and <c>pkam</c>, with the enrollment id when the keys have one.</summary>
    public async ValueTask PkamAsync(AtKeysFile keys, CancellationToken cancellationToken)
    {
        var challenge = await ChallengeAsync(cancellationToken);
        await SucceedAsync(PkamLogin.Sign(keys, challenge), cancellationToken);
    }

    /// <summary>What <c>info</c> says of the peer; asked once per connection, empty for a peer without it.</summary>
    public async ValueTask<ServerFeatures> GetFeaturesAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _features) is { } known)
        {
            return known;
        }

        await _featuresGate.WaitAsync(cancellationToken);
        try
        {
            return _features ??= await AskFeaturesAsync(cancellationToken);
        }
        finally
        {
            _featuresGate.Release();
        }
    }

    /// <summary>
    /// Starts notifications, statistics only. <c>monitor</c> has no answer, so where commands may be pipelined a <c>noop</c> right behind it
    /// tells whether it was refused; elsewhere a refusal ends the connection.
    /// </summary>
    internal async ValueTask StartMonitorAsync(CancellationToken cancellationToken)
    {
        var isShared = _isPipelined;
        var monitor = new MonitorVerb { Multiplexed = isShared, Regex = StatisticsOnly };
        if (!isShared)
        {
            await _turn.WaitAsync(cancellationToken);
            try
            {
                await _writerGate.WaitAsync(cancellationToken);
                try
                {
                    Compose(static (state, output) => ((Verb)state).WriteTo(output), monitor);
                    await FlushAsync(_command.WrittenMemory);
                    _watch.CommandWritten();
                }
                finally
                {
                    _writerGate.Release();
                }
            }
            finally
            {
                _turn.Release();
            }

            return;
        }

        await RequestAsync(
            static (state, output) =>
            {
                ((Verb)state).WriteTo(output);
                output.Write("\nnoop:0"u8);
            },
            monitor,
            default,
            cancellationToken,
            linesMax: 2);
    }

    /// <summary>From now on probes the peer when nothing came for so long, and ends the connection when the probe is not answered for as long again.</summary>
    internal void ProbeSilence(TimeSpan silence) => _watch.ProbeSilence(silence);

    /// <summary>Ends the connection and waits for its reader.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            await _reading;
            return;
        }

        Fail(new AtException(AtFault.Network, "The connection was closed by this client."), isAbort: false);
        await _connection.DisposeAsync();
        await _reading;
        await _watch.DisposeAsync();

        // The source of Closed is left to the collector: whoever fails the connection at this moment still cancels it.
    }

    private async ValueTask<ReadOnlyMemory<byte>> RequestAsync(
        Action<object, IBufferWriter<byte>>? write, object? state, ReadOnlyMemory<byte> wholeLine, CancellationToken cancellationToken, int linesMax = 1)
    {
        if (_isPipelined)
        {
            var answer = await WriteAsync(write, state, wholeLine, linesMax, cancellationToken);
            return await answer.WaitAsync(cancellationToken);
        }

        await _turn.WaitAsync(cancellationToken);
        Task<ReadOnlyMemory<byte>> request;
        try
        {
            request = await WriteAsync(write, state, wholeLine, linesMax, cancellationToken);
        }
        catch
        {
            _turn.Release();
            throw;
        }

        // The turn ends with the answer, not with the caller's patience.
        var turn = ReleaseTurnAsync(request);
        var payload = await request.WaitAsync(cancellationToken);
        await turn;
        return payload;
    }

    private async Task ReleaseTurnAsync(Task<ReadOnlyMemory<byte>> request)
    {
        await ((Task)request).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        _turn.Release();
    }

    /// <summary>Writes one command; the result is the task of its answer.</summary>
    private async ValueTask<Task<ReadOnlyMemory<byte>>> WriteAsync(
        Action<object, IBufferWriter<byte>>? write, object? state, ReadOnlyMemory<byte> wholeLine, int linesMax, CancellationToken cancellationToken)
    {
        await _writerGate.WaitAsync(cancellationToken);
        try
        {
            var line = wholeLine;
            if (write is not null)
            {
                Compose(write, state!);
                line = _command.WrittenMemory;
            }

            Check(line.Span, linesMax);
            var answer = _pending.Add();
            _watch.RequestSent();
            await FlushAsync(line);
            _watch.CommandWritten();
            return answer;
        }
        finally
        {
            if (_command.Capacity > KeptBufferBytesMax)
            {
                _command = new ArrayBufferWriter<byte>(1024);
            }

            _writerGate.Release();
        }
    }

    /// <summary>Composed apart from the output, so that a command that can't be written leaves no half line behind.</summary>
    private void Compose(Action<object, IBufferWriter<byte>> write, object state)
    {
        _command.ResetWrittenCount();
        write(state, _command);
        _command.Write("\n"u8);
    }

    private static void Check(ReadOnlySpan<byte> line, int linesMax)
    {
        if (line.Length > CommandBytesMax)
        {
            throw new AtException(
                AtFault.InvalidArgument, $"The command has {line.Length} bytes; an atServer takes at most {CommandBytesMax}. Split the value, or store it as a file.");
        }

        if (line.Count((byte)'\n') != linesMax)
        {
            throw new AtException(AtFault.InvalidArgument, "The command holds a line break, which a line of the protocol can't carry.");
        }
    }

    private async ValueTask FlushAsync(ReadOnlyMemory<byte> line)
    {
        try
        {
            // Never cancelled: half a command would end the connection. A peer that is gone is told by the reader, with what it last said.
            await _connection.Output.WriteAsync(line, CancellationToken.None);
        }
        catch (NetworkException failure)
        {
            Fail(Faults.Of(failure));
        }
        catch (InvalidOperationException) when (Failure is not null)
        {
            // Closed under the write; the answer's task says why.
        }
    }

    private async ValueTask<ServerFeatures> AskFeaturesAsync(CancellationToken cancellationToken)
    {
        try
        {
            var asked = _timeProvider.GetUtcNow();
            var payload = await SendAsync(new InfoVerb { Form = "brief" }, cancellationToken);
            var features = ServerFeatures.Read(payload, out var serverMs);
            if (serverMs is { } ms)
            {
                var middle = asked + ((_timeProvider.GetUtcNow() - asked) / 2);
                ClockOffset = TimeSpan.FromMilliseconds(ms - middle.ToUnixTimeMilliseconds());
            }

            _isPipelined = features.Has(ServerFeatures.Pipelining);
            return features;
        }
        catch (AtException refusal) when (refusal.Fault == AtFault.Refused && !Faults.IsLoginRefusal(refusal.Code))
        {
            return ServerFeatures.None;
        }
    }

    private async ValueTask<string> ChallengeAsync(CancellationToken cancellationToken)
    {
        var payload = await SendAsync(new FromVerb { AtSign = _atSign.ToString() }, cancellationToken);
        return PkamLogin.ReadChallenge(payload.Span, _atSign);
    }

    private async ValueTask SucceedAsync(Verb login, CancellationToken cancellationToken)
    {
        var answer = await SendAsync(login, cancellationToken);
        if (!answer.Span.SequenceEqual("success"u8))
        {
            throw Faults.NotTheProtocol($"{_address} answered neither success nor an error to the login.");
        }
    }

    private void Probe() => _ = ProbeAsync();

    private async Task ProbeAsync()
    {
        try
        {
            await SendAsync(new NoopVerb { DelayMs = 0 }, _closed.Token);
        }
        catch (Exception failure) when (failure is AtException or OperationCanceledException)
        {
            // The connection is over, and whoever uses it is told by that.
        }
    }

    private void Fail(AtException failure) => Fail(failure, isAbort: true);

    private void Fail(AtException failure, bool isAbort)
    {
        if (!_pending.Fail(failure))
        {
            return;
        }

        _watch.Stop();
        _greeted.TrySetException(failure.Copy());
        _ = _greeted.Task.Exception;
        if (isAbort)
        {
            _connection.Abort();
        }

        _closed.Cancel();
    }
}
