namespace AtSync.Protocol.Verbs;

/// <summary>The verbs as dispatch knows them.</summary>
public enum VerbWord : byte
{
    /// <summary>from</summary>
    From,

    /// <summary>to</summary>
    To,

    /// <summary>cram</summary>
    Cram,

    /// <summary>pkam</summary>
    Pkam,

    /// <summary>pol</summary>
    Pol,

    /// <summary>update (also update:json)</summary>
    Update,

    /// <summary>update:meta</summary>
    UpdateMeta,

    /// <summary>llookup</summary>
    Llookup,

    /// <summary>plookup</summary>
    Plookup,

    /// <summary>lookup</summary>
    Lookup,

    /// <summary>scan</summary>
    Scan,

    /// <summary>delete</summary>
    Delete,

    /// <summary>stats</summary>
    Stats,

    /// <summary>config</summary>
    Config,

    /// <summary>monitor</summary>
    Monitor,

    /// <summary>stream</summary>
    Stream,

    /// <summary>notify</summary>
    Notify,

    /// <summary>notify:list</summary>
    NotifyList,

    /// <summary>notify:status</summary>
    NotifyStatus,

    /// <summary>notify:all</summary>
    NotifyAll,

    /// <summary>notify:remove</summary>
    NotifyRemove,

    /// <summary>notify:fetch</summary>
    NotifyFetch,

    /// <summary>batch</summary>
    Batch,

    /// <summary>sync:from</summary>
    SyncFrom,

    /// <summary>info</summary>
    Info,

    /// <summary>noop</summary>
    Noop,

    /// <summary>enroll</summary>
    Enroll,

    /// <summary>otp</summary>
    Otp,

    /// <summary>keys</summary>
    Keys,
}
