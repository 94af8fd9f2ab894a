using AtSync.Protocol;

namespace AtSync.Crypto.Algorithms;

/// <summary>
/// A 32-byte AES key with AES-256-CTR (16-byte big-endian counter from the IV, wraps over 128 bits) and PKCS#7 under it. May be used concurrently.
/// <see cref="object.ToString"/> never shows the key.
/// </summary>
public sealed class SymmetricKey : IDisposable
{
    /// <summary>Key length, bytes.</summary>
    public const int KeyBytes = 32;

    /// <summary>IV length, bytes.</summary>
    public const int IvBytes = 16;

    /// <summary>Copies the 32 bytes.</summary>
    /// <exception cref="CryptoException">Not 32 bytes.</exception>
    public SymmetricKey(ReadOnlySpan<byte> key) => throw new NotImplementedException();

    /// <summary>A fresh random key.</summary>
    public static SymmetricKey Create(IRandomSource random) => throw new NotImplementedException();

    /// <summary>From base64 text.</summary>
    /// <exception cref="CryptoException">Not base64 of 32 bytes.</exception>
    public static SymmetricKey FromBase64(ReadOnlySpan<char> text) => throw new NotImplementedException();

    /// <summary>Base64 of the key: how the protocol carries keys.</summary>
    public string ToBase64() => throw new NotImplementedException();

    /// <summary>Encrypts or decrypts in place, without padding.</summary>
    public void ApplyCtr(ReadOnlySpan<byte> iv, Span<byte> data) => throw new NotImplementedException();

    /// <summary>PKCS#7 pads, encrypts and base64-encodes: the UTF-8 text of a sealed value.</summary>
    public byte[] SealToBase64(ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> iv) => throw new NotImplementedException();

    /// <summary>The reverse. One constant failure for every cause (wrong key, wrong IV, damage), so that nothing can be learned from it.</summary>
    /// <exception cref="CryptoException">Can't be opened.</exception>
    public byte[] OpenFromBase64(ReadOnlySpan<byte> base64, ReadOnlySpan<byte> iv) => throw new NotImplementedException();

    /// <summary>Keyed hash for names that must not reveal what they name: HMAC-SHA-256.</summary>
    public byte[] Hmac(ReadOnlySpan<byte> data) => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Dispose() => throw new NotImplementedException();
}
