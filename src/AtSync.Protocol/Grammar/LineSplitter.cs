using System.Buffers;

namespace AtSync.Protocol.Grammar;

/// <summary>
/// Finds lines in what a connection received, in any chunking, never searching a byte twice. Knows the rules of the inbound side: lines end with
/// <c>\n</c> (a <c>\r</c> before it and surrounding white space go), a blank line counts only if nothing but blank lines came in the same read,
/// a line longer than <see cref="MaxLineBytes"/> is an overflow.
/// </summary>
public sealed class LineSplitter(int maxLineBytes = LineSplitter.MaxLineBytes)
{
    /// <summary>Design limit of an input line, bytes.</summary>
    public const int MaxLineBytes = 10_240_000;

    private readonly int _maxLineBytes = maxLineBytes;

    /// <summary>
    /// Takes the next line out of <paramref name="buffer"/> (advancing it). Call repeatedly with what is left of one read; then
    /// <see cref="EndRead"/>, and start the next read with the unconsumed rest in front.
    /// </summary>
    public LineRead TryRead(ref ReadOnlySequence<byte> buffer, out ReadOnlySequence<byte> line)
    {
        _ = _maxLineBytes;
        throw new NotImplementedException();
    }

    /// <summary>Says that everything of one read was looked at.</summary>
    public void EndRead() => throw new NotImplementedException();
}

/// <summary>What <see cref="LineSplitter.TryRead"/> found.</summary>
public enum LineRead : byte
{
    /// <summary>No whole line.</summary>
    NeedMore,

    /// <summary>A line, trimmed; may be empty, then it must be answered like a command.</summary>
    Line,

    /// <summary>Too long: answer AT0005 and close.</summary>
    TooLong,
}
