using AtSync.Protocol;
using AtSync.Protocol.Verbs;
using AtSync.Server.Enrollments;

namespace AtSync.Server.Sessions;

/// <summary>
/// Who may do what. Two questions: may this caller use the verb at all (asked before the grammar, because error codes show that order), and may
/// its enrollment touch the key (asked by the handlers, which know the key).
/// </summary>
internal static class AccessPolicy
{
    private static readonly AtError NeedsAuthentication =
        new(AtErrorCodes.Unauthenticated, "Command cannot be executed without auth");

    /// <summary>Null when the verb may be tried.</summary>
    public static AtError? CheckVerb(Caller caller, VerbWord word) => caller.IsOwner || IsOpen(word) ? null : NeedsAuthentication;

    /// <summary>Verbs that a stranger may send; some of them check further inside. Everything else needs an owner.</summary>
    private static bool IsOpen(VerbWord word) => word is VerbWord.From or VerbWord.To or VerbWord.Cram or VerbWord.Pkam or VerbWord.Pol
        or VerbWord.Lookup or VerbWord.Scan or VerbWord.Info or VerbWord.Noop or VerbWord.Enroll or VerbWord.Stream
        or VerbWord.Notify or VerbWord.NotifyList or VerbWord.NotifyStatus;

    public static AtError? CheckRead(Caller caller, string key, string action) => Check(caller, key, action, KeyAccess.Read);

    public static AtError? CheckWrite(Caller caller, string key, string action) => Check(caller, key, action, KeyAccess.Write);

    /// <summary>Whether an entry of the commit log, or a key of a scan, is for this caller.</summary>
    public static bool MaySee(Caller caller, string key) => caller.Enrollment is not { } enrollment || enrollment.MaySee(key);

    private static AtError? Check(Caller caller, string key, string action, KeyAccess access) =>
        caller.Enrollment is not { } enrollment || enrollment.May(key, access)
            ? null
            : new AtError(AtErrorCodes.Unauthorized, $"Connection with enrollment ID {enrollment.Id} is not authorized to {action} key: {key}");
}
