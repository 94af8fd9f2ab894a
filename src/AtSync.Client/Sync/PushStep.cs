using System.Buffers;
using AtSync.Client.Remote;
using AtSync.Protocol;
using AtSync.Protocol.Verbs;
using AtSync.Storage.Local;
using Microsoft.Extensions.Logging;

namespace AtSync.Client.Sync;

/// <summary>
/// Pushes the outbox in the order of the edits: batches by items and bytes, some of them on the way at once, each settled in one transaction when its
/// answer comes. What has no answer stays in the outbox; pushing the same content again is harmless.
/// </summary>
internal sealed class PushStep(ILocalStore store, SyncLimits limits, TimeProvider timeProvider, IRandomSource random, SentVersions sent, ProgressMeter meter, ILogger log)
{
    /// <summary>
    /// So many edits in a row that the server's store did not take are a condition of the server and end the push; one may be a matter of that edit.
    /// </summary>
    private const int StoreRefusalsMax = 2;

    /// <summary>Commands per batch now: halved when a connection breaks with a batch on the way, so that one command which kills it is found.</summary>
    private int _items = int.MaxValue;

    /// <summary>What batches are composed in, for the next ones: each may have megabytes.</summary>
    private readonly Stack<ArrayBufferWriter<byte>> _outputs = new();

    /// <summary>Edits that met a failing store of the server since the last one it took.</summary>
    private readonly List<(OutboxItem Item, BatchAnswer Answer)> _withheld = [];

