namespace AtSync.Protocol;

/// <summary>
/// The metadata of a record. Null means "absent on the wire" and nothing else. Carries every member that 2024 and 2026 peers know,
/// plus, in <see cref="Unknown"/>, members that neither knows, so that nothing is lost on the way through.
/// </summary>
/// <remarks>Times have millisecond precision and are UTC. String members match <c>[^:@\s]+</c> on the wire.</remarks>
public sealed record AtMetadata
{
    /// <summary>No member set.</summary>
    public static AtMetadata Empty { get; } = new();

    /// <summary>Life time in ms from the write; 0 clears the expiry.</summary>
    public long? Ttl { get; init; }

    /// <summary>Time to birth in ms from the write.</summary>
    public long? Ttb { get; init; }

    /// <summary>Refresh interval of cached copies, in <b>seconds</b>; -1 caches for ever.</summary>
    public long? Ttr { get; init; }

    /// <summary>Whether a delete cascades to cached copies.</summary>
    public bool? Ccd { get; init; }

    /// <summary>Fragment <c>cAt</c>.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>Fragment <c>uAt</c>: when the edit was made.</summary>
    public DateTimeOffset? UpdatedAt { get; init; }

    /// <summary>Fragment <c>eAt</c>.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Fragment <c>aAt</c>.</summary>
    public DateTimeOffset? AvailableAt { get; init; }

    /// <summary>When a cached copy is due for refresh.</summary>
    public DateTimeOffset? RefreshAt { get; init; }

    /// <summary>atSign (with <c>@</c>) of the first writer; maintained by the server.</summary>
    public string? CreatedBy { get; init; }

    /// <summary>atSign (with <c>@</c>) of the last writer; maintained by the server.</summary>
    public string? UpdatedBy { get; init; }

    /// <summary>Always <c>active</c>; maintained by the server.</summary>
    public string? Status { get; init; }

    /// <summary>0 at creation, +1 per write; maintained by the server.</summary>
    public long? Version { get; init; }

    /// <summary>Signature over the public value.</summary>
    public string? DataSignature { get; init; }

    /// <summary>Parsed and passed through; has no effect.</summary>
    public string? SharedKeyStatus { get; init; }

    /// <summary>The value is Base2e15 text of bytes.</summary>
    public bool? IsBinary { get; init; }

    /// <summary>The value is sealed.</summary>
    public bool? IsEncrypted { get; init; }

    /// <summary>The shared key, sealed for the recipient.</summary>
    public string? SharedKeyEnc { get; init; }

    /// <summary>MD5 of the recipient's public key (2024).</summary>
    public string? PubKeyCS { get; init; }

    /// <summary>Hash of the recipient's public key (2026); goes with <see cref="HashingAlgo"/>.</summary>
    public string? PubKeyHash { get; init; }

    /// <summary>Algorithm of <see cref="PubKeyHash"/>.</summary>
    public string? HashingAlgo { get; init; }

    /// <summary>Text encoding of the value, for example <c>base64</c>.</summary>
    public string? Encoding { get; init; }

    /// <summary>Name of the encryption key.</summary>
    public string? EncKeyName { get; init; }

    /// <summary>Encryption algorithm.</summary>
    public string? EncAlgo { get; init; }

    /// <summary>Base64 of the 16-byte initial counter block.</summary>
    public string? IvNonce { get; init; }

    /// <summary>Name of the key that sealed the shared key.</summary>
    public string? SkeEncKeyName { get; init; }

    /// <summary>Algorithm that sealed the shared key.</summary>
    public string? SkeEncAlgo { get; init; }

    /// <summary>The record may not be updated, and deleted only with force.</summary>
    public bool? Immutable { get; init; }

    /// <summary>Base64 of a UTF-8 JSON object with a <c>providerId</c>; passed through untouched.</summary>
    public string? AppMetadata { get; init; }

    /// <summary>Members of the JSON forms that are not listed above: name and raw JSON value, in order of appearance.</summary>
    public EquatableList<UnknownMember> Unknown { get; init; } = EquatableList<UnknownMember>.Empty;
}

/// <summary>A metadata member that this version does not know.</summary>
/// <param name="Name">Member name.</param>
/// <param name="RawJson">The value as JSON text.</param>
public readonly record struct UnknownMember(string Name, string RawJson);
