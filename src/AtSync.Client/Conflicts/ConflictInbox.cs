using AtSync.Protocol;
using AtSync.Storage.Local;

namespace AtSync.Client.Conflicts;

/// <summary>The losers of conflicts, durable and local to this device, until the app decides. May be used concurrently.</summary>
public sealed class ConflictInbox
{
    private readonly ConflictCore _core;

    internal ConflictInbox(ConflictCore core) => _core = core;

    /// <summary>Newest first.</summary>
    public async IAsyncEnumerable<Conflict> ListAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var before = long.MaxValue;
        while (true)
        {
            var start = before;
            var page = await Edge.RunAsync(() => _core.ReadPageAsync(start, cancellationToken));
            foreach (var conflict in page)
            {
                yield return conflict;
            }

            if (page.Count == 0)
            {
                yield break;
            }

            before = page[^1].Id;
        }
    }

    /// <summary>One conflict with both versions opened, or null.</summary>
    public Task<Conflict?> GetAsync(long id, CancellationToken cancellationToken = default) =>
        Edge.RunAsync(() => _core.GetAsync(id, cancellationToken));

    /// <summary>Makes the local version an ordinary new write and removes the conflict; false when it is not there. Durable on return.</summary>
    public Task<bool> KeepLocalAsync(long id, CancellationToken cancellationToken = default) =>
        Edge.RunAsync(() => _core.KeepAsync(id, isLocal: true, cancellationToken));

    /// <summary>Makes the remote version an ordinary new write and removes the conflict; false when it is not there. Durable on return.</summary>
    public Task<bool> KeepRemoteAsync(long id, CancellationToken cancellationToken = default) =>
        Edge.RunAsync(() => _core.KeepAsync(id, isLocal: false, cancellationToken));
}

/// <summary>A conflict.</summary>
/// <param name="Id">For the calls of <see cref="ConflictInbox"/>.</param>
/// <param name="Key">The key.</param>
/// <param name="Kind">Who lost.</param>
/// <param name="Policy">What decided.</param>
/// <param name="DetectedAt">When.</param>
/// <param name="Local">What this device had; null for a deletion.</param>
/// <param name="Remote">What the remote had; null for a deletion.</param>
/// <param name="LocalEditTime">When known.</param>
/// <param name="RemoteEditTime">When known.</param>
public sealed record Conflict(long Id, AtKey Key, ConflictKind Kind, string Policy, DateTimeOffset DetectedAt, ConflictSideView? Local,
    ConflictSideView? Remote, DateTimeOffset? LocalEditTime, DateTimeOffset? RemoteEditTime);

/// <summary>One side of a conflict.</summary>
/// <param name="Value">Opened; null when it can't be.</param>
/// <param name="Problem">Why it can't be opened, or null.</param>
/// <param name="CommitId">Remote commit, 0 = never pushed.</param>
/// <param name="Writer">Who wrote it, where the version says so (see <see cref="AtClientOptions.TellsDevice"/>).</param>
public sealed record ConflictSideView(AtValue? Value, string? Problem, long CommitId, WritingDevice? Writer = null);

/// <summary>The device that wrote a version, by its own account.</summary>
/// <param name="Id">The first digits of its store's id.</param>
/// <param name="Name">Its name for people, or null.</param>
public sealed record WritingDevice(string Id, string? Name);
