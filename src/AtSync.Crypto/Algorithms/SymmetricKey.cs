using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using AtSync.Protocol;

namespace AtSync.Crypto.Algorithms;

/// <summary>
/// A 32-byte AES key with AES-256-CTR (16-byte big-endian counter from the IV, wraps over 128 bits) and PKCS#7 under it. May be used concurrently.
/// <see cref="object.ToString"/> never shows the key.
/// </summary>
/// <remarks>
/// A sealed value is <c>base64(AES-256-CTR(PKCS#7(bytes)))</c>. The form is not authenticated: a wrong key or IV shows only as bad padding, so about one wrong
/// opening in 256 yields rubbish instead of a failure. Callers that must know for certain compare a hash kept elsewhere.
/// </remarks>
public sealed class SymmetricKey : IDisposable
{
    /// <summary>Key length, bytes.</summary>
    public const int KeyBytes = 32;

    /// <summary>IV length, bytes.</summary>
    public const int IvBytes = 16;

    /// <summary>A sealed value up to this size is worked on the stack.</summary>
    private const int StackBytesMax = 1024;

    private readonly byte[] _key;
    private readonly ThreadLocal<ICryptoTransform> _blockCipher;
    private volatile bool _isDisposed;

    /// <summary>Copies the 32 bytes.</summary>
    /// <exception cref="CryptoException">Not 32 bytes.</exception>
    public SymmetricKey(ReadOnlySpan<byte> key)
    {
        if (key.Length != KeyBytes)
        {
            throw new CryptoException(CryptoFault.Malformed, $"a symmetric key has {KeyBytes} bytes, this one has {key.Length}");
        }

        _key = key.ToArray();

        // A transform keeps the expanded key and may be used by one thread at a time. Values of ended threads are not tracked, so they go with the thread.
        _blockCipher = new ThreadLocal<ICryptoTransform>(CreateBlockCipher, trackAllValues: false);
    }

    /// <summary>16 zero bytes: the IV of values whose metadata has no <c>ivNonce</c>. For reading, never for writing values.</summary>
    public static ReadOnlySpan<byte> ZeroIv => [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>A fresh random key.</summary>
    public static SymmetricKey Create(IRandomSource random)
    {
        ArgumentNullException.ThrowIfNull(random);
        Span<byte> key = stackalloc byte[KeyBytes];
        random.Fill(key);
        var created = new SymmetricKey(key);
        CryptographicOperations.ZeroMemory(key);
        return created;
    }

    /// <summary>From base64 text.</summary>
    /// <exception cref="CryptoException">Not base64 of 32 bytes.</exception>
    public static SymmetricKey FromBase64(ReadOnlySpan<char> text)
    {
        // One byte more than a key, so that a longer one is refused rather than cut.
        Span<byte> key = stackalloc byte[KeyBytes + 1];
        if (!Convert.TryFromBase64Chars(text, key, out var written) || written != KeyBytes)
        {
            CryptographicOperations.ZeroMemory(key);
            throw new CryptoException(CryptoFault.Malformed, $"a symmetric key is the base64 of {KeyBytes} bytes");
        }

        var parsed = new SymmetricKey(key[..KeyBytes]);
        CryptographicOperations.ZeroMemory(key);
        return parsed;
    }

    /// <summary>Base64 of the key: how the protocol carries keys.</summary>
    public string ToBase64()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return Convert.ToBase64String(_key);
    }

    /// <summary>Encrypts or decrypts in place, without padding.</summary>
    /// <exception cref="CryptoException">The IV has not 16 bytes.</exception>
    public void ApplyCtr(ReadOnlySpan<byte> iv, Span<byte> data)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (iv.Length != IvBytes)
        {
            throw new CryptoException(CryptoFault.Malformed, $"an IV has {IvBytes} bytes, this one has {iv.Length}");
        }

        CounterMode.Apply(_blockCipher.Value!, iv, data);
    }

    /// <summary>PKCS#7 pads, encrypts and base64-encodes: the UTF-8 text of a sealed value.</summary>
    public byte[] SealToBase64(ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> iv)
    {
        var sealedBytes = Pkcs7.PaddedLength(plaintext.Length);
        byte[]? rented = null;
        var buffer = sealedBytes <= StackBytesMax ? stackalloc byte[StackBytesMax] : rented = ArrayPool<byte>.Shared.Rent(sealedBytes);
        try
        {
            var work = buffer[..sealedBytes];
            plaintext.CopyTo(work);
            Pkcs7.Pad(work, plaintext.Length);
            ApplyCtr(iv, work);
            var text = new byte[Base64.GetMaxEncodedToUtf8Length(sealedBytes)];
            Base64.EncodeToUtf8(work, text, out _, out _);
            return text;
        }
        finally
        {
            Return(rented, sealedBytes);
        }
    }

    /// <summary>The reverse. One constant failure for every cause (wrong key, wrong IV, damage), so that nothing can be learned from it.</summary>
    /// <exception cref="CryptoException">Can't be opened.</exception>
    public byte[] OpenFromBase64(ReadOnlySpan<byte> base64, ReadOnlySpan<byte> iv)
    {
        var decodedMax = Base64.GetMaxDecodedFromUtf8Length(base64.Length);
        byte[]? rented = null;
        var buffer = decodedMax <= StackBytesMax ? stackalloc byte[StackBytesMax] : rented = ArrayPool<byte>.Shared.Rent(decodedMax);
        var used = 0;
        try
        {
            if (Base64.DecodeFromUtf8(base64, buffer, out _, out used) != OperationStatus.Done || !Pkcs7.IsPaddedLength(used))
            {
                throw CannotOpen();
            }

            var work = buffer[..used];
            ApplyCtr(iv, work);
            return Pkcs7.TryGetLength(work, out var length) ? work[..length].ToArray() : throw CannotOpen();
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer[..used]);
            Return(rented, used);
        }
    }

    /// <summary>Keyed hash for names that must not reveal what they name: HMAC-SHA-256.</summary>
    public byte[] Hmac(ReadOnlySpan<byte> data)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return HMACSHA256.HashData(_key, data);
    }

    /// <summary>Erases the key. A call under way on another thread ends normally; later ones throw.</summary>
    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        _blockCipher.Dispose();
        CryptographicOperations.ZeroMemory(_key);
    }

    /// <summary>The one failure of every opening in this project.</summary>
    internal static CryptoException CannotOpen() => new(CryptoFault.CannotOpen, "can't be opened with this key");

    private ICryptoTransform CreateBlockCipher()
    {
        using var aes = Aes.Create();
#pragma warning disable CA5358 // The bare block cipher is what counter mode is made of; no data is ever sealed in ECB mode.
        aes.Mode = CipherMode.ECB;
#pragma warning restore CA5358
        aes.Padding = PaddingMode.None;
        aes.Key = _key;
        return aes.CreateEncryptor();
    }

    private static void Return(byte[]? rented, int used)
    {
        if (rented is not null)
        {
            CryptographicOperations.ZeroMemory(rented.AsSpan(0, used));
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
