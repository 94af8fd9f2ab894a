using System.Buffers.Binary;
using AtSync.Protocol;

namespace AtSync.Client.Sync;

/// <summary>Waiting times: exponential with full jitter, so that devices that failed together do not come back together.</summary>
internal static class BackOff
{
    /// <summary>A wait after <paramref name="failures"/> failures in a row (at least 1), at least a quarter of the first delay so that it is never a busy loop.</summary>
    public static TimeSpan Delay(SyncLimits limits, IRandomSource random, int failures)
    {
        var ceiling = Math.Min(limits.RetryDelayMax.TotalMilliseconds, limits.RetryDelayMin.TotalMilliseconds * Math.Pow(2, Math.Clamp(failures - 1, 0, 30)));
        Span<byte> bytes = stackalloc byte[8];
        random.Fill(bytes);
        var share = (BinaryPrimitives.ReadUInt64LittleEndian(bytes) >> 11) * (1.0 / (1UL << 53));
        return TimeSpan.FromMilliseconds(Math.Max(limits.RetryDelayMin.TotalMilliseconds / 4, ceiling * share));
    }
}
