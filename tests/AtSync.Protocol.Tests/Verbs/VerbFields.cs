using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using AtSync.Protocol.Verbs;

namespace AtSync.Protocol.Tests.Verbs;

/// <summary>The fields of a parsed verb under the group names of its published pattern, both sides in one spelling.</summary>
internal static class VerbFields
{
    private static readonly HashSet<string> Numbers =
        ["ttl", "ttb", "ttr", "page", "from", "limit", "skip", "epochMillis", "latestN", "ttln", "delayMillis"];

    private static readonly HashSet<string> Times = ["cAt", "uAt", "eAt", "aAt", "dAt", "eAtn"];

    private static readonly HashSet<string> Keywords =
    [
        "ccd", "isBinary", "isEncrypted", "immutable", "publicScope", "operation", "cached", "bypassCache", "commitLog", "showhidden", "setOperation", "noCommit",
        "force", "priority", "strict", "selfNotifications", "multiplexed", "messageType", "strategy", "eph", "form", "visibility",
    ];

    public static string Describe(VerbWord word, Match match) => Join(match.Groups.Cast<Group>()
        .Where(g => g.Success && !char.IsAsciiDigit(g.Name[0]))
        .Select(g => (g.Name, Value: Canonical(word, g.Name, g.Value))));

    public static string Describe(Verb verb) => Join(Of(verb).Where(f => f.Value is not null).Select(f => (f.Name, f.Value!)));

    private static string Join(IEnumerable<(string Name, string Value)> fields) =>
        string.Join('\n', fields.Where(f => f.Value.Length > 0).OrderBy(f => f.Name, StringComparer.Ordinal).Select(f => f.Name + "=" + f.Value));

    private static string Canonical(VerbWord word, string name, string value)
    {
        if (Numbers.Contains(name))
        {
            return long.Parse(value, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture);
        }

        if (Times.Contains(name))
        {
            return AtMetadataJson.TryParseTime(value, out var time) ? AtMetadataJson.FormatTime(time) : "no time";
        }

        if (name == "statId")
        {
            return string.Join(',', value.TrimStart(':').Split(',', StringSplitOptions.RemoveEmptyEntries)
                .Select(id => Math.Min(long.Parse(id, CultureInfo.InvariantCulture), int.MaxValue)));
        }

        if (word == VerbWord.NotifyAll && name == "ccd")
        {
            return value.StartsWith("t", StringComparison.OrdinalIgnoreCase) ? "true" : "false";
        }

        if (word == VerbWord.NotifyAll && name == "forAtSign")
        {
            return string.Join(',', value.Split(',', StringSplitOptions.RemoveEmptyEntries));
        }

        // One key is an alternative of the grammar itself, so it is a keyword too.
        var isKeyword = Keywords.Contains(name)
            || (name == "atKey" && value.StartsWith("privatekey:", StringComparison.OrdinalIgnoreCase) && word is VerbWord.Update or VerbWord.Delete);
        return isKeyword ? value.ToLowerInvariant() : value;
    }

