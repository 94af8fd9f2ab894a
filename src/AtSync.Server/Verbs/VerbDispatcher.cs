using System.Text.Unicode;
using AtSync.Protocol;
using AtSync.Protocol.Responses;
using AtSync.Protocol.Verbs;
using AtSync.Server.Sessions;

namespace AtSync.Server.Verbs;

/// <summary>
/// One line becomes one answer: which verb, may this caller use it, does the grammar take it, then its handler. The authentication gate stands
/// before the grammar because the reference's error codes show that order.
/// </summary>
internal static class VerbDispatcher
{
    private static readonly AtError NotText = new(AtErrorCodes.InvalidSyntax, "the command is not valid UTF-8");
    private static readonly AtError Unknown = new(AtErrorCodes.InvalidSyntax, "invalid command");
    private static readonly AtError IsHttp = new(AtErrorCodes.InvalidSyntax, "HTTP requests must negotiate ALPN http/1.1", Closes: true);
    private static readonly AtError NoAtSign = new(
        AtErrorCodes.SecondaryNotFound, "this connection is for no atSign yet: connect to the atSign's own host name or port, or begin with to:@atSign");

    /// <summary>Runs one command. What it keeps of <paramref name="line"/> it has copied when it returns.</summary>
    public static async ValueTask<Response> ExecuteAsync(ReadOnlyMemory<byte> line, Session session)
    {
        if (Parse(line, session, out var verb) is { } refusal)
        {
            return Response.Refuse(refusal);
        }

        ServerTelemetry.Command(verb!.Word);
        using var activity = ServerTelemetry.Activities.StartActivity(verb.Word);
        return await RunAsync(verb, session);
    }

    /// <summary>The gates in their order; null when <paramref name="verb"/> may run.</summary>
    public static AtError? Parse(ReadOnlyMemory<byte> line, Session session, out Verb? verb)
    {
        verb = null;
        if (!Utf8.IsValid(line.Span))
        {
            return NotText;
        }

        if (VerbParser.WordOf(line.Span) is not { } word)
        {
            return line.Span.TrimEnd((byte)'\r').EndsWith(" HTTP/1.1"u8) ? IsHttp : Unknown;
        }

        if (!session.HasServer && word is not (VerbWord.To or VerbWord.Info or VerbWord.Noop))
        {
            return NoAtSign;
        }

        if (AccessPolicy.CheckVerb(session.Caller, word) is { } refusal)
        {
            return refusal;
        }

        return VerbParser.TryParse(line, out verb, out var error) ? null : error;
    }

    /// <summary>The verbs and their handlers, all of them.</summary>
    public static ValueTask<Response> RunAsync(Verb verb, Session session) => verb switch
    {
        UpdateVerb update => UpdateHandler.HandleAsync(update, session),
        UpdateMetaVerb updateMeta => UpdateMetaHandler.HandleAsync(updateMeta, session),
        UpdateJsonVerb updateJson => UpdateJsonHandler.HandleAsync(updateJson, session),
        DeleteVerb delete => DeleteHandler.HandleAsync(delete, session),
        LlookupVerb llookup => LlookupHandler.HandleAsync(llookup, session),
        LookupVerb lookup => LookupHandler.HandleAsync(lookup, session),
        PlookupVerb plookup => PlookupHandler.HandleAsync(plookup, session),
        SyncFromVerb sync => SyncFromHandler.HandleAsync(sync, session),
        BatchVerb batch => BatchHandler.HandleAsync(batch, session),
        ScanVerb scan => ScanHandler.HandleAsync(scan, session),
        StatsVerb stats => StatsHandler.HandleAsync(stats, session),
        MonitorVerb monitor => MonitorHandler.HandleAsync(monitor, session),
        NoopVerb noop => NoopHandler.HandleAsync(noop, session),
        InfoVerb info => InfoHandler.HandleAsync(info, session),
        FromVerb from => FromHandler.HandleAsync(from, session),
        ToVerb to => ToHandler.HandleAsync(to, session),
        CramVerb cram => CramHandler.HandleAsync(cram, session),
        PkamVerb pkam => PkamHandler.HandleAsync(pkam, session),
        PolVerb => PolHandler.HandleAsync(session),
        EnrollVerb enroll => EnrollHandler.HandleAsync(enroll, session),
        NotifyVerb notify => NotifyHandler.HandleAsync(notify, session),
        NotifyAllVerb notifyAll => NotifyHandler.HandleAllAsync(notifyAll, session),
        NotifyListVerb notifyList => NotifyListHandler.HandleAsync(notifyList, session),
        NotifyStatusVerb notifyStatus => NotifyFetchHandler.HandleStatusAsync(notifyStatus, session),
        NotifyFetchVerb notifyFetch => NotifyFetchHandler.HandleAsync(notifyFetch, session),
        NotifyRemoveVerb notifyRemove => NotifyFetchHandler.HandleRemoveAsync(notifyRemove, session),
        OtpVerb otp => OtpHandler.HandleAsync(otp, session),
        KeysVerb keys => KeysHandler.HandleAsync(keys, session),
        ConfigVerb config => ConfigHandler.HandleAsync(config, session),
        StreamVerb => StreamHandler.HandleAsync(),
        _ => ValueTask.FromResult(NotServed(verb.Word)),
    };

    /// <summary>
    /// For verbs of the grammar that this server does not serve: the code that older servers answer to what they do not know, so that clients
    /// fall back as they do there.
    /// </summary>
    public static Response NotServed(string word) =>
        Response.Refuse(AtErrorCodes.InvalidSyntax, $"this server does not serve {word}");
}
