using AtSync.Protocol;

namespace AtSync.Client.Tests;

/// <summary>Random bytes that are the same in every run.</summary>
internal sealed class SeededRandom(int seed) : IRandomSource
{
    // Guards the generator, which is not safe for concurrent use.
    private readonly Lock _gate = new();
    private readonly Random _random = new(seed);

    public void Fill(Span<byte> bytes)
    {
        lock (_gate)
        {
            _random.NextBytes(bytes);
        }
    }
}