    private static IEnumerable<(string Name, string? Value)> Of(Verb verb) => verb switch
    {
        FromVerb v => [("atSign", v.AtSign), ("clientConfig", v.ClientConfig)],
        ToVerb v => [("atSign", v.AtSign)],
        CramVerb v => [("digest", v.Digest)],
        PkamVerb v => [("signingAlgo", v.SigningAlgo), ("hashingAlgo", v.HashingAlgo), ("enrollmentId", v.EnrollmentId), ("signature", v.Signature)],
        PolVerb => [],
        LlookupVerb v => [("operation", Lookup(v.Operation)), ("cached", v.IsCached ? ":cached" : null), .. Key(v.IsPublic, v.SharedWith, v.Key, v.Owner)],
        PlookupVerb v => [("bypassCache", Flag(v.BypassCache)), ("operation", Lookup(v.Operation)), ("atKey", v.Key), ("atSign", v.Owner)],
        LookupVerb v => [("bypassCache", Flag(v.BypassCache)), ("operation", Lookup(v.Operation)), ("atKey", v.Key), ("atSign", v.Owner)],
        ScanVerb v =>
        [
            ("commitLog", v.CommitLog ? ":cl" : null), ("showhidden", Flag(v.ShowHidden)), ("forAtSign", v.ForAtSign), ("page", Number(v.Page)), ("regex", v.Regex),
        ],
        ConfigVerb v when v.Operation.StartsWith("block:", StringComparison.Ordinal) =>
            [("operation", v.Operation[6..]), ("atSign", v.AtSigns is null ? null : string.Join(' ', v.AtSigns))],
        ConfigVerb v => [("setOperation", v.Operation), ("configNew", v.Setting)],
        StatsVerb v => [("statId", v.Ids is null ? null : string.Join(',', v.Ids)), ("regex", v.Regex)],
        SyncFromVerb v => [("from", Number(v.From)), ("limit", Number(v.Limit)), ("skip", Number(v.SkipDeletesUntil)), ("regex", v.Regex)],
        UpdateJsonVerb v => [("noCommit", v.NoCommit ? ":nc" : null), ("json", Text(v.Json))],
        UpdateVerb v =>
            [("noCommit", v.NoCommit ? ":nc" : null), .. Meta(v.Metadata), .. Key(v.IsPublic, v.SharedWith, v.Key, v.Owner), ("value", Text(v.Value))],
        UpdateMetaVerb v => [("noCommit", v.NoCommit ? ":nc" : null), .. Meta(v.Metadata), .. Key(v.IsPublic, v.SharedWith, v.Key, v.Owner)],
        DeleteVerb v =>
        [
            ("dAt", Time(v.DeletedAt)), ("noCommit", v.NoCommit ? ":nc" : null), ("force", v.Force ? "force" : null), ("priority", v.Priority),
            ("cached", v.IsCached ? ":cached" : null), .. Key(v.IsPublic, v.SharedWith, v.Key, v.Owner),
        ],
        MonitorVerb v =>
        [
            ("strict", v.Strict ? "strict" : null), ("selfNotifications", v.SelfNotifications ? "selfnotifications" : null),
            ("multiplexed", v.Multiplexed ? "multiplexed" : null), ("epochMillis", Number(v.EpochMs)), ("regex", v.Regex),
        ],
        NotifyVerb v =>
        [
            ("id", v.Id), ("operation", v.Operation), ("messageType", v.MessageType), ("priority", v.Priority), ("strategy", v.Strategy),
            ("latestN", Number(v.LatestN)), ("notifier", v.Notifier), ("ttln", Number(v.TtlnMs)), ("eAtn", Time(v.ExpiresAt)),
            ("eph", v.IsEphemeral ? ":eph" : null), .. Meta(v.Metadata), .. Key(v.IsPublic, v.To, v.Key, v.From), ("value", v.Value is { } value ? Text(value) : null),
        ],
        NotifyListVerb v => [("fromDate", v.FromDate), ("toDate", v.ToDate), ("regex", v.Regex)],
        NotifyStatusVerb v => [("id", v.Id)],
        NotifyFetchVerb v => [("id", v.Id)],
        NotifyRemoveVerb v => [("id", v.Id)],
        NotifyAllVerb v =>
        [
            ("operation", v.Operation), ("messageType", v.MessageType), ("ttl", Number(v.Ttl)), ("ttb", Number(v.Ttb)), ("ttr", Number(v.Ttr)), ("ccd", Flag(v.Ccd)),
            ("forAtSign", string.Join(',', v.To)), ("atKey", v.Key), ("atSign", v.From), ("value", v.Value is { } value ? Text(value) : null),
        ],
        BatchVerb v => [("json", Text(v.Json))],
        InfoVerb v => [("form", v.Form)],
        NoopVerb v => [("delayMillis", Number(v.DelayMs))],
        EnrollVerb v => [("operation", v.Operation), ("force", v.Force ? "force" : null), ("ns", v.Namespace), ("params", v.Json is { } json ? Text(json) : null)],
        OtpVerb v => [("operation", v.Operation), ("otp", v.Code), ("ttl", Number(v.TtlMs))],
        KeysVerb v =>
        [
            ("operation", v.Operation), ("visibility", v.Visibility), ("namespace", v.Namespace), ("appName", v.AppName), ("deviceName", v.DeviceName),
            ("keyType", v.KeyType), ("encryptionKeyName", v.EncryptionKeyName), ("keyName", v.KeyName), ("keyValue", v.Value),
        ],
        StreamVerb v => [("text", v.Text)],
        _ => throw new InvalidOperationException(verb.GetType().Name),
    };

    private static (string, string?)[] Key(bool isPublic, string? recipient, string key, string? owner) =>
        [("publicScope", isPublic ? "public" : null), ("forAtSign", recipient), ("atKey", key), ("atSign", owner)];

    private static (string, string?)[] Meta(AtMetadata m) =>
    [
        ("ttl", Number(m.Ttl)), ("ttb", Number(m.Ttb)), ("ttr", Number(m.Ttr)), ("ccd", Flag(m.Ccd)), ("cAt", Time(m.CreatedAt)), ("uAt", Time(m.UpdatedAt)),
        ("eAt", Time(m.ExpiresAt)), ("aAt", Time(m.AvailableAt)), ("dataSignature", m.DataSignature), ("sharedKeyStatus", m.SharedKeyStatus),
        ("isBinary", Flag(m.IsBinary)), ("isEncrypted", Flag(m.IsEncrypted)), ("sharedKeyEnc", m.SharedKeyEnc), ("pubKeyCS", m.PubKeyCS),
        ("pubKeyHash", m.PubKeyHash), ("hashingAlgo", m.HashingAlgo), ("encoding", m.Encoding), ("encKeyName", m.EncKeyName), ("encAlgo", m.EncAlgo),
        ("ivNonce", m.IvNonce), ("skeEncKeyName", m.SkeEncKeyName), ("skeEncAlgo", m.SkeEncAlgo), ("immutable", Flag(m.Immutable)), ("appMetadata", m.AppMetadata),
    ];

    private static string Text(ReadOnlyMemory<byte> utf8) => Encoding.UTF8.GetString(utf8.Span);

    private static string? Number(long? number) => number?.ToString(CultureInfo.InvariantCulture);

    private static string? Flag(bool? flag) => flag is null ? null : flag.Value ? "true" : "false";

    private static string? Time(DateTimeOffset? time) => time is { } value ? AtMetadataJson.FormatTime(value) : null;

    private static string? Lookup(LookupOperation operation) => operation == LookupOperation.Value ? null : operation.ToString().ToLowerInvariant();
}
