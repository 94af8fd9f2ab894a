using System.Text;
using AtSync.Protocol;
using AtSync.Transport;

namespace AtSync.Server.Peers;

/// <summary>Asks the atDirectory where an atSign's atServer is; answers are good for an hour, or until the address does not answer.</summary>
internal sealed class PeerDirectory(PeerOptions options, TimeProvider clock)
{
    private const int AnswerBytesMax = 512;
    private const int AnswersMax = 10_000;
    private static readonly TimeSpan AnswerLife = TimeSpan.FromHours(1);

    // Guards the answers.
    private readonly Lock _gate = new();
    private readonly Dictionary<AtSign, (HostPort Address, DateTimeOffset Until)> _answers = [];

    public async ValueTask<HostPort> FindAsync(AtSign atSign, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_answers.TryGetValue(atSign, out var kept) && kept.Until > clock.GetUtcNow())
            {
                return kept.Address;
            }
        }

        var address = await AskAsync(atSign, cancellationToken);
        lock (_gate)
        {
            if (_answers.Count >= AnswersMax)
            {
                _answers.Clear();
            }

            _answers[atSign] = (address, clock.GetUtcNow() + AnswerLife);
        }

        return address;
    }

    public void Forget(AtSign atSign)
    {
        lock (_gate)
        {
            _answers.Remove(atSign);
        }
    }

    private async ValueTask<HostPort> AskAsync(AtSign atSign, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.AnswerTimeout, clock);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            await using var connection = await options.Network.DialAsync(options.Directory, stop.Token);
            await connection.Output.WriteAsync(Encoding.UTF8.GetBytes($"{atSign.Name}\n"), stop.Token);
            var answer = await ReadLineAsync(connection, stop.Token);
            await connection.Output.WriteAsync("@exit\n"u8.ToArray(), stop.Token);
            if (answer == "null")
            {
                throw new PeerException(AtErrorCodes.SecondaryNotFound, $"Unable to find secondary address for atSign:{atSign.Name}");
            }

            return HostPort.TryParse(answer, out var address)
                ? address
                : throw new PeerException(AtErrorCodes.SecondaryNotFound, $"the atDirectory {options.Directory} does not answer as one");
        }
        catch (Exception failure) when (failure is NetworkException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            throw new PeerException(AtErrorCodes.SecondaryUnreachable, $"the atDirectory {options.Directory} does not answer", failure);
        }
    }

    /// <summary>The first line without the prompts around it.</summary>
    private static async ValueTask<string> ReadLineAsync(IConnection connection, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await connection.Input.ReadAsync(cancellationToken);
            var text = Encoding.UTF8.GetString(read.Buffer.Slice(0, Math.Min(read.Buffer.Length, AnswerBytesMax)));
            var end = text.IndexOf('\n', StringComparison.Ordinal);
            if (end >= 0 || read.Buffer.Length >= AnswerBytesMax || read.IsCompleted)
            {
                connection.Input.AdvanceTo(read.Buffer.End);
                return end >= 0 ? text[..end].Trim().Trim('@').Trim() : "";
            }

            connection.Input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }
}
