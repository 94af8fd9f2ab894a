using AtSync.Protocol;

namespace AtSync.Server.Records;

/// <summary>How the pieces of a command make a full key, and which keys a client may write.</summary>
internal static class KeyRules
{
    /// <summary>Where the server keeps its own things. Never written or read through the verbs for records.</summary>
    public const string Secret = "privatekey:at_secret";

    /// <summary>Says that <see cref="Secret"/> was there once and must not come back.</summary>
    public const string SecretDeleted = "privatekey:at_secret_deleted";

    /// <summary>The public key of plain <c>pkam</c>.</summary>
    public const string PkamPublicKey = "privatekey:at_pkam_publickey";

    /// <summary>Says that the signing pair was made.</summary>
    public const string SigningKeysMade = "privatekey:signing_keypair_generated";

    public static string SigningPublicKey(AtSign owner) => $"public:signing_publickey{owner}";

    public static string SigningPrivateKey(AtSign owner) => $"{owner}:signing_privatekey{owner}";

    public static string PublicKey(AtSign owner) => $"public:publickey{owner}";

    /// <summary>
    /// Puts a full key together and folds it. <paramref name="sharedWith"/> and <paramref name="owner"/> are as typed, without <c>@</c>; a
    /// malformed one is the error.
    /// </summary>
    public static AtError? Compose(bool isCached, bool isPublic, string? sharedWith, string key, string? owner, out string full)
    {
        full = "";
        var text = isCached ? "cached:" : "";
        if (isPublic)
        {
            text += "public:";
        }
        else if (sharedWith is not null)
        {
            if (!AtSign.TryParse(sharedWith, out var recipient, out var problem))
            {
                return new AtError(AtErrorCodes.InternalException, problem);
            }

            text += $"{recipient}:";
        }

        text += key;
        if (owner is not null)
        {
            if (!AtSign.TryParse(owner, out var of, out var problem))
            {
                return new AtError(AtErrorCodes.InternalException, problem);
            }

            text += of.ToString();
        }

        full = AtKey.Fold(text);
        return null;
    }

    /// <summary>Null when <paramref name="full"/> has an allowed length.</summary>
    public static AtError? CheckLength(string full)
    {
        var max = full.StartsWith("cached:", StringComparison.Ordinal) ? AtKey.MaxCachedLength : AtKey.MaxLength;
        return full.Length <= max
            ? null
            : new AtError(AtErrorCodes.InvalidKey, $"key length {full.Length} is greater than max allowed {max} chars");
    }

    /// <summary>Null when clients may write keys like this one.</summary>
    public static AtError? CheckWritable(string full)
    {
        if (CheckLength(full) is { } tooLong)
        {
            return tooLong;
        }

        var kind = AtKey.KindOf(full);
        var isWritable = kind switch
        {
            AtKeyKind.Self or AtKeyKind.Shared or AtKeyKind.Public => true,
            // Of the server's own keys only this one is the client's to write; the update grammar names it.
            AtKeyKind.Reserved => IsClientsReserved(full),
            _ => false,
        };
        return isWritable ? null : new AtError(AtErrorCodes.InvalidKey, $"You may not update keys of type KeyType.{NameOf(kind, full)}");
    }

    /// <summary>Null when the key may be deleted without more ado.</summary>
    public static AtError? CheckDeletable(string full, string withoutPrefix, AtSign owner, bool isCached)
    {
        if (CheckLength(full) is { } tooLong)
        {
            return tooLong;
        }

        if (!isCached && IsProtected(withoutPrefix, owner))
        {
            return new AtError(AtErrorCodes.Unauthorized, $"Cannot delete protected key: '{withoutPrefix}'");
        }

        return AtKey.KindOf(full) is AtKeyKind.Invalid
            ? new AtError(AtErrorCodes.InvalidKey, $"{full} is not a valid key")
            : null;
    }

    private static bool IsClientsReserved(string full) =>
        full == PkamPublicKey
        || !(full.StartsWith("privatekey:", StringComparison.Ordinal) || full.StartsWith("private:", StringComparison.Ordinal));

    private static bool IsProtected(string key, AtSign owner) =>
        key == $"signing_publickey{owner}" || key == $"signing_privatekey{owner}" || key == $"publickey{owner}" || key == $"at_pkam_publickey{owner}";

    private static string NameOf(AtKeyKind kind, string full) => kind switch
    {
        AtKeyKind.Private or AtKeyKind.Reserved => "privateKey",
        AtKeyKind.CachedPublic => "cachedPublicKey",
        AtKeyKind.CachedShared => "cachedSharedKey",
        AtKeyKind.Local => "localKey",
        _ when full.StartsWith("private:", StringComparison.Ordinal) => "privateKey",
        _ => "invalidKey",
    };
}
