using AtSync.Protocol;
using AtSync.Storage.Local;

namespace AtSync.Client.Sync;

/// <summary>Whether an edit that was not accepted is tried again or is a dead letter.</summary>
internal static class PushVerdict
{
    /// <summary>The outcome of a refused, empty or missing answer.</summary>
    public static PushOutcome Of(OutboxItem item, BatchAnswer answer, SyncLimits limits, IRandomSource random, long nowMs)
    {
        var error = answer.Kind switch
        {
            BatchAnswerKind.Refused => new AtError(answer.Code ?? AtErrorCodes.InternalException, answer.Message ?? "refused"),
            BatchAnswerKind.Empty => new AtError(AtErrorCodes.InternalException, "the atServer accepted the command but did not store it"),
            _ => new AtError(AtErrorCodes.InternalException, "the atServer gave no answer to this command"),
        };
        return IsPermanent(error.Code) ? new PushOutcome(item.Seq, item.Key, PushOutcomeKind.Dead, 0, error, 0) : Again(item, error, limits, random, nowMs, isLast: error.Code != AtErrorCodes.DataStore);
    }

    /// <summary>The outcome of an edit that was on the way alone when the connection broke: never dead for that, however often.</summary>
    public static PushOutcome Lost(OutboxItem item, AtException failure, SyncLimits limits, IRandomSource random, long nowMs)
    {
        var error = new AtError(AtErrorCodes.Timeout, failure.Message);
        return item.Attempts < LossesForgiven
            ? new PushOutcome(item.Seq, item.Key, PushOutcomeKind.Retry, 0, error, 0)
            : Again(item, error, limits, random, nowMs, isLast: false);
    }

    /// <summary>Connections break for many reasons; only an edit that met it this often is suspected to be the cause.</summary>
    private const int LossesForgiven = 3;

    /// <summary>Refusals that the same command will meet again.</summary>
    private static bool IsPermanent(string code) => code is AtErrorCodes.InvalidSyntax or AtErrorCodes.BufferLimitExceeded or AtErrorCodes.Unauthorized
        or AtErrorCodes.InvalidKey or AtErrorCodes.IllegalArguments or AtErrorCodes.IllegalState;

    private static PushOutcome Again(OutboxItem item, AtError error, SyncLimits limits, IRandomSource random, long nowMs, bool isLast)
    {
        var attempts = item.Attempts + 1;
        return isLast && attempts >= limits.PushAttemptsMax
            ? new PushOutcome(item.Seq, item.Key, PushOutcomeKind.Dead, 0, error, 0)
            : new PushOutcome(item.Seq, item.Key, PushOutcomeKind.Retry, 0, error, nowMs + (long)BackOff.Delay(limits, random, attempts).TotalMilliseconds);
    }
}
