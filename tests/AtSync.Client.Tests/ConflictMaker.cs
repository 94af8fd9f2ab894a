using AtSync.Client.Local;
using AtSync.Protocol;
using AtSync.Storage.Local;

namespace AtSync.Client.Tests;

/// <summary>Makes conflicts as a pull would: the remote's version meets a pending local edit.</summary>
internal static class ConflictMaker
{
    private static long _commitId = 5_000;

    /// <summary>The remote's text wins, the local edit goes to the inbox.</summary>
    public static Task<long> ReplaceByRemoteAsync(TestClient test, string key, string remoteText) =>
        ApplyAsync(test, key, remoteText, new EntryDecision(EntryDecisionKind.TakeRemote, new ConflictDraft(ConflictKind.LocalLost, "test")));

    /// <summary>The remote's deletion wins.</summary>
    public static Task<long> DeleteByRemoteAsync(TestClient test, string key) =>
        ApplyAsync(test, key, null, new EntryDecision(EntryDecisionKind.TakeRemote, new ConflictDraft(ConflictKind.LocalLost, "test")));

    /// <summary>The local edit wins, the remote's text goes to the inbox.</summary>
    public static Task<long> KeepLocalAsync(TestClient test, string key, string? remoteText) =>
        ApplyAsync(test, key, remoteText, new EntryDecision(EntryDecisionKind.KeepLocal, new ConflictDraft(ConflictKind.RemoteLost, "test")));

    private static async Task<long> ApplyAsync(TestClient test, string key, string? remoteText, EntryDecision decision)
    {
        var commitId = Interlocked.Increment(ref _commitId);
        var codec = new ValueCodec(TestKeys.Alice, TestKeys.Ring, new SeededRandom((int)commitId));
        var change = remoteText is null ? null : ((IRecordCodec)codec).Seal(key, AtValue.OfText(remoteText), default, 1);
        var entry = new PulledEntry
        {
            Key = key,
            CommitId = commitId,
            Op = change is null ? CommitOp.Delete : CommitOp.UpdateAll,
            Value = change?.Value ?? default,
            HasValue = change is not null,
            Metadata = change?.Metadata ?? default,
            UpdatedAtMs = 1,
        };
        var page = new PulledPage { CursorName = CursorNames.Main, NewCursor = commitId, Entries = [entry], ReceivedAtMs = 1 };
        await test.Store.ApplyPageAsync(page, new Always(decision), CancellationToken.None);
        return commitId;
    }

    private sealed class Always(EntryDecision decision) : IReconciler
    {
        public EntryDecision Decide(PulledEntry remote, LocalRecord? local, OutboxItem pending) => decision;

        public bool KeepsReplaced(PulledEntry remote, LocalRecord local) => false;
    }
}
