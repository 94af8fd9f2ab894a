namespace AtSync.Server.Administration;

/// <summary>An administrative command was not done; nothing has changed unless the message says so.</summary>
public sealed class AdminException(AdminFault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What kind of fault it is, so that callers need not read the message.</summary>
    public AdminFault Fault { get; } = fault;
}

/// <summary>Kinds of <see cref="AdminException"/>.</summary>
public enum AdminFault
{
    /// <summary>Not done as things are, for instance because the atSign is hosted already.</summary>
    Refused,

    /// <summary>The request makes no sense.</summary>
    Usage,

    /// <summary>There is no such atSign, file or folder.</summary>
    NotFound,

    /// <summary>A store or file can't be read or written, is damaged, or of a newer version.</summary>
    Store,

    /// <summary>A port can't be listened on, or the administered program went away.</summary>
    Network,
}
