namespace AtSync.Client;

/// <summary>The one family of exceptions that the SDK's public methods throw (besides cancellation and misuse of arguments).</summary>
public sealed class AtException(AtFault fault, string message, string? code = null, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What kind of fault it is, so that callers need not read the message.</summary>
    public AtFault Fault { get; } = fault;

    /// <summary>The protocol's code (<c>AT0015</c>) when a server refused; null otherwise.</summary>
    public string? Code { get; } = code;
}

/// <summary>Kinds of <see cref="AtException"/>; the command line maps each to an exit code.</summary>
public enum AtFault
{
    /// <summary>A server refused: wrong or revoked credentials, no right, bad command.</summary>
    Refused,

    /// <summary>A key or value that can't be used: bad key, public empty value, too long.</summary>
    InvalidArgument,

    /// <summary>Unreachable, TLS, wrong authority or host name, a peer that does not speak the protocol.</summary>
    Network,

    /// <summary>The key, conflict or atSign does not exist.</summary>
    NotFound,

    /// <summary>The local store: unreadable, full, corrupt, another atSign's, newer version.</summary>
    Store,

    /// <summary>The key file or a passphrase.</summary>
    Keys,

    /// <summary>A record sealed by a scheme this version does not know, or that can't be opened with the keys at hand.</summary>
    CannotOpen,

    /// <summary>The remote is another one than before (its public key changed): syncing stopped, nothing was changed.</summary>
    IdentityChanged,

    /// <summary>A reader of the change stream was too slow and was ended: list the records again and watch anew.</summary>
    FellBehind,
}
