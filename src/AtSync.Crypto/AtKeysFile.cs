using AtSync.Protocol;

namespace AtSync.Crypto;

/// <summary>
/// The keys of one atSign on one device: the content of a <c>.atKeys</c> file. Reads all five forms of 2024 and 2026 without loss (unknown members,
/// material and tokens survive) and writes the flat form or the passphrase envelope v1. Immutable.
/// </summary>
public sealed record AtKeysFile
{
    /// <summary>The atSign the keys are for; null for a file that does not say.</summary>
    public AtSign? AtSign { get; init; }

    /// <summary>Base64 SPKI of the (A)PKAM pair.</summary>
    public string? PkamPublicKey { get; init; }

    /// <summary>Base64 PKCS#8; null when the key lives elsewhere.</summary>
    public string? PkamPrivateKey { get; init; }

    /// <summary>Base64 SPKI of the default encryption pair.</summary>
    public required string EncryptionPublicKey { get; init; }

    /// <summary>Base64 PKCS#8.</summary>
    public required string EncryptionPrivateKey { get; init; }

    /// <summary>Base64 of 32 bytes.</summary>
    public required string SelfEncryptionKey { get; init; }

    /// <summary>Base64 of 32 bytes, or null (files older than enrollments).</summary>
    public string? ApkamSymmetricKey { get; init; }

    /// <summary>Enrollment to log in with, or null.</summary>
    public string? EnrollmentId { get; init; }

    /// <summary>Everything else of the document, kept as it was read: UTF-8 JSON object without the members above, or null.</summary>
    public ReadOnlyMemory<byte>? Rest { get; init; }

    /// <summary>Says when the flat RSA fields must not be used to log in (a live enrollment with another algorithm); null otherwise.</summary>
    public string? LoginProblem { get; init; }

    /// <summary>Reads a document.</summary>
    /// <exception cref="CryptoException">Says what is wrong and what to do.</exception>
    public static AtKeysFile Parse(ReadOnlySpan<byte> json, string? passphrase) => throw new NotImplementedException();

    /// <summary>Whether a document needs a passphrase, without opening it.</summary>
    public static bool NeedsPassphrase(ReadOnlySpan<byte> json) => throw new NotImplementedException();

    /// <summary>Writes the flat form, or the envelope v1 when a passphrase is given.</summary>
    public byte[] Write(AtSign atSign, string? passphrase, IRandomSource random) => throw new NotImplementedException();

    /// <summary>Reads a file; checks that it is for <paramref name="expected"/> where the file says.</summary>
    public static AtKeysFile Load(string path, AtSign expected, string? passphrase) => throw new NotImplementedException();

    /// <summary>Writes a file durably: temp file, fsync, rename, fsync of the folder; mode 0600. Refuses to overwrite unless told.</summary>
    public void Save(string path, AtSign atSign, string? passphrase, IRandomSource random, bool overwrite = false) => throw new NotImplementedException();

    /// <summary>Never shows keys.</summary>
    public override string ToString() => $"AtKeysFile({AtSign}, enrollment {EnrollmentId ?? "none"})";
}
