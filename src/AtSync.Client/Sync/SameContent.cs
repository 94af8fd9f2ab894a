using AtSync.Protocol;
using AtSync.Storage.Local;

namespace AtSync.Client.Sync;

/// <summary>Whether a pulled entry says the same as a local record: how an edit whose acknowledgement was lost is recognised when it comes back.</summary>
internal static class SameContent
{
    /// <summary>
    /// The values are equal byte for byte and so is every member of the metadata that a client owns. Sealed values have a random IV, so equal ones
    /// are the same write. Times and relative lives are not compared: the server counts them from its own clock.
    /// </summary>
    public static bool Is(PulledEntry remote, LocalRecord local) =>
        remote.HasValue == local.HasValue
        && remote.Value.Span.SequenceEqual(local.Value.Span)
        && (remote.Metadata.Span.SequenceEqual(local.Metadata.Span)
            || (AtMetadataJson.TryRead(remote.Metadata.Span, out var there, out _)
                && AtMetadataJson.TryRead(local.Metadata.Span, out var here, out _)
                && Equal(Owned(there), Owned(here))));

    /// <summary>Servers before 3.14 don't keep <c>appMetadata</c>.</summary>
    private static bool Equal(AtMetadata there, AtMetadata here) =>
        there == (there.AppMetadata is null ? here with { AppMetadata = null } : here);

    private static AtMetadata Owned(AtMetadata metadata) => metadata with
    {
        Ttl = metadata.Ttl is > 0 ? 1 : null,
        Ttb = null,
        Ttr = metadata.Ttr is 0 ? null : metadata.Ttr,
        Ccd = metadata.Ccd ?? false,
        CreatedAt = null,
        UpdatedAt = null,
        ExpiresAt = null,
        AvailableAt = null,
        RefreshAt = null,
        CreatedBy = null,
        UpdatedBy = null,
        Status = null,
        Version = null,
        SharedKeyStatus = null,
        IsBinary = metadata.IsBinary ?? false,
        IsEncrypted = metadata.IsEncrypted ?? false,
        Immutable = metadata.Immutable ?? false,
        Unknown = EquatableList<UnknownMember>.Empty,
    };
}
