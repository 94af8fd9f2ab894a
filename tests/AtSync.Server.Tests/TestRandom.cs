using AtSync.Protocol;

namespace AtSync.Server.Tests;

/// <summary>Repeatable bytes.</summary>
internal sealed class TestRandom(int seed) : IRandomSource
{
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
