using System.Text.RegularExpressions;
using AtSync.Protocol;

namespace AtSync.Client.Sync;

/// <summary>
/// The namespaces that a device syncs. <c>notes</c> covers <c>x.notes</c> and <c>x.sub.notes</c>; the public key, shared keys (both always sent by the
/// server) and keys without a namespace are always in.
/// </summary>
internal sealed record SyncScope
{
    private const string Everything = "*";

    private SyncScope(EquatableList<string>? namespaces) => Namespaces = namespaces;

    /// <summary>Sorted and distinct; null = everything.</summary>
    public EquatableList<string>? Namespaces { get; }

    /// <summary>From the options.</summary>
    public static SyncScope Of(IEnumerable<string>? namespaces) =>
        new(namespaces is null ? null : new EquatableList<string>(namespaces.Select(AtKey.Fold).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)));

    /// <summary>From the store.</summary>
    public static SyncScope Read(string text) => Of(text == Everything ? null : text.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    /// <summary>The filter for the server; null for none.</summary>
    public string? Pattern => Namespaces is null
        ? null
        : $"{Alternatives(Namespaces)}^(cached:)?(public:|@[^:@]+:)?[^.:@]+@";

    /// <summary>What is in here and was not in <paramref name="before"/>; null when nothing is.</summary>
    public SyncScope? AddedTo(SyncScope before)
    {
        if (before.Namespaces is null)
        {
            return null;
        }

        if (Namespaces is null)
        {
            return this;
        }

        var added = Namespaces.Where(name => !before.Namespaces.Any(wider => name == wider || name.EndsWith("." + wider, StringComparison.Ordinal))).ToArray();
        return added.Length == 0 ? null : Of(added);
    }

    /// <summary>For the store.</summary>
    public override string ToString() => Namespaces is null ? Everything : string.Join(' ', Namespaces);

    private static string Alternatives(EquatableList<string> namespaces) =>
        namespaces.Count == 0 ? "" : $"\\.({string.Join('|', namespaces.Select(Regex.Escape))})@|";
}
