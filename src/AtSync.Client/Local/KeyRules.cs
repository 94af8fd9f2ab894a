using AtSync.Client.Files;
using AtSync.Protocol;

namespace AtSync.Client.Local;

/// <summary>Which keys an app may write and read here, with words for those it may not.</summary>
internal static class KeyRules
{
    /// <summary>Takes a key as people write it.</summary>
    /// <exception cref="AtException"><see cref="AtFault.InvalidArgument"/>.</exception>
    public static AtKey Parse(string key, AtSign owner)
    {
        ArgumentNullException.ThrowIfNull(key);
        return AtKey.TryParseTyped(key, owner, out var parsed, out var problem)
            ? parsed
            : throw new AtException(AtFault.InvalidArgument, $"\"{Shorten(key)}\" is no key: {problem}. Write name.namespace, or public:name.namespace.");
    }

    /// <summary>Refuses what an app must not write.</summary>
    /// <exception cref="AtException"><see cref="AtFault.InvalidArgument"/>.</exception>
    public static void CheckWritable(AtKey key, AtSign owner)
    {
        var problem = key.Kind switch
        {
            AtKeyKind.Reserved => "is a system key: the atServer and the SDK maintain it",
            AtKeyKind.Private => "is private to the atServer and is never synced: write a self key (name.namespace)",
            AtKeyKind.CachedPublic or AtKeyKind.CachedShared => "is a copy of another atSign's record: only its owner changes it",
            AtKeyKind.Shared => "is shared with another atSign: put writes self keys (name.namespace) and public keys (public:name.namespace)",
            AtKeyKind.Invalid => "is no valid key",
            _ when key.Owner != owner => $"belongs to {key.Owner}: only its owner writes it",
            _ when key.Namespace is null => "has no namespace: write name.namespace",
            _ when IsSystemNamespace(key.Namespace) => $"lies in the system namespace \"{key.Namespace}\"",
            AtKeyKind.Public when !AtKey.IsLogged(key.Full) => "begins with public:_ and would never be synced: choose a name without the leading underscore",
            _ => null,
        };
        if (problem is not null)
        {
            throw new AtException(AtFault.InvalidArgument, $"\"{Shorten(key.Full)}\" {problem}.");
        }
    }

    /// <summary>Refuses what an app must not delete: more than it may write, since no keys are needed for it.</summary>
    /// <exception cref="AtException"><see cref="AtFault.InvalidArgument"/>.</exception>
    public static void CheckDeletable(AtKey key, AtSign owner)
    {
        var isOwn = key.Kind is AtKeyKind.Self or AtKeyKind.Public or AtKeyKind.Shared or AtKeyKind.Local && key.Owner == owner;
        if (!isOwn || (key.Namespace is { } name && IsSystemNamespace(name)))
        {
            CheckWritable(key, owner);
        }
    }

    /// <summary>Left out of listings unless asked for: what apps neither wrote nor can use.</summary>
    public static bool IsHidden(AtKey key) =>
        key.Kind is AtKeyKind.Reserved or AtKeyKind.Private or AtKeyKind.Invalid
        || key.Entity.StartsWith('_')
        || FileNames.IsMarker(key)
        || (key.Namespace is { } name && IsSystemNamespace(name));

    /// <summary>Whether an edit of this key goes to the remote secondary.</summary>
    public static bool IsPushed(AtKey key) => key is { IsCached: false, Kind: not AtKeyKind.Local } && AtKey.IsLogged(key.Full);

    /// <summary>Messages stay readable whatever was typed.</summary>
    public static string Shorten(string key) => key.Length <= 80 ? key : string.Concat(key.AsSpan(0, 77), "...");

    private static bool IsSystemNamespace(string name) => name.StartsWith("__", StringComparison.Ordinal);
}
