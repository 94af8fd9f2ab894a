using System.Diagnostics.CodeAnalysis;
using System.Text.Unicode;
using AtSync.Protocol.Grammar;

namespace AtSync.Protocol.Verbs;

/// <summary>
/// Turns a line into a <see cref="Verb"/>. Pure; accepts exactly what the published patterns of 2024 and 2026 accept (each verb's file names the few places
/// where it differs; everywhere, numbers beyond 64 bits and days that no calendar has are refused).
/// </summary>
public static class VerbParser
{
    /// <summary>
    /// Which verb a line is, by the dispatch rules (normalisation of the part before the first colon included), without looking at the rest;
    /// null when no verb takes it. Cheap: the authentication gate stands between this and <see cref="TryParse"/>.
    /// </summary>
    public static VerbWord? WordOf(ReadOnlySpan<byte> line) => VerbDispatch.WordOf(line);

    /// <summary>Parses a whole line without its line end. Values are copied out of <paramref name="line"/> only where the verb says so.</summary>
    /// <param name="line">UTF-8. Memory, because values are kept as slices of it: the caller keeps it alive as long as the verb.</param>
    /// <param name="verb">The command, when true is returned.</param>
    /// <param name="error"><c>AT0003</c> with the reference's text otherwise.</param>
    public static bool TryParse(ReadOnlyMemory<byte> line, [NotNullWhen(true)] out Verb? verb, [NotNullWhen(false)] out AtError? error)
    {
        verb = null;
        if (!Utf8.IsValid(line.Span))
        {
            error = new AtError(AtErrorCodes.InvalidSyntax, "invalid command: not valid UTF-8");
            return false;
        }

        if (WordOf(line.Span) is not { } word)
        {
            error = new AtError(AtErrorCodes.InvalidSyntax, "invalid command");
            return false;
        }

        var reader = new VerbReader(VerbDispatch.Normalise(line));
        verb = Parse(word, ref reader);
        error = verb is null ? new AtError(AtErrorCodes.InvalidSyntax, "Invalid syntax. " + UsageOf(word)) : null;
        return verb is not null;
    }

    private static Verb? Parse(VerbWord word, ref VerbReader reader) => word switch
    {
        VerbWord.From => FromVerb.Parse(ref reader),
        VerbWord.To => ToVerb.Parse(ref reader),
        VerbWord.Cram => CramVerb.Parse(ref reader),
        VerbWord.Pkam => PkamVerb.Parse(ref reader),
        VerbWord.Pol => PolVerb.Parse(ref reader),
        VerbWord.Update => UpdateVerb.Parse(ref reader),
        VerbWord.UpdateMeta => UpdateMetaVerb.Parse(ref reader),
        VerbWord.Llookup => LlookupVerb.Parse(ref reader),
        VerbWord.Plookup => PlookupVerb.Parse(ref reader),
        VerbWord.Lookup => LookupVerb.Parse(ref reader),
        VerbWord.Scan => ScanVerb.Parse(ref reader),
        VerbWord.Delete => DeleteVerb.Parse(ref reader),
        VerbWord.Stats => StatsVerb.Parse(ref reader),
        VerbWord.Config => ConfigVerb.Parse(ref reader),
        VerbWord.Monitor => MonitorVerb.Parse(ref reader),
        VerbWord.Stream => StreamVerb.Parse(ref reader),
        VerbWord.Notify => NotifyVerb.Parse(ref reader),
        VerbWord.NotifyList => NotifyListVerb.Parse(ref reader),
        VerbWord.NotifyStatus => NotifyStatusVerb.Parse(ref reader),
        VerbWord.NotifyAll => NotifyAllVerb.Parse(ref reader),
        VerbWord.NotifyRemove => NotifyRemoveVerb.Parse(ref reader),
        VerbWord.NotifyFetch => NotifyFetchVerb.Parse(ref reader),
        VerbWord.Batch => BatchVerb.Parse(ref reader),
        VerbWord.SyncFrom => SyncFromVerb.Parse(ref reader),
        VerbWord.Info => InfoVerb.Parse(ref reader),
        VerbWord.Noop => NoopVerb.Parse(ref reader),
        VerbWord.Enroll => EnrollVerb.Parse(ref reader),
        VerbWord.Otp => OtpVerb.Parse(ref reader),
        VerbWord.Keys => KeysVerb.Parse(ref reader),
        _ => null,
    };

    private static string UsageOf(VerbWord word) => word switch
    {
        VerbWord.From => FromVerb.Usage,
        VerbWord.To => ToVerb.Usage,
        VerbWord.Cram => CramVerb.Usage,
        VerbWord.Pkam => PkamVerb.Usage,
        VerbWord.Pol => PolVerb.Usage,
        VerbWord.Update => UpdateVerb.Usage,
        VerbWord.UpdateMeta => UpdateMetaVerb.Usage,
        VerbWord.Llookup => LlookupVerb.Usage,
        VerbWord.Plookup => PlookupVerb.Usage,
        VerbWord.Lookup => LookupVerb.Usage,
        VerbWord.Scan => ScanVerb.Usage,
        VerbWord.Delete => DeleteVerb.Usage,
        VerbWord.Stats => StatsVerb.Usage,
        VerbWord.Config => ConfigVerb.Usage,
        VerbWord.Monitor => MonitorVerb.Usage,
        VerbWord.Stream => StreamVerb.Usage,
        VerbWord.Notify => NotifyVerb.Usage,
        VerbWord.NotifyList => NotifyListVerb.Usage,
        VerbWord.NotifyStatus => NotifyStatusVerb.Usage,
        VerbWord.NotifyAll => NotifyAllVerb.Usage,
        VerbWord.NotifyRemove => NotifyRemoveVerb.Usage,
        VerbWord.NotifyFetch => NotifyFetchVerb.Usage,
        VerbWord.Batch => BatchVerb.Usage,
        VerbWord.SyncFrom => SyncFromVerb.Usage,
        VerbWord.Info => InfoVerb.Usage,
        VerbWord.Noop => NoopVerb.Usage,
        VerbWord.Enroll => EnrollVerb.Usage,
        VerbWord.Otp => OtpVerb.Usage,
        VerbWord.Keys => KeysVerb.Usage,
        _ => "",
    };
}
