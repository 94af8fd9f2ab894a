using System.Buffers;

namespace AtSync.Protocol.Responses;

/// <summary>
/// Reads what a server sends, in any chunking, never searching a byte twice: prompts, responses and notification lines. Knows the prompt it expects, so that
/// a payload with newlines (2024 servers) is taken whole; a line that begins with <c>notification:</c> is always one line.
/// </summary>
public sealed class ResponseReader(string owner, int maxBytes)
{
    /// <summary>The atSign of the connection with <c>@</c>: prompts are <c>@</c> or <c>@alice@</c>.</summary>
    public string Owner { get; } = owner;

    /// <summary>The most bytes of one message.</summary>
    public int MaxBytes { get; } = maxBytes;

    /// <summary>Whether the next message is waited for as an answer. When false, an incomplete prompt alone is consumed silently.</summary>
    public ReceivedKind TryRead(ref ReadOnlySequence<byte> buffer, out ReadOnlySequence<byte> payload) => throw new NotImplementedException();

    /// <summary>Takes an error payload apart, in all its forms (<c>AT0015-text</c>, <c>AT0015:text</c>, JSON).</summary>
    public static AtError ParseError(ReadOnlySpan<byte> payload) => throw new NotImplementedException();
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
