using AtSync.Protocol;

namespace AtSync.Server.Enrollments;

/// <summary>What is asked of a key.</summary>
internal enum KeyAccess : byte
{
    Read,
    Write,
}

/// <summary>
/// The namespaces of an enrollment and what they open. The namespace of a key is the text after the last dot of its entity; an entry matches it
/// exactly, or as the last dotted segments of the entity (<c>at_contact.buzz</c>), else <c>*</c> decides.
/// </summary>
/// <remarks>
/// Tighter than the reference of 2024: <c>*</c> never reaches <c>__manage</c> or another enrollment's reserved namespace, and reserved keys that
/// carry the atSign's own authority (<c>privatekey:…</c>, the signing key) are open only to an enrollment that holds everything.
/// </remarks>
internal sealed class NamespaceGrants(IReadOnlyList<KeyValuePair<string, string>> entries, string enrollmentId)
{
    private const string Manage = "__manage";
    private const string ServerEvents = "__atserver";
    private const string EnrollmentReserved = "__e";

    private readonly bool _isEverything = entries.Any(entry => entry is { Key: "*", Value: "rw" });

    /// <summary>In the order given.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Entries { get; } = entries;

    /// <summary>Holds <c>*</c> for reading: nothing is filtered for it but reserved namespaces.</summary>
    public bool ReadsEverything { get; } = entries.Any(entry => entry.Key == "*" && entry.Value.Contains('r', StringComparison.Ordinal));

    public bool Allows(string key, KeyAccess access)
    {
        var entity = EntityOf(key, out var isPublic);
        if (AtKey.KindOf(key) == AtKeyKind.Reserved)
        {
            return _isEverything || !CarriesAuthority(key);
        }

        var dot = entity.LastIndexOf('.');
        var keyNamespace = dot < 0 ? "" : entity[(dot + 1)..];
        switch (keyNamespace)
        {
            case Manage:
                return false;
            case ServerEvents:
                return access == KeyAccess.Read;
            case EnrollmentReserved:
                return IsOwnReserved(entity) || (isPublic && access == KeyAccess.Read);
        }

        return AccessTo(entity, keyNamespace) is { } letters
            && letters.Contains(access == KeyAccess.Read ? "r" : "rw", StringComparison.Ordinal);
    }

    private string? AccessTo(ReadOnlySpan<char> entity, ReadOnlySpan<char> keyNamespace)
    {
        string? everything = null;
        string? suffix = null;
        foreach (var (name, letters) in Entries)
        {
            if (name == "*")
            {
                everything = letters;
            }
            else if (keyNamespace.SequenceEqual(name))
            {
                return letters;
            }
            else if (suffix is null && entity.Length > name.Length && entity.EndsWith(name) && entity[entity.Length - name.Length - 1] == '.')
            {
                suffix = letters;
            }
        }

        return suffix ?? everything;
    }

    private bool IsOwnReserved(string entity) =>
        entity.EndsWith($"{enrollmentId}.a.{EnrollmentReserved}", StringComparison.Ordinal);

    private static bool CarriesAuthority(string key) =>
        key.StartsWith("privatekey:", StringComparison.Ordinal) || key.StartsWith("private:", StringComparison.Ordinal)
        || key.Contains("signing_p", StringComparison.Ordinal);

    /// <summary>The part between the prefixes and the owner.</summary>
    private static string EntityOf(string key, out bool isPublic)
    {
        isPublic = key.StartsWith("public:", StringComparison.Ordinal);
        var from = key.LastIndexOf(':') + 1;
        var to = key.LastIndexOf('@');
        return to > from ? key[from..to] : key[from..];
    }
}
