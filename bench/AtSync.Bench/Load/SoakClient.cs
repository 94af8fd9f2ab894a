using System.Globalization;

namespace AtSync.Bench.Load;

/// <summary>Counters; added to by all clients.</summary>
internal sealed class SoakCounts
{
    public long Operations;
    public long Connections;
    public long Cuts;
    public long Lost;
}

/// <summary>
/// One client of a soak: comes and goes, reads and writes keys of its own, misbehaves now and then, and knows what each of its keys must hold. A write whose
/// answer was not seen may or may not have happened; everything that was answered must be there.
/// </summary>
internal sealed class SoakClient(LoadTarget target, SoakCounts counts, int id, string atSign, int seed)
{
    private const int Keys = 60;
    private const int OperationsMax = 200;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Random _random = new(seed);

    // Every value that a key may have now; null = absent. More than one while an answer is owed.
    private readonly Dictionary<string, HashSet<string?>> _expected = [];

    public List<string> Findings { get; } = [];

    /// <summary>Connects again and again until the token fires; a lost connection is a part of life.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await VisitAsync(stop);
            }
            catch (Exception failure) when (IsLostConnection(failure))
            {
                await Task.Delay(_random.Next(50, 300), CancellationToken.None);
            }
        }
    }

    /// <summary>Reads every key back.</summary>
    public async Task VerifyAsync(CancellationToken cancellationToken)
    {
        await using var client = await ConnectAsync(cancellationToken);
        foreach (var key in _expected.Keys)
        {
            await ReadAsync(client, key, cancellationToken);
        }
    }

    public static bool IsLostConnection(Exception failure) =>
        failure is IOException or System.Net.Sockets.SocketException or System.Security.Authentication.AuthenticationException
            or OperationCanceledException or ObjectDisposedException;

    private async Task<WireClient> ConnectAsync(CancellationToken cancellationToken)
    {
        var (port, host) = target.Address(atSign);
        var client = await WireClient.ConnectAsync(port, host, cancellationToken);
        Interlocked.Increment(ref counts.Connections);
        await client.LoginAsync(atSign, target.Login, cancellationToken);
        return client;
    }

    private async Task VisitAsync(CancellationToken stop)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        await using var client = await ConnectAsync(patience.Token);
        for (var left = _random.Next(1, OperationsMax); left > 0 && !stop.IsCancellationRequested; left--)
        {
            patience.CancelAfter(Patience);
            await OperateAsync(client, patience.Token);
            Interlocked.Increment(ref counts.Operations);
            if (_random.Next(4) == 0)
            {
                await Task.Delay(_random.Next(1, 20), patience.Token);
            }
        }

        await EndAsync(client, patience.Token);
    }

    private Task OperateAsync(WireClient client, CancellationToken cancellationToken)
    {
        var key = string.Create(CultureInfo.InvariantCulture, $"c{id}k{_random.Next(Keys)}.soak{atSign}");
        return _random.Next(20) switch
        {
            < 8 => WriteAsync(client, key, cancellationToken),
            < 10 => DeleteAsync(client, key, cancellationToken),
            < 15 => ReadAsync(client, key, cancellationToken),
            15 => BatchAsync(client, cancellationToken),
            16 => client.AskAsync("scan c[0-9]+k1", cancellationToken),
            17 => client.AskAsync($"sync:from:{_random.Next(-1, 2000)}:limit:{_random.Next(1, 20)}", cancellationToken),
            18 => client.AskAsync($"notify:id:{id}-{_random.NextInt64():x}:messageType:text:{atSign}:hello", cancellationToken),
            _ => client.AskAsync(_random.Next(2) == 0 ? "stats" : "info", cancellationToken),
        };
    }

    private async Task WriteAsync(WireClient client, string key, CancellationToken cancellationToken)
    {
        var value = Value(_random.Next(20) == 0 ? 20_000 : 200);
        await ChangeAsync(client, key, value, $"update:{key} {value}", cancellationToken);
    }

    private Task DeleteAsync(WireClient client, string key, CancellationToken cancellationToken) =>
        ChangeAsync(client, key, null, $"delete:{key}", cancellationToken);

    private async Task ChangeAsync(WireClient client, string key, string? value, string command, CancellationToken cancellationToken)
    {
        Possible(key).Add(value);
        var answer = await client.AskAsync(command, cancellationToken);
        if (answer.StartsWith("data:", StringComparison.Ordinal))
        {
            _expected[key] = [value];
        }
        else
        {
            Findings.Add($"{atSign}: '{command[..Math.Min(command.Length, 60)]}' was answered '{answer}'");
        }
    }

    private async Task BatchAsync(WireClient client, CancellationToken cancellationToken)
    {
        var keys = Enumerable.Range(0, 20).Select(i => string.Create(CultureInfo.InvariantCulture, $"c{id}k{(i * 3) % Keys}.soak{atSign}")).Distinct().ToArray();
        var value = Value(100);
        foreach (var key in keys)
        {
            Possible(key).Add(value);
        }

        var answer = await client.AskAsync(
            $"batch:[{string.Join(',', keys.Select((key, i) => $"{{\"id\":{i},\"command\":\"update:{key} {value}\"}}"))}]", cancellationToken);
        if (!answer.StartsWith("data:", StringComparison.Ordinal) || answer.Contains("error", StringComparison.Ordinal))
        {
            Findings.Add($"{atSign}: a batch was answered '{answer[..Math.Min(answer.Length, 200)]}'");
            return;
        }

        foreach (var key in keys)
        {
            _expected[key] = [value];
        }
    }

    private async Task ReadAsync(WireClient client, string key, CancellationToken cancellationToken)
    {
        var answer = await client.AskAsync($"llookup:{key}", cancellationToken);
        var value = answer.StartsWith("data:", StringComparison.Ordinal) ? answer[5..] : null;
        if (value is null && !answer.StartsWith("error:AT0015", StringComparison.Ordinal))
        {
            Findings.Add($"{atSign}: the read of {key} was answered '{answer}'");
        }
        else if (!Possible(key).Contains(value))
        {
            Interlocked.Increment(ref counts.Lost);
            Findings.Add($"{atSign}: {key} holds {value?.Length.ToString(CultureInfo.InvariantCulture) ?? "no"} characters that were not the last acknowledged write");
        }
    }

    /// <summary>Goes: politely, by a cut, in the middle of a line, with nonsense, or without reading what it asked for.</summary>
    private async Task EndAsync(WireClient client, CancellationToken cancellationToken)
    {
        switch (_random.Next(6))
        {
            case 0:
                client.Cut();
                break;
            case 1:
                await client.SendAsync($"update:half.soak{atSign} half of", cancellationToken);
                client.Cut();
                break;
            case 2:
                await client.SendAsync("\0\u00ff no verb at all \r\n\n\n{[\n", cancellationToken);
                await client.ReadLineAsync(cancellationToken);
                break;
            case 3:
                await client.SendAsync(string.Concat(Enumerable.Repeat("sync:from:-1:limit:2000\n", 20)), cancellationToken);
                client.Cut();
                break;
            case 4:
                await client.SendAsync("monitor\n", cancellationToken);
                await Task.Delay(_random.Next(1, 200), cancellationToken);
                client.Cut();
                break;
            default:
                return;
        }

        Interlocked.Increment(ref counts.Cuts);
    }

    private HashSet<string?> Possible(string key)
    {
        if (!_expected.TryGetValue(key, out var possible))
        {
            _expected[key] = possible = [null];
        }

        return possible;
    }

    private string Value(int length)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"v{_random.NextInt64():x}");
        return text.PadRight(length, 'x');
    }
}
