using System.Security.Cryptography;
using AtSync.Crypto.KeyFiles;
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

    /// <summary>Reads a document. <paramref name="passphrase"/> is used only if the document needs one.</summary>
    /// <exception cref="CryptoException">Says what is wrong and what to do.</exception>
    public static AtKeysFile Parse(ReadOnlySpan<byte> json, string? passphrase)
    {
        using var outer = KeyJson.TryParse(json, out var problem) ?? throw new CryptoException(CryptoFault.Malformed, problem);
        try
        {
            if (!PassphraseEnvelope.IsEnvelope(outer.RootElement))
            {
                return KeyDocument.Read(outer.RootElement);
            }

            var opened = PassphraseEnvelope.Open(outer.RootElement, passphrase);
            using var inner = KeyJson.TryParse(opened, out _) ?? throw PassphraseEnvelope.WrongPassphrase();
            CryptographicOperations.ZeroMemory(opened);
            return KeyDocument.Read(inner.RootElement);
        }
        catch (InvalidOperationException error)
        {
            // Half a surrogate pair, escaped: valid JSON, but no text.
            throw new CryptoException(CryptoFault.Malformed, "the key file holds text that is not Unicode", error);
        }
    }

    /// <summary>Whether a document needs a passphrase, without opening it.</summary>
    /// <exception cref="CryptoException">Not a JSON object.</exception>
    public static bool NeedsPassphrase(ReadOnlySpan<byte> json)
    {
        using var document = KeyJson.TryParse(json, out var problem) ?? throw new CryptoException(CryptoFault.Malformed, problem);
        return PassphraseEnvelope.IsEnvelope(document.RootElement);
    }

    /// <summary>Writes the flat form, or the envelope v1 when a passphrase is given. What was read from a typed document is written with it.</summary>
    /// <exception cref="CryptoException">The keys are another atSign's, or one of them is not a key.</exception>
    public byte[] Write(AtSign atSign, string? passphrase, IRandomSource random)
    {
        ArgumentNullException.ThrowIfNull(random);
        if (AtSign is { } owner && owner != atSign)
        {
            throw new CryptoException(CryptoFault.OtherOwner, $"these are the keys of {owner}, not of {atSign}");
        }

        var document = KeyDocument.Write(this, atSign);
        if (passphrase is null)
        {
            return document;
        }

        ArgumentException.ThrowIfNullOrEmpty(passphrase);
        var envelope = PassphraseEnvelope.Seal(document, passphrase, random);
        CryptographicOperations.ZeroMemory(document);
        return envelope;
    }

    /// <summary>Reads a file; checks that it is for <paramref name="expected"/> where the file says.</summary>
    /// <exception cref="CryptoException">Missing, unreadable, damaged, another atSign's, or the passphrase is missing or wrong; the message names the file.</exception>
    public static AtKeysFile Load(string path, AtSign expected, string? passphrase)
    {
        var bytes = SecretFile.Read(path);
        AtKeysFile keys;
        try
        {
            keys = Parse(bytes, passphrase);
        }
        catch (CryptoException error)
        {
            throw new CryptoException(error.Fault, $"{path}: {error.Message}", error);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }

        return keys.AtSign is { } owner && owner != expected
            ? throw new CryptoException(CryptoFault.OtherOwner, $"{path} holds the keys of {owner}, not of {expected}")
            : keys;
    }

    /// <summary>
    /// Writes a file durably: temp file, fsync, rename, fsync of the folder; mode 0600. Refuses to overwrite unless told. Missing folders are made, mode 0700.
    /// On disk when it returns; on failure the former file, if any, is untouched.
    /// </summary>
    /// <exception cref="CryptoException">Can't be written, or exists already.</exception>
    public void Save(string path, AtSign atSign, string? passphrase, IRandomSource random, bool overwrite = false)
    {
        ArgumentNullException.ThrowIfNull(random);
        var bytes = Write(atSign, passphrase, random);
        try
        {
            SecretFile.Write(path, bytes, overwrite, random);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    /// <summary>Never shows keys.</summary>
    public override string ToString() => $"AtKeysFile({AtSign}, enrollment {EnrollmentId ?? "none"})";
}
