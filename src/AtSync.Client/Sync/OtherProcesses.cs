using System.Globalization;
using AtSync.Protocol;
using AtSync.Storage.Local;

namespace AtSync.Client.Sync;

/// <summary>
/// How processes that share a store ask for rounds: the one without the sync lock writes a wish (a random token) and signals; the one with the lock
/// answers the newest wish with the end of a round that began after it read the wish.
/// </summary>
/// <remarks>
/// A later wish replaces an earlier one. Whoever wished earlier accepts an answer to any wish it has seen since its own: each of them is younger.
/// The answer is <c>token pulled pushed conflicts commitId</c>, or <c>token !fault code message</c>.
/// </remarks>
internal sealed class OtherProcesses(ILocalStore store, IRandomSource random)
{
    /// <summary>Writes a wish and wakes the owner.</summary>
    public async Task<HashSet<string>> WishAsync(CancellationToken cancellationToken)
    {
        var token = random.NewHexId();
        await store.SetPropertiesAsync([new(SyncProperties.Wish, token)], cancellationToken);
        store.Signal();
        return new HashSet<string>(StringComparer.Ordinal) { token };
    }

    /// <summary>The answer to one of the wishes, or null; notes a younger wish.</summary>
    public async Task<string?> ReadAnswerAsync(HashSet<string> wishes, CancellationToken cancellationToken)
    {
        // The answer first: a wish that is read after it is certainly not older than ours.
        var answer = await store.GetPropertyAsync(SyncProperties.Answer, cancellationToken);
        if (answer is not null && answer.IndexOf(' ', StringComparison.Ordinal) is > 0 and var end && wishes.Contains(answer[..end]))
        {
            return answer[(end + 1)..];
        }

        if (await store.GetPropertyAsync(SyncProperties.Wish, cancellationToken) is { } newest)
        {
            wishes.Add(newest);
        }

        return null;
    }

    /// <summary>The newest wish that has no answer, for the owner at the beginning of a round.</summary>
    public async Task<string?> ReadWishAsync(CancellationToken cancellationToken)
    {
        var wish = await store.GetPropertyAsync(SyncProperties.Wish, cancellationToken);
        if (wish is null)
        {
            return null;
        }

        var answer = await store.GetPropertyAsync(SyncProperties.Answer, cancellationToken);
        return answer?.StartsWith(wish + " ", StringComparison.Ordinal) is true ? null : wish;
    }

    /// <summary>Answers a wish.</summary>
    public async Task AnswerAsync(string wish, SyncResult? result, AtException? failure, CancellationToken cancellationToken)
    {
        var answer = result is not null
            ? string.Create(CultureInfo.InvariantCulture, $"{wish} {result.Pulled} {result.Pushed} {result.Conflicts} {result.CommitId}")
            : $"{wish} !{failure!.Fault} {failure.Code ?? "-"} {failure.Message}";
        await store.SetPropertiesAsync([new(SyncProperties.Answer, answer)], cancellationToken);
        store.Signal();
    }

    /// <summary>Reads an answer.</summary>
    /// <exception cref="AtException">The round of the other process failed.</exception>
    public static RoundTally Read(string answer, out long commitId)
    {
        if (answer.StartsWith('!'))
        {
            var parts = answer[1..].Split(' ', 3);
            var fault = Enum.TryParse<AtFault>(parts[0], out var parsed) ? parsed : AtFault.Network;
            throw new AtException(fault, parts.Length > 2 ? parts[2] : "The process that syncs this store failed.", parts.Length > 1 && parts[1] != "-" ? parts[1] : null);
        }

        var numbers = answer.Split(' ');
        commitId = Number(3);
        return new RoundTally { Pulled = Number(0), Pushed = Number(1), Conflicts = Number(2) };

        long Number(int index) =>
            index < numbers.Length && long.TryParse(numbers[index], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : 0;
    }
}
