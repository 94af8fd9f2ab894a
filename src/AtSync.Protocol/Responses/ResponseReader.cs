using System.Buffers;
using System.Text;
using System.Text.Json;

namespace AtSync.Protocol.Responses;

/// <summary>
/// Reads what a server sends, in any chunking, never searching a byte twice: prompts, responses and notification lines. Knows the prompt it expects, so that
/// a payload with newlines (2024 servers) is taken whole; a line that begins with <c>notification:</c> is always one line.
/// </summary>
/// <remarks>
/// A response ends with a newline and the prompt, after which comes nothing or the next message. The prompt is <c>@alice@</c> once one was seen
/// (an error may fall back to <c>@</c>), else <c>@</c>. <c>data:x\n@alice@data:y\n@alice@notification: {…}\n</c> gives three messages.
/// </remarks>
public sealed class ResponseReader(string owner, int maxBytes)
{
    private readonly byte[] _ownPrompt = Encoding.UTF8.GetBytes(owner + "@");

    /// <summary>Offset of the newline to look at next; everything before it was searched.</summary>
    private long _searched;

    /// <summary>The atSign of the connection with <c>@</c>: prompts are <c>@</c> or <c>@alice@</c>.</summary>
    public string Owner { get; } = owner;

    /// <summary>The most bytes of one message.</summary>
    public int MaxBytes { get; } = maxBytes;

    /// <summary>
    /// Whether the last prompt was <c>@alice@</c>. This is also the whole success answer of <c>pol</c>: it comes without a newline, so
    /// <see cref="TryRead"/> takes it and goes on needing more.
    /// </summary>
    public bool IsAuthenticated { get; private set; }

    /// <summary>
    /// Takes the next message out of <paramref name="buffer"/> (advancing it past the message and past prompts). Start the next read with the
    /// unconsumed rest in front.
    /// </summary>
    /// <param name="buffer">Everything received and not yet taken.</param>
    /// <param name="payload">What the kind says.</param>
    /// <param name="isEnd">The peer ended the stream: a response that still waits for its prompt is whole (some servers close without one).</param>
    public ReceivedKind TryRead(ref ReadOnlySequence<byte> buffer, out ReadOnlySequence<byte> payload, bool isEnd = false)
    {
        payload = default;
        if (!SkipPrompts(ref buffer))
        {
            return ReceivedKind.NeedMore;
        }

        Span<byte> head = stackalloc byte[16];
        head = Peek(buffer, head);
        var kind = KindOf(head);
        if (kind == ReceivedKind.NeedMore)
        {
            return ReceivedKind.NeedMore;
        }

        var isResponse = kind is ReceivedKind.Data or ReceivedKind.Error;
        while (true)
        {
            if (buffer.Slice(_searched).PositionOf((byte)'\n') is not { } newline)
            {
                _searched = buffer.Length;
                return buffer.Length > MaxBytes ? ReceivedKind.TooLong : ReceivedKind.NeedMore;
            }

            var message = buffer.Slice(0, newline);
            if (message.Length > MaxBytes)
            {
                return ReceivedKind.TooLong;
            }

            var rest = buffer.Slice(buffer.GetPosition(1, newline));
            var prompt = isResponse ? PromptAt(rest, kind) : PromptFound.End;
            if (prompt == PromptFound.NeedMore && !isEnd)
            {
                _searched = message.Length;
                return ReceivedKind.NeedMore;
            }

            if (prompt == PromptFound.No)
            {
                _searched = message.Length + 1;
                continue;
            }

            buffer = rest;
            _searched = 0;
            payload = PayloadOf(message, kind);
            return kind;
        }
    }

    /// <summary>Takes an error payload apart, in all its forms (<c>AT0015-text</c>, <c>AT0015:text</c>, JSON).</summary>
    public static AtError ParseError(ReadOnlySpan<byte> payload)
    {
        if (!payload.IsEmpty && payload[0] == '{' && TryParseJsonError(payload, out var error))
        {
            return error;
        }

        var text = Encoding.UTF8.GetString(payload).Trim();
        var separator = text.AsSpan().IndexOfAny('-', ':');
        if (separator > 0 && IsCode(text.AsSpan(0, separator)))
        {
            return new AtError(text[..separator], text[(separator + 1)..].Trim());
        }

        // The reference prints its word for nothing where it has no code.
        return new AtError(AtErrorCodes.InternalException, text.StartsWith("null:", StringComparison.Ordinal) ? text[5..].Trim() : text);
    }

    private enum PromptFound : byte
    {
        No,
        NeedMore,
        End,
    }

