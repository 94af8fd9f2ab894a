using System.Collections.Frozen;

namespace AtSync.Protocol;

/// <summary>The error codes of the protocol and the fixed text that goes with each (the table of at_commons).</summary>
public static class AtErrorCodes
{
    /// <summary>The server's store failed, full for example. Nothing was changed.</summary>
    public const string DataStore = "AT0002";

    /// <summary>Invalid syntax.</summary>
    public const string InvalidSyntax = "AT0003";

    /// <summary>More bytes than a line may have.</summary>
    public const string BufferLimitExceeded = "AT0005";

    /// <summary>The atDirectory has no entry.</summary>
    public const string SecondaryNotFound = "AT0007";

    /// <summary>Not authorised for this key or operation.</summary>
    public const string Unauthorized = "AT0009";

    /// <summary>Internal error.</summary>
    public const string InternalError = "AT0010";

    /// <summary>Everything without a code of its own.</summary>
    public const string InternalException = "AT0011";

    /// <summary>Too many inbound connections.</summary>
    public const string InboundLimitExceeded = "AT0012";

    /// <summary>The caller is on the block list.</summary>
    public const string Blocked = "AT0013";

    /// <summary>No such key.</summary>
    public const string KeyNotFound = "AT0015";

    /// <summary>A key of the wrong kind, owner or length.</summary>
    public const string InvalidKey = "AT0016";

    /// <summary>Another atSign's atServer cannot be reached.</summary>
    public const string SecondaryUnreachable = "AT0021";

    /// <summary>Illegal arguments.</summary>
    public const string IllegalArguments = "AT0022";

    /// <summary>The peer did not answer in time.</summary>
    public const string Timeout = "AT0023";

    /// <summary>The server is stopping or starting.</summary>
    public const string Paused = "AT0024";

    /// <summary>The enrollment was denied.</summary>
    public const string EnrollmentDenied = "AT0025";

    /// <summary>The enrollment is still pending.</summary>
    public const string EnrollmentPending = "AT0026";

    /// <summary>The enrollment was revoked.</summary>
    public const string EnrollmentRevoked = "AT0027";

    /// <summary>Too many attempts or requests of late. The code that <see cref="EnrollmentExpired"/> shares.</summary>
    public const string TooManyRequests = "AT0028";

    /// <summary>Too many outbound connections.</summary>
    public const string OutboundLimitExceeded = "AT0006";

    /// <summary>The enrollment is expired or unknown.</summary>
    public const string EnrollmentExpired = "AT0028";

    /// <summary>An enrollment may not revoke itself.</summary>
    public const string CannotRevokeSelf = "AT0031";

    /// <summary>Illegal state: an immutable record, a duplicate enrollment.</summary>
    public const string IllegalState = "AT0032";

    /// <summary>Not authenticated.</summary>
    public const string Unauthenticated = "AT0401";

    private static readonly FrozenDictionary<string, string> Texts = new Dictionary<string, string>
    {
        ["AT0001"] = "Server exception",
        [DataStore] = "DataStore exception",
        ["AT0003"] = "Invalid syntax",
        ["AT0004"] = "Socket error",
        ["AT0005"] = "Buffer limit exceeded",
        ["AT0006"] = "Outbound connection limit exceeded",
        ["AT0007"] = "Secondary server not found",
        ["AT0008"] = "Handshake failure",
        ["AT0009"] = "UnAuthorized client in request",
        ["AT0010"] = "Internal server error",
        ["AT0011"] = "Internal server exception",
        ["AT0012"] = "Inbound connection limit exceeded",
        ["AT0013"] = "Connection Exception",
        ["AT0014"] = "Unknown AtClient exception",
        ["AT0015"] = "key not found",
        ["AT0016"] = "Invalid key",
        ["AT0021"] = "Unable to connect to secondary",
        ["AT0022"] = "Illegal arguments",
        ["AT0023"] = "Timeout waiting for response",
        ["AT0024"] = "Server is paused",
        ["AT0025"] = "Apkam Auth Denied",
        ["AT0026"] = "Apkam Auth Failed",
        ["AT0027"] = "Apkam Access Revoked",
        ["AT0028"] = "Too Many Requests",
        ["AT0029"] = "Apkam Enrollment Expired",
        ["AT0030"] = "Invalid Enrollment Status",
        ["AT0031"] = "Cannot revoke self enrollment",
        ["AT0032"] = "Illegal state exception",
        ["AT0401"] = "Client authentication failed",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The fixed text of a code; that of <c>AT0011</c> for an unknown one.</summary>
    public static string TextOf(string code) => Texts.TryGetValue(code, out var text) ? text : Texts["AT0011"];
}
