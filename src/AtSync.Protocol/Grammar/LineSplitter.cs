using System.Buffers;

namespace AtSync.Protocol.Grammar;

/// <summary>
/// Finds lines in what a connection received, in any chunking, never searching a byte twice. Knows the rules of the inbound side: lines end with
/// <c>\n</c> (a <c>\r</c> before it and surrounding white space go), a blank line counts only if nothing but blank lines came in the same read,
/// and then once; a line longer than <see cref="MaxLineBytes"/> is an overflow.
/// </summary>
/// <remarks>
/// The blank-line rule serves two real clients at once: one sends a lone <c>\r\n</c> after connecting and waits for any answer, another ends every
/// command with two newlines and would take a second answer for that of its next command.
/// </remarks>
public sealed class LineSplitter(int maxLineBytes = LineSplitter.MaxLineBytes)
{
    /// <summary>Design limit of an input line, bytes, without its line end.</summary>
    public const int MaxLineBytes = 10_240_000;

    private readonly int _maxLineBytes = maxLineBytes;

    /// <summary>How many bytes at the front of what is left hold no newline.</summary>
    private long _searched;

    /// <summary>Blank lines of this read are not to be reported (any more).</summary>
    private bool _isBlankSettled;

    /// <summary>
    /// Takes the next line out of <paramref name="buffer"/> (advancing it). Call repeatedly with what is left of one read; then
    /// <see cref="EndRead"/>, and start the next read with the unconsumed rest in front.
    /// </summary>
    public LineRead TryRead(ref ReadOnlySequence<byte> buffer, out ReadOnlySequence<byte> line)
    {
        while (true)
        {
            line = default;
            var newline = buffer.Slice(_searched).PositionOf((byte)'\n');
            if (newline is null)
            {
                _searched = buffer.Length;
                return buffer.Length > _maxLineBytes ? LineRead.TooLong : LineRead.NeedMore;
            }

            var whole = buffer.Slice(0, newline.Value);
            if (whole.Length > _maxLineBytes)
            {
                return LineRead.TooLong;
            }

            buffer = buffer.Slice(buffer.GetPosition(1, newline.Value));
            _searched = 0;
            line = Trim(whole);
            if (!line.IsEmpty)
            {
                _isBlankSettled = true;
                return LineRead.Line;
            }

            if (_isBlankSettled)
            {
                continue;
            }

            // Looked ahead at most once a read: whatever is found, blank lines are settled afterwards.
            _isBlankSettled = true;
            if (Trim(buffer).IsEmpty)
            {
                return LineRead.Line;
            }
        }
    }

    /// <summary>Says that everything of one read was looked at.</summary>
    public void EndRead() => _isBlankSettled = false;

    private static ReadOnlySequence<byte> Trim(ReadOnlySequence<byte> text)
    {
        if (text.IsSingleSegment)
        {
            var span = text.FirstSpan;
            var from = span.IndexOfAnyExcept(WhiteSpace);
            return from < 0 ? default : text.Slice(from, span.LastIndexOfAnyExcept(WhiteSpace) - from + 1);
        }

        long start = -1, end = -1, offset = 0;
        foreach (var segment in text)
        {
            var first = segment.Span.IndexOfAnyExcept(WhiteSpace);
            if (first >= 0)
            {
                start = start < 0 ? offset + first : start;
                end = offset + segment.Span.LastIndexOfAnyExcept(WhiteSpace) + 1;
            }

            offset += segment.Length;
        }

        return start < 0 ? default : text.Slice(start, end - start);
    }

    private static readonly SearchValues<byte> WhiteSpace = SearchValues.Create(" \t\n\v\f\r"u8);
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
