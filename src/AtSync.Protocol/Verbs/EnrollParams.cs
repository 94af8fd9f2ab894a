using System.Diagnostics.CodeAnalysis;

namespace AtSync.Protocol.Verbs;

/// <summary>The JSON of <c>enroll:</c>. All members optional; unknown ones are kept.</summary>
public sealed record EnrollParams
{
    /// <summary>Enrollment id.</summary>
    public string? EnrollmentId { get; init; }

    /// <summary>App name.</summary>
    public string? AppName { get; init; }

    /// <summary>Device name.</summary>
    public string? DeviceName { get; init; }

    /// <summary>Namespace to access (<c>r</c>, <c>rw</c>), in the order given.</summary>
    public EquatableList<KeyValuePair<string, string>>? Namespaces { get; init; }

    /// <summary>Passcode.</summary>
    public string? Otp { get; init; }

    /// <summary>Base64.</summary>
    public string? EncryptedDefaultEncryptionPrivateKey { get; init; }

    /// <summary>Base64 of the 16-byte IV (<c>encPrivateKeyIV</c>).</summary>
    public string? EncPrivateKeyIv { get; init; }

    /// <summary>Base64.</summary>
    public string? EncryptedDefaultSelfEncryptionKey { get; init; }

    /// <summary>Base64 of the 16-byte IV (<c>selfEncKeyIV</c>).</summary>
    public string? SelfEncKeyIv { get; init; }

    /// <summary>Base64 (<c>encryptedAPKAMSymmetricKey</c>).</summary>
    public string? EncryptedApkamSymmetricKey { get; init; }

    /// <summary>Base64 SPKI, or another algorithm's form.</summary>
    public string? ApkamPublicKey { get; init; }

    /// <summary>Algorithm of <see cref="ApkamPublicKey"/>.</summary>
    public string? SigningAlgo { get; init; }

    /// <summary>JSON object text, verbatim.</summary>
    public string? ApskJson { get; init; }

    /// <summary>Bare signing key.</summary>
    public string? ApskLegacy { get; init; }

    /// <summary>Proof of a new key.</summary>
    public string? ApkamPublicKeySignature { get; init; }

    /// <summary>JSON object text, verbatim.</summary>
    public string? MetadataJson { get; init; }

    /// <summary><c>pending approved denied revoked expired</c>.</summary>
    public EquatableList<string>? EnrollmentStatusFilter { get; init; }

    /// <summary>ms; 0 = never.</summary>
    public long? ApkamKeysExpiryInMillis { get; init; }

    /// <summary>Members not listed above.</summary>
    public EquatableList<UnknownMember> Unknown { get; init; } = EquatableList<UnknownMember>.Empty;

    /// <summary>Reads the JSON. Malformed JSON closes (AT0011), wrong types do not (AT0010).</summary>
    public static bool TryParse(ReadOnlySpan<byte> json, [NotNullWhen(true)] out EnrollParams? parameters, [NotNullWhen(false)] out AtError? error) =>
        throw new NotImplementedException();

    /// <summary>The JSON, absent members left out, in the order of the reference.</summary>
    public string ToJson() => throw new NotImplementedException();
}
