namespace AtSync.Storage;

/// <summary>A store could not be opened, read or written. Nothing acknowledged is lost by it.</summary>
public sealed class StoreException(StoreFault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What kind of fault it is, so that callers need not read the message.</summary>
    public StoreFault Fault { get; } = fault;
}

/// <summary>Kinds of <see cref="StoreException"/>.</summary>
public enum StoreFault
{
    /// <summary>The file or folder can't be read or written (permissions, I/O error).</summary>
    Unreadable,

    /// <summary>No space left on the device; the change was not made. Try again after making room.</summary>
    Full,

    /// <summary>The file is damaged or not one of ours.</summary>
    Corrupt,

    /// <summary>Written by a newer version of this program; left untouched.</summary>
    NewerVersion,

    /// <summary>The store belongs to another atSign.</summary>
    OtherOwner,

    /// <summary>Another process holds the store.</summary>
    Locked,
}
