using System.Runtime.ExceptionServices;
using System.Threading.Channels;
using AtSync.Client.Remote;
using AtSync.Protocol;
using AtSync.Protocol.Verbs;
using AtSync.Storage.Local;

namespace AtSync.Client.Sync;

/// <summary>
/// Pulls one range of the commit log: fetching asks for the next page as soon as the last commit id of the one that came is known, while the pages
/// before it are parsed and applied in order. The cursor moves with each page.
/// </summary>
internal sealed class PullStep(
    ILocalStore store, AtSign owner, SyncLimits limits, TimeProvider timeProvider, Action<IReadOnlyList<AppliedChange>> tell, ProgressMeter meter)
{
    /// <summary>Pages received and not yet being applied.</summary>
    private const int PagesWaitingMax = 2;

    /// <summary>How many log entries a server of 2024 looks at for one page, before it filters them.</summary>
    private const int WindowEntries = 25;

    /// <summary>Empty windows in a row that one round steps over: a million log entries.</summary>
    private const int WindowsMax = 40_000;

    /// <summary>Pulls; the result is where the cursor stands then.</summary>
    public async Task<long> RunAsync(RemoteConnection connection, PullRange range, IReconciler reconciler, RoundTally tally, CancellationToken cancellationToken)
    {
        var pages = Channel.CreateBounded<Page>(new BoundedChannelOptions(PagesWaitingMax) { SingleReader = true, SingleWriter = true });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var fetching = FetchAsync(connection, range, pages.Writer, stop.Token);
        var applying = Task.FromResult<PageOutcome?>(null);
        ReadOnlyMemory<byte> applied = default;
        var cursor = range.From;
        try
        {
            await foreach (var page in pages.Reader.ReadAllAsync(cancellationToken))
            {
                var entries = PageParser.Parse(page.Payload, page.After, owner);
                if (entries.Count > 0 && entries[^1].CommitId != page.Last)
                {
                    throw Faults.NotTheProtocol("The answer to sync contradicts itself about its last commit id.");
                }

                tally.Entries += entries.Count;
                if (tally.Entries > limits.EntriesPerRoundMax)
                {
                    throw Faults.NotTheProtocol($"The atServer sent more than {limits.EntriesPerRoundMax} entries in one round without an end.");
                }

                Note(await applying, tally);
                ConnectionReader.Release(applied);
                applied = page.Payload;
                applying = ApplyAsync(range.CursorName, page.Last, entries, range.Shared, reconciler, cancellationToken);
                cursor = page.Last;
            }

            Note(await applying, tally);
            ConnectionReader.Release(applied);
            return cursor;
        }
        finally
        {
            // The step leaves nothing running: neither a request's reader nor a transaction.
            await stop.CancelAsync();
            await fetching;
            await ((Task)applying).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    /// <summary>Applies single entries without moving the cursor (set-aside ones, or one that a refused push names).</summary>
    public async Task<PageOutcome> ApplyOutOfOrderAsync(
        long cursor, IReadOnlyList<PulledEntry> entries, IReconciler reconciler, RoundTally tally, CancellationToken cancellationToken)
    {
        var outcome = await ApplyAsync(CursorNames.Main, cursor, entries, shared: null, reconciler, cancellationToken);
        Note(outcome, tally);
        return outcome!;
    }

    private async Task<PageOutcome?> ApplyAsync(
        string cursorName, long newCursor, IReadOnlyList<PulledEntry> entries, SharedHistory? shared, IReconciler reconciler, CancellationToken cancellationToken)
    {
        var page = new PulledPage
        {
            Shared = shared,
            CursorName = cursorName,
            NewCursor = newCursor,
            Entries = entries,
            ReceivedAtMs = timeProvider.GetUtcNow().ToUnixTimeMilliseconds(),
        };
        return await store.ApplyPageAsync(page, reconciler, cancellationToken);
    }

    private void Note(PageOutcome? outcome, RoundTally tally)
    {
        if (outcome is null)
        {
            return;
        }

        tally.Pulled += outcome.Applied.Count;
        tally.Conflicts += outcome.Conflicts;
        if (outcome.Applied.Count > 0)
        {
            tell(outcome.Applied);
        }

        meter.Advance(outcome.Applied.Count + outcome.Quarantined + outcome.Echoes);
    }

    private async Task FetchAsync(RemoteConnection connection, PullRange range, ChannelWriter<Page> pages, CancellationToken cancellationToken)
    {
        ExceptionDispatchInfo? failure = null;
        try
        {
            var from = range.From;
            var windows = 0;
            var asked = range.FirstPage;
            while (asked is not null || range.LastId is not { } last || from < last)
            {
                var payload = await (asked ?? connection.SendAsync(Request(from, range.Pattern), cancellationToken).AsTask());
                asked = null;
                if (!PageTail.IsEmpty(payload.Span))
                {
                    from = await TakePageAsync(payload, from, pages, cancellationToken);
                    windows = 0;
                }
                else if (!range.HasWindows || range.LastId is not { } end)
                {
                    // Nothing for us up to the end, and the end was known before this was asked.
                    if (range is { HasWindows: false, LastId: { } known, IsLastIdKept: true } && known > from)
                    {
                        await pages.WriteAsync(new Page(default, from, known), cancellationToken);
                    }

                    break;
                }
                else
                {
                    // Everything in this window was filtered away; its entries span at least as many commit ids.
                    if (windows++ == WindowsMax)
                    {
                        throw Faults.NotTheProtocol($"The atServer showed nothing in {WindowsMax} pages of its log in a row, up to commit {from} of {end}. The next round goes on from there.");
                    }

                    var next = Math.Min(from + WindowEntries, end);
                    await pages.WriteAsync(new Page(default, from, next), cancellationToken);
                    from = next;
                }
            }
        }
        catch (Exception e)
        {
            failure = ExceptionDispatchInfo.Capture(e);
        }

        // The applier takes what came before the failure and then throws it.
        pages.Complete(failure?.SourceException);
    }

    private async ValueTask<long> TakePageAsync(
        ReadOnlyMemory<byte> payload, long from, ChannelWriter<Page> pages, CancellationToken cancellationToken)
    {
        // A server that writes its members in another order costs a second parsing, not the page.
        if ((PageTail.LastCommitId(payload.Span) ?? PageParser.Parse(payload, from, owner).FindLast(entry => entry.CommitId > from)?.CommitId) is not { } last)
        {
            throw Faults.NotTheProtocol("The answer to sync is no list of entries with commit ids.");
        }

        if (last <= from)
        {
            throw Faults.NotTheProtocol($"The answer to sync is out of order: it ends at commit {last}, asked was what follows {from}.");
        }

        await pages.WriteAsync(new Page(payload, from, last), cancellationToken);
        return last;
    }

    internal SyncFromVerb Request(long from, string? pattern) => new() { From = from, Limit = limits.PageEntries, Regex = pattern };

    private readonly record struct Page(ReadOnlyMemory<byte> Payload, long After, long Last);
}

/// <summary>What to pull.</summary>
/// <param name="CursorName">Which cursor moves.</param>
/// <param name="From">Where it stands.</param>
/// <param name="Pattern">The filter, or null.</param>
/// <param name="LastId">The server's last commit id, known before the first page is asked for; pulling stops there. Null: at the first empty page.</param>
/// <param name="IsLastIdKept">The last id is the server's answer to <c>stats</c>, so that the cursor may move there when nothing is left for us.</param>
/// <param name="HasWindows">The server filters after it took a window of the log, so that an empty page does not mean the end.</param>
/// <param name="FirstPage">The first page when it was asked for already.</param>
/// <param name="Shared">During a resync: what the remote shares with the one before.</param>
internal sealed record PullRange(
    string CursorName, long From, string? Pattern, long? LastId, bool IsLastIdKept, bool HasWindows, Task<ReadOnlyMemory<byte>>? FirstPage = null,
    SharedHistory? Shared = null);
