using System.Buffers;
using AtSync.Protocol.Grammar;

namespace AtSync.Protocol.Responses;

/// <summary>
/// Writes answers as the reference does: answer, newline and prompt in one piece. One difference: a value that itself begins with <c>data:</c> is
/// prefixed like any other, where the reference leaves the prefix out and so cuts the value at the reader.
/// </summary>
public static class ResponseWriter
{
    /// <summary>Writes the whole answer. No raw newline ever leaves inside a line: one in a detail becomes a space.</summary>
    public static void Write(Response response, in ResponseStyle style, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(response);
        var writer = new VerbWriter(output);
        switch (response)
        {
            case DataResponse data:
                writer.Literal(data.HasSpace ? "data: "u8 : "data:"u8);
                SingleLine(ref writer, data.Payload.Span);
                End(ref writer, style.Prompt);
                break;
            case ErrorResponse error:
                WriteError(ref writer, error, style);
                break;
            case RawResponse raw:
                writer.Literal(raw.Bytes.Span);
                break;
            case NoResponse:
                break;
            default:
                throw new InvalidOperationException($"{response.GetType().Name} is not a response that can be written");
        }

        writer.Flush();
    }

    /// <summary>
    /// Three forms: handler-flagged states with a colon, always text; else JSON for new clients; else text with a hyphen. Before cram or pkam the
    /// fixed text of the code gives way to the word <c>Exception</c>.
    /// </summary>
    private static void WriteError(ref VerbWriter writer, ErrorResponse response, in ResponseStyle style)
    {
        var error = response.Error;
        if (response.HasColonForm)
        {
            writer.Literal("error:"u8);
            SingleLine(ref writer, error.Code);
            writer.Byte((byte)':');
            SingleLine(ref writer, error.Detail);
            End(ref writer, style.Prompt);
            return;
        }

        if (style.HasJsonErrors)
        {
            writer.Literal("error:{\"errorCode\":"u8);
            JsonText.String(ref writer, error.Code);
            writer.Literal(",\"errorDescription\":\""u8);
            JsonText.Inside(ref writer, Lead(error, style));
            JsonText.Inside(ref writer, error.Detail);
            writer.Literal("\"}"u8);
        }
        else
        {
            writer.Literal("error:"u8);
            SingleLine(ref writer, error.Code);
            writer.Byte((byte)'-');
            writer.Raw(Lead(error, style));
            SingleLine(ref writer, error.Detail);
        }

        End(ref writer, style.ErrorPrompt);
    }

    private static string Lead(AtError error, in ResponseStyle style) =>
        style.IsAuthenticated ? AtErrorCodes.TextOf(error.Code) + " : " : "Exception: ";

    private static void End(ref VerbWriter writer, string prompt)
    {
        writer.Byte((byte)'\n');
        writer.Raw(prompt);
    }

    private static void SingleLine(ref VerbWriter writer, ReadOnlySpan<byte> text)
    {
        while (text.IndexOfAny((byte)'\n', (byte)'\r') is >= 0 and var at)
        {
            writer.Literal(text[..at]);
            writer.Byte((byte)' ');
            text = text[(at + 1)..];
        }

        writer.Literal(text);
    }

    private static void SingleLine(ref VerbWriter writer, ReadOnlySpan<char> text)
    {
        while (text.IndexOfAny('\n', '\r') is >= 0 and var at)
        {
            writer.Raw(text[..at]);
            writer.Byte((byte)' ');
            text = text[(at + 1)..];
        }

        writer.Raw(text);
    }
}
