using AtSync.Crypto;
using AtSync.Protocol;
using AtSync.Storage;
using AtSync.Transport;

namespace AtSync.Client;

/// <summary>How the exceptions and refusals of the floors below become the one family that the SDK throws. The only place that does this.</summary>
internal static class Faults
{
    /// <summary>A connection could not be made or broke.</summary>
    public static AtException Of(NetworkException failure) => new(AtFault.Network, failure.Message, inner: failure);

    /// <summary>A key, signature or key file could not be used.</summary>
    public static AtException Of(CryptoException failure) => new(
        failure.Fault is CryptoFault.CannotOpen or CryptoFault.UnsupportedScheme ? AtFault.CannotOpen : AtFault.Keys, failure.Message, inner: failure);

    /// <summary>The local store failed.</summary>
    public static AtException Of(StoreException failure) => Edge.Translate(failure)!;

    /// <summary>A server's <c>error:</c> answer; says what to do where the code tells.</summary>
    public static AtException Of(AtError error, AtSign atSign) => new(
        AtFault.Refused, Advice(error.Code, atSign) is { Length: > 0 } advice ? $"{error.ToString().TrimEnd('.')}.{advice}" : error.ToString(), error.Code);

    /// <summary>What is at the other end is no atServer (or is broken, or means harm).</summary>
    public static AtException NotTheProtocol(string what) => new(
        AtFault.Network, $"{what} The peer does not speak the protocol as an atServer does. Check the address and the atDirectory.");

    /// <summary>The server's store takes nothing at the moment: a condition of the server, not of an edit.</summary>
    public static AtException ServersStore(string? detail) => new(
        AtFault.Refused,
        $"The atServer can't store anything at the moment ({detail?.TrimEnd('.') ?? "it gave no reason"}). Nothing is lost: what waits here goes with a later sync, once the server is well.",
        AtErrorCodes.DataStore);

    /// <summary>The same failure for another waiter: an exception that several callers throw would mix up their stack traces.</summary>
    public static AtException Copy(this AtException failure) => new(failure.Fault, failure.Message, failure.Code, failure.InnerException ?? failure);

    /// <summary>Whether the server no longer accepts this login, so that asking again with the same keys is useless.</summary>
    public static bool IsLoginRefusal(string? code) => code is AtErrorCodes.Unauthenticated or AtErrorCodes.EnrollmentDenied or AtErrorCodes.EnrollmentPending
        or AtErrorCodes.EnrollmentRevoked or AtErrorCodes.EnrollmentExpired;

    private static string Advice(string code, AtSign atSign) => code switch
    {
        AtErrorCodes.Unauthenticated => $" Check that the key file is the one of {atSign} and that {atSign} is activated.",
        AtErrorCodes.EnrollmentDenied => " Request a new enrollment and have it approved on another device.",
        AtErrorCodes.EnrollmentPending => " Approve this enrollment on another device, then try again.",
        AtErrorCodes.EnrollmentRevoked => " This device's enrollment was revoked: request a new one.",
        AtErrorCodes.EnrollmentExpired => " This device's enrollment expired or is unknown to the server: request a new one.",
        AtErrorCodes.InboundLimitExceeded => " The atServer has too many connections; try again later.",
        AtErrorCodes.Paused => " The atServer is starting or stopping; try again in a moment.",
        _ => "",
    };
}
