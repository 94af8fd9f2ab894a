using AtSync.Protocol;

namespace AtSync.Crypto.Tests;

public sealed class SystemRandomSourceTests
{
    [Fact]
    public void No_bytes_are_handed_out_twice_whatever_the_sizes_asked_for()
    {
        var seen = new HashSet<string>();
        foreach (var size in Enumerable.Repeat(16, 1000).Concat(Enumerable.Range(16, 600)))
        {
            var bytes = new byte[size];
            SystemRandomSource.Instance.Fill(bytes);
            Assert.True(seen.Add(Convert.ToHexString(bytes[..16])));
            Assert.True(seen.Add(Convert.ToHexString(bytes[^16..]) + (size == 16 ? "end" : "")));
        }
    }

    [Fact]
    public void Threads_draw_from_blocks_of_their_own()
    {
        var drawn = new List<string>[4];
        var threads = Enumerable.Range(0, drawn.Length).Select(n => new Thread(() =>
        {
            drawn[n] = [];
            for (var i = 0; i < 2000; i++)
            {
                drawn[n].Add(SystemRandomSource.Instance.NewHexId());
            }
        })).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());

        Assert.Equal(8000, drawn.SelectMany(d => d).Distinct().Count());
    }

    [Fact]
    public void An_empty_request_is_served()
    {
        SystemRandomSource.Instance.Fill([]);
    }
}
