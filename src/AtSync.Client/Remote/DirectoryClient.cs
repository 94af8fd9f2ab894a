using System.Text;
using AtSync.Protocol;
using AtSync.Transport;

namespace AtSync.Client.Remote;

/// <summary>Asks an atDirectory. Answers are kept for an hour, and forgotten when the address does not answer.</summary>
/// <remarks>
/// Exchange: the directory greets with <c>@</c>; <c>alice⏎</c> → <c>host:port␍⏎@</c> or <c>null␍⏎@</c>; <c>@exit⏎</c> ends it. The atSign goes without its <c>@</c>.
/// </remarks>
public sealed class DirectoryClient
{
    /// <summary>How long an answer is good for.</summary>
    public static readonly TimeSpan AnswerLife = TimeSpan.FromHours(1);

    /// <summary>Time for one attempt: a little more than dialling takes at most, so that its own error, which says more, comes first.</summary>
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(12);

    /// <summary>Waits between attempts that failed for a reason that may pass.</summary>
    private static readonly TimeSpan[] Waits = [TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(150)];

    /// <summary>The most bytes of an answer: a host name of 255 characters, a port, the prompts.</summary>
    private const int AnswerBytesMax = 512;

    private readonly INetwork _network;
    private readonly HostPort _directory;
    private readonly TimeProvider _timeProvider;

    // Guards the answers.
    private readonly Lock _gate = new();
    private readonly Dictionary<AtSign, (HostPort Address, long At)> _answers = [];

    /// <summary>A client of one atDirectory.</summary>
    public DirectoryClient(INetwork network, HostPort directory, TimeProvider timeProvider)
    {
        _network = network;
        _directory = directory;
        _timeProvider = timeProvider;
    }

    /// <summary>Where the atServer is.</summary>
    /// <exception cref="AtException"><see cref="AtFault.NotFound"/> when the atDirectory has no entry; <see cref="AtFault.Network"/>.</exception>
    public async ValueTask<HostPort> FindAsync(AtSign atSign, CancellationToken cancellationToken)
    {
        if (TryGetKept(atSign, out var kept))
        {
            return kept;
        }

        var address = await AskAsync(atSign, cancellationToken);
        lock (_gate)
        {
            _answers[atSign] = (address, _timeProvider.GetTimestamp());
        }

        return address;
    }

    /// <summary>Forgets an answer.</summary>
    public void Forget(AtSign atSign)
    {
        lock (_gate)
        {
            _answers.Remove(atSign);
        }
    }

    internal bool TryGetKept(AtSign atSign, out HostPort address)
    {
        lock (_gate)
        {
            if (_answers.TryGetValue(atSign, out var answer) && _timeProvider.GetElapsedTime(answer.At) < AnswerLife)
            {
                address = answer.Address;
                return true;
            }
        }

        address = default;
        return false;
    }

    private async ValueTask<HostPort> AskAsync(AtSign atSign, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await AskOnceAsync(atSign, cancellationToken);
            }
            catch (NetworkException failure)
            {
                // A wrong certificate or host name does not get better by asking again, and a time-out has cost enough.
                if (attempt == Waits.Length || failure.Fault is not (NetworkFault.Unreachable or NetworkFault.Closed))
                {
                    throw new AtException(AtFault.Network, $"The atDirectory can't be asked. {failure.Message}", inner: failure);
                }
            }

            await Task.Delay(Waits[attempt], _timeProvider, cancellationToken);
        }
    }

    private async ValueTask<HostPort> AskOnceAsync(AtSign atSign, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(AttemptTimeout, _timeProvider);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            await using var connection = await _network.DialAsync(_directory, stop.Token);
            await ReadAsync(connection, static text => text.Contains('@'), stop.Token);
            await connection.Output.WriteAsync(Encoding.UTF8.GetBytes($"{atSign.Name}\n"), stop.Token);
            var answer = await ReadAsync(connection, static text => text.Contains('\n'), stop.Token);
            await connection.Output.WriteAsync("@exit\n"u8.ToArray(), stop.Token);
            return Read(answer, atSign);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new NetworkException(NetworkFault.Timeout, $"{_directory} did not answer within {AttemptTimeout.TotalSeconds:0} s. Check the address and the network.");
        }
    }

    private async ValueTask<string> ReadAsync(IConnection connection, Func<string, bool> isWhole, CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await connection.Input.ReadAsync(cancellationToken);
            var buffer = result.Buffer;
            var text = Encoding.UTF8.GetString(buffer.Slice(0, Math.Min(buffer.Length, AnswerBytesMax)));
            if (isWhole(text))
            {
                connection.Input.AdvanceTo(buffer.End);
                return text;
            }

            if (buffer.Length >= AnswerBytesMax || result.IsCompleted)
            {
                connection.Input.AdvanceTo(buffer.End);
                throw result.IsCompleted && buffer.Length < AnswerBytesMax
                    ? new NetworkException(NetworkFault.Closed, $"{_directory} closed the connection before it answered.")
                    : NotADirectory();
            }

            connection.Input.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    private HostPort Read(string answer, AtSign atSign)
    {
        var text = answer.AsSpan(0, answer.IndexOf('\n', StringComparison.Ordinal)).Trim().Trim('@').Trim();
        if (text.SequenceEqual("null"))
        {
            throw new AtException(
                AtFault.NotFound,
                $"The atDirectory {_directory} has no entry for {atSign}. Check the spelling and that this is the right atDirectory; a new atSign must be registered there first.",
                AtErrorCodes.SecondaryNotFound);
        }

        return HostPort.TryParse(text.ToString(), out var address) ? address : throw NotADirectory();
    }

    private NetworkException NotADirectory() =>
        new(NetworkFault.NotTheProtocol, $"{_directory} does not answer as an atDirectory does. Check the address.");
}
