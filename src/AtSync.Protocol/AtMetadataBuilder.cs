namespace AtSync.Protocol;

/// <summary>The members of <see cref="AtMetadata"/> while they are being read, on the stack, so that the record is made once.</summary>
internal struct AtMetadataBuilder
{
    public long? Ttl, Ttb, Ttr, Version;
    public bool? Ccd, IsBinary, IsEncrypted, Immutable;
    public DateTimeOffset? CreatedAt, UpdatedAt, ExpiresAt, AvailableAt, RefreshAt;
    public string? CreatedBy, UpdatedBy, Status, DataSignature, SharedKeyStatus, SharedKeyEnc, PubKeyCS, PubKeyHash, HashingAlgo, Encoding;
    public string? EncKeyName, EncAlgo, IvNonce, SkeEncKeyName, SkeEncAlgo, AppMetadata;
    public List<UnknownMember>? Unknown;

    public readonly AtMetadata Build() => new()
    {
        Ttl = Ttl,
        Ttb = Ttb,
        Ttr = Ttr,
        Ccd = Ccd,
        CreatedAt = CreatedAt,
        UpdatedAt = UpdatedAt,
        ExpiresAt = ExpiresAt,
        AvailableAt = AvailableAt,
        RefreshAt = RefreshAt,
        CreatedBy = CreatedBy,
        UpdatedBy = UpdatedBy,
        Status = Status,
        Version = Version,
        DataSignature = DataSignature,
        SharedKeyStatus = SharedKeyStatus,
        IsBinary = IsBinary,
        IsEncrypted = IsEncrypted,
        SharedKeyEnc = SharedKeyEnc,
        PubKeyCS = PubKeyCS,
        PubKeyHash = PubKeyHash,
        HashingAlgo = HashingAlgo,
        Encoding = Encoding,
        EncKeyName = EncKeyName,
        EncAlgo = EncAlgo,
        IvNonce = IvNonce,
        SkeEncKeyName = SkeEncKeyName,
        SkeEncAlgo = SkeEncAlgo,
        Immutable = Immutable,
        AppMetadata = AppMetadata,
        Unknown = Unknown is null ? EquatableList<UnknownMember>.Empty : new EquatableList<UnknownMember>(Unknown),
    };
}
