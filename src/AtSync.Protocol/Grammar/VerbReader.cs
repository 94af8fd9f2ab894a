using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace AtSync.Protocol.Grammar;

/// <summary>
/// A cursor over one command. Every <c>Try</c> either takes its piece and moves on, or leaves the cursor where it was; where a published pattern backtracks, the
/// verb keeps <see cref="Position"/> and sets it back.
/// </summary>
internal ref struct VerbReader(ReadOnlyMemory<byte> line)
{
    private readonly ReadOnlyMemory<byte> _line = line;
    private readonly ReadOnlySpan<byte> _span = line.Span;

    /// <summary>Offset of the next byte.</summary>
    public int Position { get; set; }

    public readonly bool IsAtEnd => Position == _span.Length;

    /// <summary>What is not taken yet.</summary>
    public readonly ReadOnlySpan<byte> Rest => _span[Position..];

    /// <summary>Takes fixed text, ASCII letters in any case.</summary>
    public bool TryTake(scoped ReadOnlySpan<byte> word)
    {
        var rest = Rest;
        if (rest.Length < word.Length || !Ascii.EqualsIgnoreCase(rest[..word.Length], word))
        {
            return false;
        }

        Position += word.Length;
        return true;
    }

    /// <summary>Takes one of several words; gives it back in the spelling of <paramref name="words"/>.</summary>
    public bool TryTakeOneOf(scoped ReadOnlySpan<string> words, [NotNullWhen(true)] out string? word)
    {
        foreach (var candidate in words)
        {
            var rest = Rest;
            if (rest.Length >= candidate.Length && Ascii.EqualsIgnoreCase(rest[..candidate.Length], candidate))
            {
                Position += candidate.Length;
                word = candidate;
                return true;
            }
        }

        word = null;
        return false;
    }

    /// <summary>Takes <c>:tag:</c> and <c>true</c> or <c>false</c>; <paramref name="prefix"/> holds both colons where the grammar has them.</summary>
    public bool TryFlag(scoped ReadOnlySpan<byte> prefix, out bool? value)
    {
        var start = Position;
        value = null;
        if (TryTake(prefix))
        {
            value = TryTake("true"u8) ? true : TryTake("false"u8) ? false : null;
        }

        Position = value is null ? start : Position;
        return value is not null;
    }

    /// <summary>Takes <paramref name="prefix"/> and digits. Numbers that need more than 64 bits are refused.</summary>
    public bool TryNumber(scoped ReadOnlySpan<byte> prefix, out long? value, bool canBeNegative = false)
    {
        var start = Position;
        value = null;
        if (TryTake(prefix))
        {
            var text = Rest;
            var sign = canBeNegative && !text.IsEmpty && text[0] == '-' ? 1 : 0;
            var length = CharClass.Digits(text[sign..]);
            if (length > 0 && Utf8Parser.TryParse(text[..(sign + length)], out long number, out var used) && used == sign + length)
            {
                value = number;
                Position += used;
                return true;
            }
        }

        Position = start;
        return false;
    }

    /// <summary>Takes <paramref name="prefix"/> and <c>yyyy-MM-ddTHH:mm:ss[.f…]Z</c>; a day that no calendar has is refused.</summary>
    public bool TryTime(scoped ReadOnlySpan<byte> prefix, out DateTimeOffset? value)
    {
        var start = Position;
        value = null;
        if (TryTake(prefix))
        {
            var text = Rest;
            var length = 19;
            if (text.Length > length && text[length] == '.')
            {
                length += 1 + CharClass.Digits(text[20..]);
            }

            if (text.Length > length && text[10] is (byte)'T' or (byte)'t' && text[length] is (byte)'Z' or (byte)'z' && WireTime.TryParse(text[..(length + 1)], out var time))
            {
                value = time;
                Position += length + 1;
                return true;
            }
        }

        Position = start;
        return false;
    }

    /// <summary>Takes <paramref name="prefix"/> and <c>[^:@\s]+</c>.</summary>
    public bool TryToken(scoped ReadOnlySpan<byte> prefix, [NotNullWhen(true)] out string? token)
    {
        var start = Position;
        if (TryTake(prefix) && CharClass.Token(Rest) is > 0 and var length)
        {
            token = Text(length);
            return true;
        }

        Position = start;
        token = null;
        return false;
    }

    /// <summary>Takes the next <paramref name="length"/> bytes as text.</summary>
    public string Text(int length)
    {
        var text = Encoding.UTF8.GetString(_span.Slice(Position, length));
        Position += length;
        return text;
    }

    /// <summary>Takes all that is left as a slice of the line; false unless it is <c>.+</c>.</summary>
    public bool TryRest(out ReadOnlyMemory<byte> rest)
    {
        rest = _line[Position..];
        if (rest.IsEmpty || !CharClass.IsOneLine(Rest))
        {
            return false;
        }

        Position = _span.Length;
        return true;
    }

    /// <summary>Takes all that is left as text; false unless it is <c>.+</c>.</summary>
    public bool TryRest([NotNullWhen(true)] out string? rest)
    {
        rest = IsAtEnd || !CharClass.IsOneLine(Rest) ? null : Text(_span.Length - Position);
        return rest is not null;
    }

    /// <summary>At the end, or takes <paramref name="prefix"/> and all that is left.</summary>
    public bool TryOptionalRest(scoped ReadOnlySpan<byte> prefix, out string? rest)
    {
        rest = null;
        return IsAtEnd || (TryTake(prefix) && TryRest(out rest));
    }
}