    /// <summary>Pushes everything that is due.</summary>
    public async Task<PushResult> RunAsync(
        RemoteConnection connection, ServerFeatures features, TimeSpan clockOffset, long cursor, RoundTally tally, CancellationToken cancellationToken)
    {
        var inFlight = new Queue<SentBatch>();
        var result = new PushResult(cursor);
        var afterSeq = 0L;
        var isDone = false;
        _withheld.Clear();
        try
        {
            while (true)
            {
                while (!isDone && inFlight.Count < (connection.IsPipelined ? limits.BatchesInFlight : 1))
                {
                    var items = await ReadAsync(features, afterSeq, cancellationToken);
                    isDone = items.Count == 0;
                    if (!isDone)
                    {
                        afterSeq = items[^1].Seq;
                        await SendAsync(connection, features, clockOffset, items, inFlight, cancellationToken);
                    }
                }

                if (!inFlight.TryPeek(out var oldest))
                {
                    return _withheld.Count == 0 ? result : throw Faults.ServersStore(_withheld[0].Answer.Message);
                }

                result = await SettleAsync(connection, features, clockOffset, oldest, result, tally, cancellationToken);
                inFlight.Dequeue();
                if (_withheld.Count >= StoreRefusalsMax)
                {
                    throw Faults.ServersStore(_withheld[0].Answer.Message);
                }
            }
        }
        catch (AtException failure) when (failure.Fault == AtFault.Network)
        {
            await LostAsync(inFlight, failure, cancellationToken);
            throw;
        }
        finally
        {
            foreach (var batch in inFlight)
            {
                // Whether it arrived is unknown until the next pull.
                sent.Add(batch.Items);

                // Nobody reads these answers any more; a failure among them is no news.
                _ = batch.Answer.ContinueWith(
                    static answer => _ = answer.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            }
        }
    }

    private async ValueTask<IReadOnlyList<OutboxItem>> ReadAsync(ServerFeatures features, long afterSeq, CancellationToken cancellationToken)
    {
        var most = features.Has(ServerFeatures.IfCommit) ? limits.BatchItems : Math.Min(limits.BatchItems, limits.ForeignBatchItems);
        _items = Math.Clamp(_items, 1, most);
        return await store.ReadOutboxAsync(afterSeq, NowMs, _items, limits.BatchBytes, cancellationToken);
    }

    /// <summary>Composes and sends a batch, in halves when it turns out longer than a line may be. Rows with nothing to send are settled at once.</summary>
    private async ValueTask SendAsync(
        RemoteConnection connection, ServerFeatures features, TimeSpan clockOffset, IReadOnlyList<OutboxItem> items, Queue<SentBatch> inFlight, CancellationToken cancellationToken)
    {
        var output = _outputs.TryPop(out var kept) ? kept : new ArrayBufferWriter<byte>(EstimateBytes(items));
        var writer = new BatchWriter(output);
        var sending = new List<OutboxItem>(items.Count);
        List<PushOutcome>? settled = null;
        var serverNowMs = NowMs + (long)clockOffset.TotalMilliseconds;
        foreach (var item in items)
        {
            var draft = PushCommand.Create(item, features, serverNowMs);
            if (draft.Command is not { } command)
            {
                (settled ??= []).Add(draft.Error is { } error ? Dead(item, error) : new PushOutcome(item.Seq, item.Key, PushOutcomeKind.Drop, 0, null, 0));
                continue;
            }

            sending.Add(item);
            writer.Add(sending.Count, command, features.Has(ServerFeatures.IfCommit) ? item.BaseCommitId : null);
        }

        writer.Complete();
        output.Write("\n"u8);
        if (settled is not null)
        {
            await store.SettleAsync(settled, null, cancellationToken);
        }

        if (sending.Count == 0)
        {
            return;
        }

        if (output.WrittenCount <= RemoteConnection.CommandBytesMax)
        {
            inFlight.Enqueue(new SentBatch(sending, output, connection.SendWholeLineAsync(output.WrittenMemory, CancellationToken.None).AsTask()));
        }
        else if (sending.Count == 1)
        {
            var error = new AtError(
                AtErrorCodes.BufferLimitExceeded,
                $"the command has {output.WrittenCount} bytes, an atServer takes {RemoteConnection.CommandBytesMax}; split the value or store it as a file");
            await store.SettleAsync([Dead(sending[0], error)], null, cancellationToken);
        }
        else
        {
            var half = sending.Count / 2;
            await SendAsync(connection, features, clockOffset, sending.GetRange(0, half), inFlight, cancellationToken);
            await SendAsync(connection, features, clockOffset, sending.GetRange(half, sending.Count - half), inFlight, cancellationToken);
        }
    }

    private async ValueTask<PushResult> SettleAsync(
        RemoteConnection connection, ServerFeatures features, TimeSpan clockOffset, SentBatch batch, PushResult result, RoundTally tally, CancellationToken cancellationToken)
    {
        var answers = new BatchAnswer[batch.Items.Count];
        try
        {
            BatchAnswers.Read((await batch.Answer).Span, answers);
            Keep(batch.Output);
        }
        catch (AtException refusal) when (refusal.Fault == AtFault.Refused && !Faults.IsLoginRefusal(refusal.Code))
        {
            if (batch.Items.Count > 1)
            {
                return await HalveAsync(connection, features, clockOffset, batch, result, tally, cancellationToken);
            }

            // The code stands beside it.
            var message = refusal.Message.StartsWith($"{refusal.Code}: ", StringComparison.Ordinal) ? refusal.Message[(refusal.Code!.Length + 2)..] : refusal.Message;
            answers[0] = new BatchAnswer(BatchAnswerKind.Refused, 0, refusal.Code, message, null);
        }

        var outcomes = new List<PushOutcome>(answers.Length);
        var to = result.Cursor;
        for (var i = 0; i < answers.Length; i++)
        {
            var (item, answer) = (batch.Items[i], answers[i]);
            if (answer.Kind == BatchAnswerKind.Accepted)
            {
                // The store takes others: what it refused before is a matter of those edits, which make room for the others.
                outcomes.AddRange(_withheld.Select(each => PushVerdict.Of(each.Item, each.Answer, limits, random, NowMs)));
                _withheld.Clear();
                outcomes.Add(new PushOutcome(item.Seq, item.Key, PushOutcomeKind.Accepted, answer.CommitId, null, 0));
                // Commits that follow the cursor without a gap are all ours: there is nothing in between to pull.
                to = answer.CommitId == to + 1 ? answer.CommitId : to;
                tally.Pushed++;
                sent.Forget(item.Key);
            }
            else if (answer.CurrentCommit is { } current)
            {
                // Another device was faster. The row waits for the pull, which reconciles it.
                (result.Moved ??= []).Add((item, current));
                sent.Forget(item.Key);
            }
            else if (answer.Code == AtErrorCodes.DataStore)
            {
                // Full, most likely: nothing is held against the edit unless the store takes another one after it.
                _withheld.Add((item, answer));
            }
            else
            {
                if (Faults.IsLoginRefusal(answer.Code))
                {
                    throw Faults.Of(new AtError(answer.Code!, answer.Message ?? ""), connection.AtSign);
                }

                outcomes.Add(PushVerdict.Of(item, answer, limits, random, NowMs));
            }
        }

        if (outcomes.Count > 0)
        {
            await store.SettleAsync(outcomes, to > result.Cursor ? new CursorMove(result.Cursor, to) : null, cancellationToken);
        }

        Log.BatchSettled(log, answers.Length, outcomes.Count(outcome => outcome.Kind == PushOutcomeKind.Accepted), result.Moved?.Count ?? 0);
        _items = (int)Math.Min(int.MaxValue, _items * 2L);
        meter.Advance(answers.Length);
        return result with { Cursor = to, Moved = result.Moved };
    }

    /// <summary>The server refused the batch as a whole: its halves go alone, so that in the end a bad edit delays only itself.</summary>
    private async ValueTask<PushResult> HalveAsync(
        RemoteConnection connection, ServerFeatures features, TimeSpan clockOffset, SentBatch batch, PushResult result, RoundTally tally, CancellationToken cancellationToken)
    {
        Log.BatchSplit(log, batch.Items.Count);
        var half = batch.Items.Count / 2;
        foreach (var items in new[] { batch.Items.Take(half).ToArray(), batch.Items.Skip(half).ToArray() })
        {
            // A store that fails again and again will not take the rest either.
            if (_withheld.Count >= StoreRefusalsMax)
            {
                break;
            }

            var alone = new Queue<SentBatch>(1);
            await SendAsync(connection, features, clockOffset, items, alone, cancellationToken);
            while (alone.TryDequeue(out var part))
            {
                result = await SettleAsync(connection, features, clockOffset, part, result, tally, cancellationToken);
            }
        }

        return result;
    }

    /// <summary>The connection broke with batches on the way: whether they arrived is unknown until the next pull.</summary>
    private async ValueTask LostAsync(Queue<SentBatch> inFlight, AtException failure, CancellationToken cancellationToken)
    {
        if (!inFlight.TryPeek(out var oldest))
        {
            return;
        }

        _items = Math.Max(1, oldest.Items.Count / 2);
        if (oldest.Items.Count == 1)
        {
            // Alone on the way: it may be what breaks the connection, so it makes room for the others.
            await store.SettleAsync([PushVerdict.Lost(oldest.Items[0], failure, limits, random, NowMs)], null, cancellationToken);
        }
    }

    /// <summary>An answered command has left whole; only then may its bytes be written over.</summary>
    private void Keep(ArrayBufferWriter<byte> output)
    {
        if (_outputs.Count < limits.BatchesInFlight)
        {
            output.ResetWrittenCount();
            _outputs.Push(output);
        }
    }

    private long NowMs => timeProvider.GetUtcNow().ToUnixTimeMilliseconds();

    private static PushOutcome Dead(OutboxItem item, AtError error) => new(item.Seq, item.Key, PushOutcomeKind.Dead, 0, error, 0);

    private static int EstimateBytes(IReadOnlyList<OutboxItem> items)
    {
        var bytes = 64L;
        foreach (var item in items)
        {
            bytes += 160 + item.Key.Length + (item.Record is { } record ? record.Value.Length + record.Metadata.Length : 0);
        }

        return (int)Math.Min(bytes, RemoteConnection.CommandBytesMax);
    }

    private sealed record SentBatch(IReadOnlyList<OutboxItem> Items, ArrayBufferWriter<byte> Output, Task<ReadOnlyMemory<byte>> Answer);
}

/// <summary>How a push ended.</summary>
/// <param name="Cursor">Where the main cursor stands now.</param>
internal sealed record PushResult(long Cursor)
{
    /// <summary>Rows that were refused because their key has moved, with the commit id it is at.</summary>
    public List<(OutboxItem Item, long CurrentCommit)>? Moved { get; set; }
}
