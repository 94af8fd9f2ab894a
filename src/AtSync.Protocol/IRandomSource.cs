namespace AtSync.Protocol;

/// <summary>The one source of random bytes and new ids; injected, so that a simulated run replays. May be called concurrently.</summary>
public interface IRandomSource
{
    /// <summary>Fills the whole span. In production the bytes are cryptographically strong.</summary>
    void Fill(Span<byte> bytes);
}

/// <summary>What is made from random bytes.</summary>
public static class RandomSourceExtensions
{
    /// <summary>A version 4 UUID, lower case with hyphens.</summary>
    public static string NewUuid(this IRandomSource random)
    {
        ArgumentNullException.ThrowIfNull(random);
        Span<byte> bytes = stackalloc byte[16];
        random.Fill(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true).ToString("D");
    }

    /// <summary>16 random bytes as 32 lower-case hex digits.</summary>
    public static string NewHexId(this IRandomSource random)
    {
        ArgumentNullException.ThrowIfNull(random);
        Span<byte> bytes = stackalloc byte[16];
        random.Fill(bytes);
        return Convert.ToHexStringLower(bytes);
    }
}
