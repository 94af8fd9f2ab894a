using System.Diagnostics.CodeAnalysis;

namespace AtSync.Protocol.Verbs;

/// <summary>Turns a line into a <see cref="Verb"/>. Pure; accepts exactly what the published patterns of 2024 and 2026 accept.</summary>
public static class VerbParser
{
    /// <summary>
    /// Which verb a line is, by the dispatch rules (normalisation of the part before the first colon included), without looking at the rest;
    /// null when no verb takes it. Cheap: the authentication gate stands between this and <see cref="TryParse"/>.
    /// </summary>
    public static VerbWord? WordOf(ReadOnlySpan<byte> line) => throw new NotImplementedException();

    /// <summary>Parses a whole line without its line end. Values are copied out of <paramref name="line"/> only where the verb says so.</summary>
    /// <param name="line">UTF-8. Memory, because values are kept as slices of it: the caller keeps it alive as long as the verb.</param>
    /// <param name="verb">The command, when true is returned.</param>
    /// <param name="error"><c>AT0003</c> with the reference's text otherwise.</param>
    public static bool TryParse(ReadOnlyMemory<byte> line, [NotNullWhen(true)] out Verb? verb, [NotNullWhen(false)] out AtError? error) =>
        throw new NotImplementedException();
}

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
