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
/// exactly, or as the last dotted segments of the entity (<c>at_contact.buzz</c>), else <c>*</c> decides. Names are compared as keys are stored:
/// in lower case.
/// </summary>
/// <remarks>
/// Tighter than the reference of 2024: <c>*</c> never reaches <c>__manage</c> or another enrollment's reserved namespace, and reserved keys that
/// carry the atSign's own authority (<c>privatekey:…</c>, the signing key, writing the public key) are open only to an enrollment that holds everything,
/// <c>__manage</c> too: whoever could replace the flat login key would hold it a moment later.
/// </remarks>
internal sealed class NamespaceGrants
{
    public const string Manage = "__manage";
    public const string Everything = "*";

    private const string ServerEvents = "__atserver";
    private const string EnrollmentReserved = "__e";
    private const string Write = "rw";
    private const string Read = "r";

    private readonly string _ownReserved;
    private readonly bool _isEverything;

    public NamespaceGrants(IEnumerable<KeyValuePair<string, string>> entries, string enrollmentId)
    {
        Entries = [.. entries.Select(entry => new KeyValuePair<string, string>(entry.Key.ToLowerInvariant(), entry.Value))];
        _ownReserved = $"{enrollmentId}.a.{EnrollmentReserved}";
        _isEverything = GrantOf(Everything) == Write;
        ReadsEverything = _isEverything || GrantOf(Everything) == Read;
    }

    /// <summary>In the order given, names in lower case.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Entries { get; }

    /// <summary>Holds <c>*</c> for reading: nothing is filtered for it but reserved namespaces.</summary>
    public bool ReadsEverything { get; }

    /// <summary>May read what the verbs for enrollments tell.</summary>
    public bool HoldsManage => GrantOf(Manage) is Read or Write;

    /// <summary>Holds everything there is, with nothing taken back: the equal of the atSign's first key.</summary>
    public bool IsRoot => _isEverything && GrantOf(Manage) == Write && Entries.All(entry => entry.Value == Write);

    public bool Allows(string key, KeyAccess access)
    {
        var entity = EntityOf(key, out var isPublic);
        if (AtKey.KindOf(key) == AtKeyKind.Reserved)
        {
            return IsRoot || !CarriesAuthority(key, access);
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

        return Covers(AccessTo(entity, keyNamespace), access == KeyAccess.Read ? Read : Write);
    }

    /// <summary>
    /// What is granted to a namespace as a whole: <c>r</c>, <c>rw</c> or null. <c>*</c> does not stand for <c>__manage</c>.
    /// </summary>
    public string? GrantedTo(string name)
    {
        var folded = name.ToLowerInvariant();
        if (folded is Manage or Everything)
        {
            return GrantOf(folded);
        }

        // As for any key in it.
        return AccessTo("key." + folded, folded.AsSpan(folded.LastIndexOf('.') + 1));
    }

    /// <summary>Whether whoever holds this may hand out <paramref name="other"/>: nowhere does it get more than there is here.</summary>
    public bool IsAtLeast(NamespaceGrants other)
    {
        foreach (var (name, _) in other.Entries.Concat(Entries))
        {
            if (other.GrantedTo(name) is { } wanted && !Covers(GrantedTo(name), wanted))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The same names with the same letters, in whatever order.</summary>
    public bool IsSame(IEnumerable<KeyValuePair<string, string>> entries)
    {
        var others = entries.Select(entry => (entry.Key.ToLowerInvariant(), entry.Value)).ToHashSet();
        return others.SetEquals(Entries.Select(entry => (entry.Key, entry.Value)));
    }

    private static bool Covers(string? held, string wanted) => held == Write || (held == Read && wanted == Read);

    private string? GrantOf(string name)
    {
        foreach (var entry in Entries)
        {
            if (entry.Key == name)
            {
                return entry.Value;
            }
        }

        return null;
    }

    private string? AccessTo(ReadOnlySpan<char> entity, ReadOnlySpan<char> keyNamespace)
    {
        string? everything = null;
        string? suffix = null;
        foreach (var (name, letters) in Entries)
        {
            if (name == Everything)
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
        entity.EndsWith(_ownReserved, StringComparison.Ordinal)
        && (entity.Length == _ownReserved.Length || entity[entity.Length - _ownReserved.Length - 1] == '.');

    private static bool CarriesAuthority(string key, KeyAccess access) =>
        key.StartsWith("privatekey:", StringComparison.Ordinal) || key.StartsWith("private:", StringComparison.Ordinal)
        || key.Contains("signing_p", StringComparison.Ordinal)
        || (access == KeyAccess.Write && key.StartsWith("public:publickey@", StringComparison.Ordinal));

    /// <summary>The part between the prefixes and the owner.</summary>
    private static string EntityOf(string key, out bool isPublic)
    {
        isPublic = key.StartsWith("public:", StringComparison.Ordinal);
        var from = key.LastIndexOf(':') + 1;
        var to = key.LastIndexOf('@');
        return to > from ? key[from..to] : key[from..];
    }
}
