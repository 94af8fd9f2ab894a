using System.Collections.Frozen;
using System.Text.Json;

namespace AtSync.Client.Remote;

/// <summary>What a server says it can do.</summary>
/// <param name="Version">As told.</param>
/// <param name="EpochId">Our extension <c>atsync.epoch</c>: the random id of the store's history; null for other servers.</param>
/// <param name="Names">Features present.</param>
public sealed record ServerFeatures(string? Version, string? EpochId, IReadOnlySet<string> Names)
{
    /// <summary>Of which epoch this one is the continuation; null when it began empty.</summary>
    internal string? EarlierEpochId { get; private init; }

    /// <summary>The commit id up to which both epochs are one history.</summary>
    internal long EarlierCommitId { get; private init; }

    /// <summary>Batch items may carry <c>ifCommit</c>.</summary>
    public const string IfCommit = "atsync.ifCommit";

    /// <summary><c>info</c> carries <c>epoch</c>.</summary>
    public const string Epoch = "atsync.epoch";

    /// <summary>Several commands may be in flight on one connection.</summary>
    public const string Pipelining = "atsync.pipelining";

    /// <summary><c>monitor</c> and requests may share a connection.</summary>
    public const string MultiplexedMonitor = "atsync.multiplexedMonitor";

    /// <summary>A peer that says nothing of itself.</summary>
    internal static ServerFeatures None { get; } = new(null, null, FrozenSet<string>.Empty);

    internal bool Has(string name) => Names.Contains(name);

    /// <summary>Whether a form that Dart servers take from a version on may be sent. Our own servers take every form.</summary>
    internal bool Takes(int major, int minor, int patch) => Has(IfCommit) || (Parse(Version) is { } version && version >= new Version(major, minor, patch));

    /// <summary>
    /// Reads an <c>info</c> answer. A feature is there when it is listed with any status but <c>Retired</c>; twice with one of them retired
    /// is retired. What can't be read says nothing.
    /// </summary>
    internal static ServerFeatures Read(ReadOnlyMemory<byte> json, out long? epochMillis)
    {
        epochMillis = null;
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                return None;
            }

            if (root.TryGetProperty("epochMillis", out var clock) && clock.ValueKind == JsonValueKind.Number && clock.TryGetInt64(out var ms))
            {
                epochMillis = ms;
            }

            var features = new ServerFeatures(Text(root, "version"), Text(root, "epoch"), ReadNames(root));
            return root.TryGetProperty("epochFrom", out var from) && from.ValueKind == JsonValueKind.Object
                && from.TryGetProperty("commitId", out var commit) && commit.ValueKind == JsonValueKind.Number && commit.TryGetInt64(out var commitId)
                    ? features with { EarlierEpochId = Text(from, "epoch"), EarlierCommitId = commitId }
                    : features;
        }
        catch (JsonException)
        {
            return None;
        }
    }

    private static FrozenSet<string> ReadNames(JsonElement root)
    {
        if (!root.TryGetProperty("features", out var features) || features.ValueKind != JsonValueKind.Array)
        {
            return FrozenSet<string>.Empty;
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        var retired = new HashSet<string>(StringComparer.Ordinal);
        foreach (var feature in features.EnumerateArray())
        {
            if (feature.ValueKind == JsonValueKind.Object && Text(feature, "name") is { } name)
            {
                (Text(feature, "status") == "Retired" ? retired : names).Add(name);
            }
        }

        names.ExceptWith(retired);
        return names.ToFrozenSet(StringComparer.Ordinal);
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static Version? Parse(string? version)
    {
        // "3.16.3+5" and "3.15.0-rc1" count as what they lead to.
        var end = version.AsSpan().IndexOfAny('+', '-');
        return System.Version.TryParse(end < 0 ? version.AsSpan() : version.AsSpan(0, end), out var parsed) ? parsed : null;
    }
}
