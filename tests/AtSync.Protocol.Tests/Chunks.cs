using System.Buffers;

namespace AtSync.Protocol.Tests;

/// <summary>Bytes cut into pieces, as a network delivers them.</summary>
internal static class Chunks
{
    /// <summary>Cuts by the given lengths, round and round.</summary>
    public static IEnumerable<byte[]> Of(byte[] bytes, IReadOnlyList<int> lengths)
    {
        for (int at = 0, i = 0; at < bytes.Length; i++)
        {
            var length = Math.Min(lengths[i % lengths.Count], bytes.Length - at);
            yield return bytes[at..(at + length)];
            at += length;
        }
    }

    /// <summary>One segment per piece.</summary>
    public static ReadOnlySequence<byte> Sequence(IReadOnlyList<byte[]> pieces)
    {
        if (pieces.Count == 0)
        {
            return default;
        }

        var first = new Segment(pieces[0], 0);
        var last = first;
        foreach (var piece in pieces.Skip(1))
        {
            last = last.Append(piece);
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    public static List<byte[]> Segments(ReadOnlySequence<byte> sequence)
    {
        List<byte[]> pieces = [];
        foreach (var segment in sequence)
        {
            pieces.Add(segment.ToArray());
        }

        return pieces;
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(byte[] bytes, long index) => (Memory, RunningIndex) = (bytes, index);

        public Segment Append(byte[] bytes)
        {
            var next = new Segment(bytes, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
