using System.Buffers;
using System.Text;
using System.Text.Json;
using AtSync.Crypto.Algorithms;
using AtSync.Protocol;

namespace AtSync.Crypto.KeyFiles;

/// <summary>
/// A key file under a passphrase: the document, sealed as any value is, under a key derived from the passphrase.
/// <code>
/// version 1      {"v":1,"content":b64,"iv":b64 of 16,"hashingAlgoType":"argon2id","salt":b64,"kdfParams":{"memory":KiB,"iterations":n,"parallelism":n}}
/// without version {"content":b64,"iv":b64 of 16,"hashingAlgoType":"argon2id"}
/// </code>
/// Without a version the salt is the passphrase itself (each UTF-16 unit cut to a byte) and the costs are fixed. Neither form is authenticated: a wrong
/// passphrase shows as bad padding or as a document that is not JSON. The <c>iv</c> member marks an envelope. Only version 1 is written.
/// </summary>
internal static class PassphraseEnvelope
{
    private const int Version = 1;
    private const int SaltBytes = 16;
    private const string Algorithm = "argon2id";

    public static bool IsEnvelope(JsonElement document) => document.TryGetProperty("iv", out _);

    /// <summary>The document inside. The caller erases it.</summary>
    public static byte[] Open(JsonElement envelope, string? passphrase)
    {
        var isVersioned = envelope.TryGetProperty("v", out var version);
        if (isVersioned && !(version.ValueKind == JsonValueKind.Number && version.TryGetInt32(out var number) && number == Version))
        {
            throw new CryptoException(CryptoFault.UnsupportedScheme, $"the key file's envelope has a version other than {Version}; a newer program is needed to open it");
        }

        if (KeyJson.Text(envelope, "hashingAlgoType") != Algorithm)
        {
            throw new CryptoException(CryptoFault.UnsupportedScheme, $"the key file's hashingAlgoType is not {Algorithm}; only that one can be opened");
        }

        var iv = KeyJson.Bytes(envelope, "iv");
        var content = KeyJson.Text(envelope, "content");
        var sealedBytes = KeyJson.Bytes(envelope, "content").Length;
        if (iv.Length != SymmetricKey.IvBytes || !Pkcs7.IsPaddedLength(sealedBytes))
        {
            throw new CryptoException(CryptoFault.Malformed, "the key file is truncated or damaged: its iv or content has a length that no writer makes");
        }

        var (costs, salt) = isVersioned ? ReadCosts(envelope) : (Argon2Costs.Unversioned, null);
        costs.Check();
        if (string.IsNullOrEmpty(passphrase))
        {
            throw new CryptoException(CryptoFault.PassphraseNeeded, "the key file is protected by a passphrase, and none was given");
        }

        using var key = costs.Derive(passphrase, salt ?? PassphraseAsSalt(passphrase));
        try
        {
            return key.OpenFromBase64(Encoding.ASCII.GetBytes(content), iv);
        }
        catch (CryptoException)
        {
            throw WrongPassphrase();
        }
    }

    public static byte[] Seal(ReadOnlySpan<byte> document, string passphrase, IRandomSource random)
    {
        var salt = new byte[SaltBytes];
        var iv = new byte[SymmetricKey.IvBytes];
        random.Fill(salt);
        random.Fill(iv);
        var costs = Argon2Costs.Written;
        using var key = costs.Derive(passphrase, salt);
        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer, KeyJson.WriterOptions);
        writer.WriteStartObject();
        writer.WriteNumber("v", Version);
        writer.WriteString("content", key.SealToBase64(document, iv));
        writer.WriteString("iv", Convert.ToBase64String(iv));
        writer.WriteString("hashingAlgoType", Algorithm);
        writer.WriteString("salt", Convert.ToBase64String(salt));
        writer.WriteStartObject("kdfParams");
        writer.WriteNumber("memory", costs.MemoryKiB);
        writer.WriteNumber("iterations", costs.Iterations);
        writer.WriteNumber("parallelism", costs.Parallelism);
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.Flush();
        return [.. buffer.WrittenSpan, (byte)'\n'];
    }

    /// <summary>What is said when the document inside is not JSON, too: that is how a wrong passphrase looks once in 256 times.</summary>
    public static CryptoException WrongPassphrase() =>
        new(CryptoFault.WrongPassphrase, "the passphrase is wrong, or the key file is damaged (the format can't tell which)");

    private static (Argon2Costs Costs, byte[] Salt) ReadCosts(JsonElement envelope)
    {
        var salt = KeyJson.Bytes(envelope, "salt");
        Argon2Costs.CheckSalt(salt);
        if (!envelope.TryGetProperty("kdfParams", out var costs) || costs.ValueKind != JsonValueKind.Object)
        {
            throw KeyJson.Missing("kdfParams");
        }

        return (new Argon2Costs(KeyJson.Number(costs, "memory"), KeyJson.Number(costs, "iterations"), KeyJson.Number(costs, "parallelism")), salt);
    }

    private static byte[] PassphraseAsSalt(string passphrase)
    {
        var salt = new byte[passphrase.Length];
        for (var i = 0; i < salt.Length; i++)
        {
            salt[i] = unchecked((byte)passphrase[i]);
        }

        return salt;
    }
}
