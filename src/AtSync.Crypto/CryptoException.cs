namespace AtSync.Crypto;

/// <summary>A key, signature, envelope or key file could not be used. The message never holds secrets.</summary>
public sealed class CryptoException(CryptoFault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What kind of fault it is, so that callers need not read the message.</summary>
    public CryptoFault Fault { get; } = fault;
}

/// <summary>Kinds of <see cref="CryptoException"/>.</summary>
public enum CryptoFault
{
    /// <summary>Wrong key, wrong IV or damaged: can't be opened with this key (another one may do).</summary>
    CannotOpen,

    /// <summary>Malformed: no key will open it.</summary>
    Malformed,

    /// <summary>A scheme this version does not know; the record is left untouched.</summary>
    UnsupportedScheme,

    /// <summary>The key file is protected by a passphrase and none was given.</summary>
    PassphraseNeeded,

    /// <summary>The passphrase is wrong (or the file is damaged: the format can't tell).</summary>
    WrongPassphrase,

    /// <summary>The key file can't be read or written (missing, permissions).</summary>
    Unreadable,

    /// <summary>The key file is for another atSign.</summary>
    OtherOwner,
}