    /// <summary>What follows the newline of a response.</summary>
    private PromptFound PromptAt(ReadOnlySequence<byte> rest, ReceivedKind kind)
    {
        Span<byte> bytes = stackalloc byte[_ownPrompt.Length + 16];
        bytes = Peek(rest, bytes);
        if (bytes.IsEmpty)
        {
            return PromptFound.NeedMore;
        }

        if (bytes[0] != '@')
        {
            return PromptFound.No;
        }

        if (bytes.StartsWith(_ownPrompt))
        {
            return bytes.Length == _ownPrompt.Length ? PromptFound.End : MessageAt(bytes[_ownPrompt.Length..]);
        }

        if (bytes.Length == 1)
        {
            // Either the whole short prompt or the first byte of the long one; both end the response, unless the payload has a line of its own here.
            return IsAuthenticated && kind == ReceivedKind.Data ? PromptFound.NeedMore : PromptFound.End;
        }

        return _ownPrompt.AsSpan().StartsWith(bytes) ? PromptFound.NeedMore : MessageAt(bytes[1..]);
    }

    private static PromptFound MessageAt(ReadOnlySpan<byte> text) => KindOf(text) switch
    {
        ReceivedKind.NeedMore => PromptFound.NeedMore,
        ReceivedKind.Unknown => PromptFound.No,
        _ => PromptFound.End,
    };

    /// <summary>Takes whole prompts off the front; false when what is left may be the beginning of one.</summary>
    private bool SkipPrompts(ref ReadOnlySequence<byte> buffer)
    {
        Span<byte> room = stackalloc byte[_ownPrompt.Length];
        while (_searched == 0)
        {
            var bytes = Peek(buffer, room);
            if (bytes.IsEmpty)
            {
                return false;
            }

            if (bytes[0] != '@')
            {
                return true;
            }

            if (bytes.SequenceEqual(_ownPrompt))
            {
                IsAuthenticated = true;
                buffer = buffer.Slice(_ownPrompt.Length);
            }
            else if (_ownPrompt.AsSpan().StartsWith(bytes))
            {
                return false;
            }
            else
            {
                IsAuthenticated = false;
                buffer = buffer.Slice(1);
            }
        }

        return true;
    }

    /// <summary>What a message is, by its first bytes; <see cref="ReceivedKind.NeedMore"/> while they fit more than one.</summary>
    private static ReceivedKind KindOf(ReadOnlySpan<byte> head)
    {
        if (head.StartsWith("data:"u8))
        {
            return ReceivedKind.Data;
        }

        if (head.StartsWith("error:"u8))
        {
            return ReceivedKind.Error;
        }

        if (head.StartsWith("notification:"u8))
        {
            return ReceivedKind.Notification;
        }

        return "data:"u8.StartsWith(head) || "error:"u8.StartsWith(head) || "notification:"u8.StartsWith(head)
            ? ReceivedKind.NeedMore
            : ReceivedKind.Unknown;
    }

    private static ReadOnlySequence<byte> PayloadOf(ReadOnlySequence<byte> message, ReceivedKind kind)
    {
        var payload = kind switch
        {
            ReceivedKind.Data => message.Slice("data:".Length),
            ReceivedKind.Error => message.Slice("error:".Length),
            ReceivedKind.Notification => message.Slice("notification:".Length),
            _ => message,
        };
        Span<byte> one = stackalloc byte[1];
        return kind is ReceivedKind.Data or ReceivedKind.Notification && Peek(payload, one) is [(byte)' '] ? payload.Slice(1) : payload;
    }

    private static Span<byte> Peek(ReadOnlySequence<byte> from, Span<byte> room)
    {
        var part = from.Length > room.Length ? from.Slice(0, room.Length) : from;
        part.CopyTo(room);
        return room[..(int)part.Length];
    }

    private static bool TryParseJsonError(ReadOnlySpan<byte> json, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out AtError? error)
    {
        error = null;
        string? code = null;
        string? description = null;
        try
        {
            var reader = new Utf8JsonReader(json);
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isCode = reader.ValueTextEquals("errorCode"u8);
                var isDescription = reader.ValueTextEquals("errorDescription"u8);
                reader.Read();
                if (reader.TokenType == JsonTokenType.String && (isCode || isDescription))
                {
                    (code, description) = isCode ? (reader.GetString(), description) : (code, reader.GetString());
                }
                else
                {
                    reader.Skip();
                }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }

        if (code is null || !IsCode(code))
        {
            return false;
        }

        error = new AtError(code, description ?? "");
        return true;
    }

    private static bool IsCode(ReadOnlySpan<char> text) =>
        text.Length == 6 && text.StartsWith("AT") && !text[2..].ContainsAnyExceptInRange('0', '9');
}

/// <summary>What <see cref="ResponseReader.TryRead"/> found.</summary>
public enum ReceivedKind : byte
{
    /// <summary>No whole message.</summary>
    NeedMore,

    /// <summary>The payload of <c>data:</c>, without a leading space.</summary>
    Data,

    /// <summary>The payload of <c>error:</c>.</summary>
    Error,

    /// <summary>The JSON of <c>notification: </c>.</summary>
    Notification,

    /// <summary>Neither: the peer does not speak the protocol; the payload is the offending line.</summary>
    Unknown,

    /// <summary>Longer than <see cref="ResponseReader.MaxBytes"/>.</summary>
    TooLong,
}
