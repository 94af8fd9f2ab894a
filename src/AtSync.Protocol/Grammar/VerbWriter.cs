using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace AtSync.Protocol.Grammar;

/// <summary>
/// Writes the pieces of a command or an answer straight into a buffer writer, asking it for room in few, large steps. Create, write,
/// <see cref="Flush"/>; not to be copied.
/// </summary>
/// <remarks>
/// A line of the protocol ends at its first newline, so a newline inside a piece would smuggle in a second command. <see cref="Text(ReadOnlySpan{char})"/> and
/// <see cref="Value"/> refuse it; nothing of the whole command has been acknowledged then, so the caller drops its buffer.
/// </remarks>
public ref struct VerbWriter(IBufferWriter<byte> output)
{
    private const int Chunk = 512;

    private readonly IBufferWriter<byte> _output = output;
    private Span<byte> _span;
    private int _used;
    private long _flushed;

    /// <summary>Bytes written, flushed or not.</summary>
    public readonly long Written => _flushed + _used;

    /// <summary>Fixed bytes of the grammar.</summary>
    public void Literal(scoped ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > Chunk)
        {
            Flush();
            _output.Write(bytes);
            _flushed += bytes.Length;
            return;
        }

        Ensure(bytes.Length);
        bytes.CopyTo(_span[_used..]);
        _used += bytes.Length;
    }

    /// <summary>One byte.</summary>
    public void Byte(byte value)
    {
        Ensure(1);
        _span[_used++] = value;
    }

    /// <summary>Text that comes from outside.</summary>
    /// <exception cref="FormatException">It holds a line break.</exception>
    public void Text(scoped ReadOnlySpan<char> text)
    {
        if (text.ContainsAny('\n', '\r'))
        {
            throw LineBreak();
        }

        Raw(text);
    }

    /// <summary>Text of the class <c>[^:@\s]+</c>: whatever else it held would be read as another part of the command.</summary>
    /// <exception cref="FormatException">It is empty or holds a colon, an <c>@</c> or white space.</exception>
    public void Token(scoped ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || text.ContainsAny(CharClass.TokenStops))
        {
            throw new FormatException("a part of a command may not be empty nor hold a colon, an @ or white space");
        }

        Raw(text);
    }

    /// <summary>A value, UTF-8.</summary>
    /// <exception cref="FormatException">It holds a line break.</exception>
    public void Value(scoped ReadOnlySpan<byte> value)
    {
        if (value.ContainsAny((byte)'\n', (byte)'\r'))
        {
            throw LineBreak();
        }

        Literal(value);
    }

    /// <summary>Text that is known to hold no line break, or is escaped afterwards.</summary>
    internal void Raw(scoped ReadOnlySpan<char> text)
    {
        if (text.Length > Chunk)
        {
            Flush();
            _flushed += Encoding.UTF8.GetBytes(text, _output);
            return;
        }

        Ensure(text.Length * 3);
        _used += Encoding.UTF8.GetBytes(text, _span[_used..]);
    }

    /// <summary>A decimal number.</summary>
    public void Number(long value)
    {
        Ensure(20);
        Utf8Formatter.TryFormat(value, _span[_used..], out var written);
        _used += written;
    }

    /// <summary><c>true</c> or <c>false</c>.</summary>
    public void Flag(bool value) => Literal(value ? "true"u8 : "false"u8);

    /// <summary><c>yyyy-MM-ddTHH:mm:ss.fffZ</c> (commands), or with a space instead of the <c>T</c> (JSON).</summary>
    public void Time(DateTimeOffset time, bool hasSpace = false)
    {
        Ensure(WireTime.Length);
        WireTime.Format(time, _span.Slice(_used, WireTime.Length), hasSpace ? (byte)' ' : (byte)'T');
        _used += WireTime.Length;
    }

    /// <summary>Hands over what was written.</summary>
    public void Flush()
    {
        if (_used > 0)
        {
            _output.Advance(_used);
            _flushed += _used;
        }

        _span = default;
        _used = 0;
    }

    private void Ensure(int count)
    {
        if (_span.Length - _used < count)
        {
            Flush();
            _span = _output.GetSpan(Math.Max(count, Chunk));
        }
    }

    private static FormatException LineBreak() => new("a command is one line: encode line breaks before writing it");
}
