using AtSync.Protocol;

namespace AtSync.Client;

/// <summary>Decides what wins when a key changed here and there since their common base. The loser is always kept in the conflict inbox.</summary>
public abstract class ConflictPolicy
{
    private protected ConflictPolicy(string name) => Name = name;

    /// <summary>Kept with the conflict.</summary>
    public string Name { get; }

    /// <summary>The later edit wins; ties and edits of unknown time go to the remote; an edit beats a deletion of unknown time.</summary>
    public static ConflictPolicy LatestEdit { get; } = new Fixed("latest-edit");

    /// <summary>This device wins.</summary>
    public static ConflictPolicy Local { get; } = new Fixed("local");

    /// <summary>The remote wins.</summary>
    public static ConflictPolicy Remote { get; } = new Fixed("remote");

    /// <summary>
    /// The app merges. The function sees both versions opened, must be pure and quick (it runs inside the store's transaction), and returns the
    /// merged value, or null to fall back to <see cref="LatestEdit"/>. When either version can't be opened it is not called.
    /// </summary>
    public static ConflictPolicy Merge(Func<ConflictVersions, AtValue?> merge) => new Merged(merge);

    internal sealed class Fixed(string name) : ConflictPolicy(name);

    internal sealed class Merged(Func<ConflictVersions, AtValue?> merge) : ConflictPolicy("merge")
    {
        public Func<ConflictVersions, AtValue?> Function { get; } = merge;
    }
}

/// <summary>Both versions of a key in conflict, opened.</summary>
/// <param name="Key">The key.</param>
/// <param name="Local">Null when deleted here.</param>
/// <param name="Remote">Null when deleted there.</param>
/// <param name="LocalEditTime">When the local edit was made.</param>
/// <param name="RemoteEditTime">When the remote one was made, if known.</param>
public sealed record ConflictVersions(AtKey Key, AtValue? Local, AtValue? Remote, DateTimeOffset LocalEditTime, DateTimeOffset? RemoteEditTime);
