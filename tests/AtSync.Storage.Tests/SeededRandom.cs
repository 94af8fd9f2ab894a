using AtSync.Protocol;

namespace AtSync.Storage.Tests;

/// <summary>Ids that differ, and are the same in every run.</summary>
public sealed class SeededRandom(int seed = 1) : IRandomSource
{
    private readonly Random _random = new(seed);
    private readonly Lock _gate = new();

    public void Fill(Span<byte> bytes)
    {
        lock (_gate)
        {
            _random.NextBytes(bytes);
        }
    }
}
