using System.Text;
using AtSync.Protocol;
using AtSync.Storage;
using AtSync.Storage.Server;

namespace AtSync.Server.Peers;

/// <summary>
/// Brings cached copies whose time (<c>ttr</c>) has passed up to date, so that whoever reads or syncs them does not find old ones. What is due is
/// in the store, so a restart forgets nothing. Rounds are bounded in number; a peer that does not answer is left alone until the next one, and
/// the next round begins where this one ended.
/// </summary>
internal sealed class CopyRefresh(AtServerHost host, PeerHub hub) : IAsyncDisposable
{
    private const int PageCopies = 100;

    /// <summary>After a start it waits for this long at most: what is overdue has been for longer than the process lives.</summary>
    private static readonly TimeSpan FirstWait = TimeSpan.FromMinutes(1);

    private StaleCopy _after;
    private Task _running = Task.CompletedTask;

    public void Start() => _running = RunAsync();

    public async ValueTask DisposeAsync() => await _running;

    /// <summary>One bounded round. Returns how many copies were asked for.</summary>
    public async Task<int> RunRoundAsync(CancellationToken cancellationToken)
    {
        var asked = 0;
        var silent = new HashSet<(AtSign Own, AtSign Peer)>();
        while (asked < host.Limits.RefreshesPerRound)
        {
            var page = await host.Options.Storage.StaleCopiesAsync(
                Now, _after, Math.Min(PageCopies, host.Limits.RefreshesPerRound - asked), cancellationToken);
            if (page.Count == 0)
            {
                // The end: the next round begins anew.
                _after = default;
                return asked;
            }

            foreach (var copy in page)
            {
                _after = copy;
                if (!TryRead(copy.Key, out var isPublic, out var entity, out var peer) || silent.Contains((copy.Owner, peer)))
                {
                    continue;
                }

                asked++;
                if (!await RefreshAsync(copy, isPublic, entity, peer, cancellationToken))
                {
                    silent.Add((copy.Owner, peer));
                }
            }
        }

        return asked;
    }

    private long Now => host.Options.TimeProvider.GetUtcNow().ToUnixTimeMilliseconds();

    private async Task RunAsync()
    {
        var interval = host.Limits.RefreshInterval;
        try
        {
            await Task.Delay(interval < FirstWait ? interval : FirstWait, host.Options.TimeProvider, hub.Stopping);
            while (true)
            {
                try
                {
                    await RunRoundAsync(hub.Stopping);
                }
                catch (StoreException failure)
                {
                    Log.RefreshFailed(host.Logger, failure);
                }

                await Task.Delay(host.Limits.RefreshInterval, host.Options.TimeProvider, hub.Stopping);
            }
        }
        catch (Exception failure) when (failure is OperationCanceledException or ObjectDisposedException)
        {
            // The process ends.
        }
    }

    /// <summary>False when the peer does not answer.</summary>
    private async ValueTask<bool> RefreshAsync(StaleCopy copy, bool isPublic, string entity, AtSign peer, CancellationToken cancellationToken)
    {
        if (await host.Options.Storage.FindAsync(copy.Owner, cancellationToken) is not { } store)
        {
            return true;
        }

        PeerAnswer answer;
        try
        {
            answer = await hub.AskAsync(store, peer, $"lookup:all:{entity}{peer}", isProven: !isPublic, cancellationToken);
        }
        catch (PeerException failure)
        {
            Log.PeerUnreachable(host.Logger, store.Owner, peer, failure.Message);
            return false;
        }

        if (answer.Error is { } error && error.Code != AtErrorCodes.KeyNotFound)
        {
            return true;
        }

        StoreChange change = answer.Error is null && RemoteRecord.TryRead(answer.Payload, out var remote) && remote.Value is { } value
            && remote.Metadata.Ttr is not (null or 0)
                ? CachedCopyChange.Refreshed(copy.Key, remote.Metadata, Encoding.UTF8.GetBytes(value), Now)
                // Its origin has it no more, or lets nobody keep it any longer.
                : CachedCopyChange.Drop(copy.Key, Now);
        var before = store.LastCommitId;
        var results = await store.ApplyAsync([change], CancellationToken.None);
        if (results[0] is { Error: null, CommitId: var commitId } && commitId > before)
        {
            host.Committed(store.Owner, results, lastWasDelete: false);
        }

        return true;
    }

    /// <summary><c>cached:public:city.app@bob</c>, <c>cached:@alice:phone.app@bob</c>: what to ask whom.</summary>
    private static bool TryRead(string key, out bool isPublic, out string entity, out AtSign peer)
    {
        var text = key["cached:".Length..];
        isPublic = text.StartsWith("public:", StringComparison.Ordinal);
        var from = text.IndexOf(':', StringComparison.Ordinal) + 1;
        var to = text.LastIndexOf('@');
        entity = to > from ? text[from..to] : "";
        peer = default;
        return entity.Length > 0 && from > 0 && AtSign.TryParse(text.AsSpan(to), out peer, out _);
    }
}
