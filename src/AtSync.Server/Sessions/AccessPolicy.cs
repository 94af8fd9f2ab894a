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

    private static readonly AtError OnlyByEnroll =
        new(AtErrorCodes.Unauthorized, "enrollments and the keys kept by the verb keys are written by the verbs enroll and keys only");

    /// <summary>Null when the verb may be tried.</summary>
    public static AtError? CheckVerb(Caller caller, VerbWord word) => caller switch
    {
        // A device that revoked itself is told so for the few seconds that its connection still stands.
        { Enrollment: { IsApproved: false } enrollment } => new AtError(
            AtErrorCodes.EnrollmentRevoked, $"enrollment_id: {enrollment.Id} is {enrollment.State}"),
        { IsOwner: true } => null,
        _ => IsOpen(word) ? null : NeedsAuthentication,
    };

    /// <summary>Verbs that a stranger may send; some of them check further inside. Everything else needs an owner.</summary>
    private static bool IsOpen(VerbWord word) => word is VerbWord.From or VerbWord.To or VerbWord.Cram or VerbWord.Pkam or VerbWord.Pol
        or VerbWord.Lookup or VerbWord.Scan or VerbWord.Info or VerbWord.Noop or VerbWord.Enroll or VerbWord.Stream
        or VerbWord.Notify or VerbWord.NotifyList or VerbWord.NotifyStatus;

    /// <summary>
    /// Null when the key may be read as a record. What the server keeps for itself and what devices keep with <c>keys</c> is no enrollment's to
    /// read this way, whatever it holds: passcodes and the private keys of other devices are among it.
    /// </summary>
    public static AtError? CheckRead(Caller caller, string key, string action) => caller.Enrollment is { } enrollment && IsKeptApart(key)
        ? Unauthorized(enrollment, key, action)
        : Check(caller, key, action, KeyAccess.Read);

    /// <summary>Null when the key may be written as a record.</summary>
    public static AtError? CheckWrite(Caller caller, string key, string action) =>
        IsOfEnrollments(key) || IsOfKeys(key) ? OnlyByEnroll : Check(caller, key, action, KeyAccess.Write);

    /// <summary>Null when an enrollment may keep a key in this namespace with the verb <c>keys</c>.</summary>
    public static AtError? CheckKeep(Caller caller, string key, string action) => IsOfEnrollments(key) ? OnlyByEnroll : Check(caller, key, action, KeyAccess.Write);

    /// <summary>
    /// Whether a caller hears of a key: the one filter of scan, sync, statistics and monitors. A scan keeps keys without a namespace for those that
    /// hold <c>*</c>, and shows public ones to all; sync hands the former to every device, which needs them to work. A monitor tells those who
    /// hold <c>__manage</c> what waits for them there.
    /// </summary>
    public static bool MaySee(Caller caller, string key, KeyAudience audience) => caller.Enrollment is not { } enrollment
        || enrollment.May(key, KeyAccess.Read)
        || audience switch
        {
            KeyAudience.Scan => key.StartsWith("public:", StringComparison.Ordinal),
            // The pair that speaks for the atSign to other servers has no dot either; no device needs it.
            KeyAudience.Sync => !key.Contains('.', StringComparison.Ordinal) && !key.Contains(":signing_privatekey@", StringComparison.Ordinal),
            _ => enrollment.Grants.HoldsManage && IsOfEnrollments(key),
        };

    /// <summary>Enrollments and their keys have verbs of their own, which keep them consistent; nobody writes them as records.</summary>
    private static bool IsOfEnrollments(string key) => key.Contains(".__manage@", StringComparison.Ordinal);

    /// <summary>Keys that devices keep with the verb <c>keys</c>, and the login keys that the server publishes.</summary>
    private static bool IsOfKeys(string key) => key.Contains(".__self_keys.", StringComparison.Ordinal)
        || key.Contains(".__private_keys.", StringComparison.Ordinal) || key.Contains(".__public_keys.", StringComparison.Ordinal)
        || key.Contains(".__public_keys@", StringComparison.Ordinal);

    private static bool IsKeptApart(string key) => key.StartsWith("private:", StringComparison.Ordinal)
        || key.StartsWith("privatekey:", StringComparison.Ordinal) || key.Contains(".__self_keys.", StringComparison.Ordinal);

    private static AtError? Check(Caller caller, string key, string action, KeyAccess access) =>
        caller.Enrollment is not { } enrollment || enrollment.May(key, access) ? null : Unauthorized(enrollment, key, action);

    private static AtError Unauthorized(Enrollment enrollment, string key, string action) =>
        new(AtErrorCodes.Unauthorized, $"Connection with enrollment ID {enrollment.Id} is not authorized to {action} key: {key}");
}

/// <summary>What a list of keys is for.</summary>
internal enum KeyAudience : byte
{
    /// <summary>Somebody looks for keys.</summary>
    Scan,

    /// <summary>A device keeps a copy.</summary>
    Sync,

    /// <summary>A device is told what happens.</summary>
    Monitor,
}
