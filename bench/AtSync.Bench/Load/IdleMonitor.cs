using System.Diagnostics;
using System.Globalization;

namespace AtSync.Bench.Load;

/// <summary>A connection that has logged in, listens, and remembers when it heard of which commit.</summary>
internal sealed class IdleMonitor : IAsyncDisposable
{
    private const string ValueMember = "\"value\":\"";

    private readonly WireClient _client;
    private readonly Task _listening;
    private readonly bool _remembers;
    private readonly List<(long CommitId, long Ticks)> _heard = [];

    private IdleMonitor(WireClient client, bool remembers)
    {
        _client = client;
        _remembers = remembers;
        _listening = ListenAsync();
    }

    /// <summary>Lines heard so far.</summary>
    public int Count { get; private set; }

    /// <param name="target">Where.</param>
    /// <param name="atSign">Whose.</param>
    /// <param name="remembers">Whether <see cref="HeardAt"/> will be asked.</param>
    /// <param name="cancellationToken">Ends connecting.</param>
    public static async Task<IdleMonitor> ConnectAsync(LoadTarget target, string atSign, bool remembers, CancellationToken cancellationToken)
    {
        var (port, host) = target.Address(atSign);
        var client = await WireClient.ConnectAsync(port, host, cancellationToken, bufferBytes: 1024);
        await client.LoginAsync(atSign, target.Login, cancellationToken);
        await client.SendAsync("monitor\n", cancellationToken);
        return new IdleMonitor(client, remembers);
    }

    /// <summary>When it heard of this commit or a later one; null when it did not.</summary>
    public long? HeardAt(long commitId)
    {
        lock (_heard)
        {
            var first = _heard.FindIndex(item => item.CommitId >= commitId);
            return first < 0 ? null : _heard[first].Ticks;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _client.Cut();
        await _listening;
        await _client.DisposeAsync();
    }

    private async Task ListenAsync()
    {
        try
        {
            while (true)
            {
                var line = await _client.ReadLineAsync(CancellationToken.None);
                var now = Stopwatch.GetTimestamp();
                Count++;
                if (_remembers && CommitOf(line) is { } commit)
                {
                    lock (_heard)
                    {
                        _heard.Add((commit, now));
                    }
                }
            }
        }
        catch (Exception failure) when (SoakClient.IsLostConnection(failure))
        {
            // Its end.
        }
    }

    /// <summary>The commit id in a statistics notification.</summary>
    private static long? CommitOf(string line)
    {
        var at = line.IndexOf(ValueMember, StringComparison.Ordinal);
        if (at < 0 || !line.Contains("statsNotification", StringComparison.Ordinal))
        {
            return null;
        }

        var digits = line.AsSpan(at + ValueMember.Length);
        return long.TryParse(digits[..digits.IndexOf('"')], NumberStyles.Integer, CultureInfo.InvariantCulture, out var id) ? id : null;
    }
}
