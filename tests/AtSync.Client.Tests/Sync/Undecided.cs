using AtSync.Storage.Local;

namespace AtSync.Client.Tests.Sync;

/// <summary>For pages in which nothing is in conflict.</summary>
internal sealed class Undecided : IReconciler
{
    public EntryDecision Decide(PulledEntry remote, LocalRecord? local, OutboxItem pending) => throw new InvalidOperationException("Nothing was to be decided.");

    public bool KeepsReplaced(PulledEntry remote, LocalRecord local) => false;
}
