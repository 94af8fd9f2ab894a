using AtSync.Protocol;
using AtSync.Server.Enrollments;

namespace AtSync.Server.Sessions;

/// <summary>Who is at the other end of a connection, as far as it is proven. A closed family.</summary>
internal abstract record Caller
{
    private Caller()
    {
    }

    /// <summary>Nothing is proven.</summary>
    public sealed record Anonymous : Caller
    {
        public static Anonymous Instance { get; } = new();
    }

    /// <summary>A device of the atSign itself.</summary>
    /// <param name="Proof">How it proved it.</param>
    /// <param name="GrantedBy">What it may do; null for <c>cram</c> and plain <c>pkam</c>, which may do everything.</param>
    public sealed record Owner(OwnerProof Proof, Enrollment? GrantedBy) : Caller;

    /// <summary>Another atSign's atServer, proven by <c>pol</c>.</summary>
    public sealed record Peer(AtSign AtSign) : Caller;

    public bool IsOwner => this is Owner;

    /// <summary>The enrollment that limits this caller, or null.</summary>
    public Enrollment? Enrollment => (this as Owner)?.GrantedBy;
}

/// <summary>How an owner proved to be one.</summary>
internal enum OwnerProof : byte
{
    /// <summary>Knew the one-time secret.</summary>
    Cram,

    /// <summary>Signed with the atSign's first key.</summary>
    Pkam,

    /// <summary>Signed with the key of an enrollment.</summary>
    Apkam,
}
