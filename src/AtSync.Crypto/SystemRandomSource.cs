using System.Security.Cryptography;
using AtSync.Protocol;

namespace AtSync.Crypto;

/// <summary>The operating system's generator, drawn in blocks per thread. Never hands the same byte out twice.</summary>
public sealed class SystemRandomSource : IRandomSource
{
    /// <summary>One call of the system's generator costs as much as a sealed message; a block serves 256 IVs.</summary>
    private const int BlockBytes = 4096;

    /// <summary>Longer requests go to the system directly, so that they do not throw away most of a block.</summary>
    private const int DirectBytesMin = 512;

    [ThreadStatic]
    private static byte[]? _block;

    [ThreadStatic]
    private static int _left;

    private SystemRandomSource()
    {
    }

    /// <summary>The one instance.</summary>
    public static SystemRandomSource Instance { get; } = new();

    /// <inheritdoc/>
    public void Fill(Span<byte> bytes)
    {
        if (bytes.Length >= DirectBytesMin)
        {
            RandomNumberGenerator.Fill(bytes);
            return;
        }

        var block = _block ??= new byte[BlockBytes];
        if (_left < bytes.Length)
        {
            // Marked empty first: should the system fail here, nothing old is handed out.
            _left = 0;
            RandomNumberGenerator.Fill(block);
            _left = BlockBytes;
        }

        var next = block.AsSpan(BlockBytes - _left, bytes.Length);
        _left -= bytes.Length;
        next.CopyTo(bytes);
        CryptographicOperations.ZeroMemory(next);
    }
}
