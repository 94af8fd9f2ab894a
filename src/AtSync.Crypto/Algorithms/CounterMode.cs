using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace AtSync.Crypto.Algorithms;

/// <summary>
/// Counter mode over a bare block cipher: many counter blocks are enciphered in one call and XORed onto the data. Far faster than a cipher call per block,
/// and than the one-shot calls, which expand the key each time.
/// </summary>
internal static class CounterMode
{
    /// <summary>Keystream made at once: fits the first-level cache beside the data, and makes the cost of the native call small.</summary>
    private const int KeystreamBytes = 4096;

    private const int BlockBytes = 16;

    [ThreadStatic]
    private static byte[]? _keystream;

    /// <summary>XORs the keystream that starts at counter block <paramref name="iv"/> onto <paramref name="data"/>.</summary>
    public static void Apply(ICryptoTransform blockCipher, ReadOnlySpan<byte> iv, Span<byte> data)
    {
        var keystream = _keystream ??= new byte[KeystreamBytes];
        var high = BinaryPrimitives.ReadUInt64BigEndian(iv);
        var low = BinaryPrimitives.ReadUInt64BigEndian(iv[8..]);
        var largest = Math.Min(KeystreamBytes, data.Length);
        while (!data.IsEmpty)
        {
            var count = Math.Min(KeystreamBytes, data.Length);
            var blockBytes = (count + BlockBytes - 1) / BlockBytes * BlockBytes;
            WriteCounters(keystream.AsSpan(0, blockBytes), ref high, ref low);
            blockCipher.TransformBlock(keystream, 0, blockBytes, keystream, 0);
            Xor(data[..count], keystream);
            data = data[count..];
        }

        // Keystream and ciphertext together are the plaintext.
        CryptographicOperations.ZeroMemory(keystream.AsSpan(0, (largest + BlockBytes - 1) / BlockBytes * BlockBytes));
    }

    private static void WriteCounters(Span<byte> blocks, ref ulong high, ref ulong low)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(blocks);
        var highWord = BigEndian(high);
        for (var i = 0; i + 1 < words.Length; i += 2)
        {
            words[i] = highWord;
            words[i + 1] = BigEndian(low);
            if (++low == 0)
            {
                highWord = BigEndian(++high);
            }
        }
    }

    private static ulong BigEndian(ulong value) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value;

    private static void Xor(Span<byte> data, ReadOnlySpan<byte> keystream)
    {
        var vectors = MemoryMarshal.Cast<byte, Vector<byte>>(data);
        var keyVectors = MemoryMarshal.Cast<byte, Vector<byte>>(keystream)[..vectors.Length];
        for (var i = 0; i < vectors.Length; i++)
        {
            vectors[i] ^= keyVectors[i];
        }

        var done = vectors.Length * Vector<byte>.Count;
        for (; done + sizeof(ulong) <= data.Length; done += sizeof(ulong))
        {
            var word = MemoryMarshal.Read<ulong>(data[done..]) ^ MemoryMarshal.Read<ulong>(keystream[done..]);
            MemoryMarshal.Write(data[done..], word);
        }

        for (; done < data.Length; done++)
        {
            data[done] ^= keystream[done];
        }
    }
}
