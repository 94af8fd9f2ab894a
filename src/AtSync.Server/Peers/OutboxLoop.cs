using System.Buffers.Binary;
using AtSync.Protocol;
using AtSync.Server.Notifications;
using AtSync.Storage.Server;

namespace AtSync.Server.Peers;

/// <summary>
/// Sends what one atSign owes to one other, in order, over one connection. When the peer cannot be reached all of it waits, longer each time; what
/// the peer refuses is passed over, tried again in a later pass, and given up after some tries, so that it holds up nothing behind it.
/// </summary>
internal sealed class OutboxLoop(IKeyStore store, AtSign peer, AtServerHost host, PeerHub hub)
{
    private const int PageItems = 50;

    private readonly string _peerName = peer.ToString();

    // What the peer refused, and when it is tried again, Unix ms. Not durable: after a start everything is tried at once.
    private readonly Dictionary<string, long> _notBefore = [];
    private volatile bool _hasNews;

    // The wait that news may end: not that for a peer who cannot be reached.
    private volatile CancellationTokenSource? _wait;

    /// <summary>Whether something was queued since <see cref="Look"/>.</summary>
    public bool HasNews => _hasNews;

    /// <summary>What is queued from now on is news.</summary>
    public void Look() => _hasNews = false;

    /// <summary>Something was queued.</summary>
    public void Tell()
    {
        _hasNews = true;
        try
        {
            _wait?.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The wait has just ended by itself.
        }
    }

    /// <summary>Returns when nothing waits any more.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        var failures = 0;
        PeerConnection? connection = null;
        try
        {
            while (true)
            {
                var (waits, isReachable) = (false, true);
                try
                {
                    var position = 0L;
                    while (await store.Notifications.ReadQueuedAsync(_peerName, position, PageItems, cancellationToken) is { Count: > 0 } page)
                    {
                        foreach (var stored in page)
                        {
                            position = stored.Position;
                            if (stored.ExpiresAtMs <= Now)
                            {
                                _notBefore.Remove(stored.Id);
                                await store.Notifications.SetStatusAsync(stored.Id, NotificationStatus.Errored, stored.Attempts, CancellationToken.None);
                                continue;
                            }

                            if (_notBefore.TryGetValue(stored.Id, out var time) && time > Now)
                            {
                                waits = true;
                                continue;
                            }

                            connection ??= await hub.OpenAsync(store, peer, isProven: true, cancellationToken);
                            waits |= !await SendAsync(stored, connection, cancellationToken);
                            failures = 0;
                        }
                    }
                }
                catch (PeerException failure)
                {
                    Log.PeerUnreachable(host.Logger, store.Owner, peer, failure.Message);
                    (waits, isReachable) = (true, false);
                    connection = await CloseAsync(connection);
                }

                if (!waits)
                {
                    return;
                }

                if (isReachable)
                {
                    await WaitForNewsAsync(cancellationToken);
                }
                else
                {
                    await Task.Delay(WaitAfter(failures++), host.Options.TimeProvider, cancellationToken);
                }
            }
        }
        finally
        {
            await CloseAsync(connection);
        }
    }

    /// <summary>Until something refused may be tried again, or something new was queued.</summary>
    private async ValueTask WaitForNewsAsync(CancellationToken cancellationToken)
    {
        using var news = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _wait = news;
        try
        {
            if (!_hasNews)
            {
                var until = _notBefore.Values.DefaultIfEmpty(Now).Min();
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Max(1, until - Now)), host.Options.TimeProvider, news.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // There is news.
        }
        finally
        {
            _wait = null;
            _hasNews = false;
        }
    }

    private long Now => host.Options.TimeProvider.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>False when it has to be tried again.</summary>
    private async ValueTask<bool> SendAsync(StoredNotification stored, PeerConnection connection, CancellationToken cancellationToken)
    {
        connection.Version ??= PeerVersion.Read(await connection.AskAsync("info:brief", cancellationToken));
        var item = Notification.Of(stored);
        var answer = await connection.AskAsync(NotifyCommand.Write(item, connection.Version, Now), cancellationToken);
        if (answer.Error?.Code == AtErrorCodes.InvalidSyntax && NotifyCommand.NeedsNewGrammar(item, connection.Version))
        {
            // A version number means little for a server that is not the reference: once more in the form that all take, and so from here on.
            connection.Version = PeerVersion.Unknown;
            answer = await connection.AskAsync(NotifyCommand.Write(item, connection.Version, Now), cancellationToken);
        }

        var attempts = stored.Attempts + 1;
        if (answer.Error is null && answer.Text == "success")
        {
            _notBefore.Remove(stored.Id);
            await store.Notifications.SetStatusAsync(stored.Id, NotificationStatus.Delivered, attempts, CancellationToken.None);
            return true;
        }

        var code = answer.Error?.Code ?? AtErrorCodes.InternalException;
        var isForGood = attempts >= hub.Options.RefusalsMax || IsForGood(code);
        Log.NotificationRefused(host.Logger, store.Owner, peer, code, isForGood);
        _notBefore[stored.Id] = Now + (long)WaitAfter(attempts).TotalMilliseconds;
        if (isForGood)
        {
            _notBefore.Remove(stored.Id);
        }

        await store.Notifications.SetStatusAsync(
            stored.Id, isForGood ? NotificationStatus.Errored : NotificationStatus.Queued, attempts, CancellationToken.None);
        return isForGood;
    }

    /// <summary>What the peer cannot parse or will not have is no better a second later.</summary>
    private static bool IsForGood(string code) => code is AtErrorCodes.InvalidSyntax or AtErrorCodes.Unauthorized or AtErrorCodes.Blocked
        or AtErrorCodes.InvalidKey or AtErrorCodes.IllegalArguments;

    private TimeSpan WaitAfter(int failures)
    {
        var options = hub.Options;
        var wait = Math.Min(options.RetryMin.TotalMilliseconds * Math.Pow(2, Math.Min(failures, 20)), options.RetryMax.TotalMilliseconds);
        Span<byte> random = stackalloc byte[2];
        host.Options.Random.Fill(random);
        return TimeSpan.FromMilliseconds(wait * (0.8 + 0.4 * BinaryPrimitives.ReadUInt16LittleEndian(random) / ushort.MaxValue));
    }

    private static async ValueTask<PeerConnection?> CloseAsync(PeerConnection? connection)
    {
        if (connection is not null)
        {
            await connection.DisposeAsync();
        }

        return null;
    }
}
