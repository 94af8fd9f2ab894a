using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace AtSync.App.CommandLine;

/// <summary>
/// Where results and messages go: results to stdout (one JSON object per line with <c>--json</c>, else text for people), messages to stderr.
/// May be used from several threads; a line is never torn.
/// </summary>
internal sealed class Output : IDisposable
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };
    private readonly Lock _gate = new();
    private readonly Stream _out = Console.OpenStandardOutput();
    private readonly Stream _error = Console.OpenStandardError();

    public Output(bool isJson) => IsJson = isJson;

    public bool IsJson { get; }

    /// <summary>A person is watching stdout: draw progress and tables.</summary>
    public bool IsDrawing => !IsJson && !Console.IsOutputRedirected && !Console.IsErrorRedirected;

    /// <summary>A result. <paramref name="json"/> writes the members of one object; <paramref name="text"/> is what people get instead.</summary>
    public void Result(Action<Utf8JsonWriter> json, string? text)
    {
        if (IsJson)
        {
            Json(json);
        }
        else if (text is not null)
        {
            Text(text);
        }
    }

    /// <summary>One JSON line on stdout, with or without <c>--json</c>.</summary>
    public void Json(Action<Utf8JsonWriter> members) => WriteJson(_out, members);

    /// <summary>One line for people on stdout.</summary>
    public void Text(string line) => Write(_out, Encoding.UTF8.GetBytes(line + "\n"));

    /// <summary>Bytes on stdout as they are.</summary>
    public void Raw(ReadOnlySpan<byte> bytes) => Write(_out, bytes);

    /// <summary>A message on stderr.</summary>
    public void Notice(string message) => Write(_error, Encoding.UTF8.GetBytes(message + "\n"));

    /// <summary>A failure on stderr.</summary>
    public void Error(Problem problem)
    {
        if (!IsJson)
        {
            Notice("atsync: " + problem.Message + (problem.Code is { } code && !problem.Message.Contains(code, StringComparison.Ordinal) ? $" ({code})" : ""));
            return;
        }

        WriteJson(_error, writer =>
        {
            writer.WriteString("error"u8, problem.Message);
            if (problem.Code is { } code)
            {
                writer.WriteString("code"u8, code);
            }
            else
            {
                writer.WriteNull("code"u8);
            }

            writer.WriteNumber("exit"u8, (int)problem.Exit);
        });
    }

    /// <summary>One object as a line of UTF-8, base64 and non-ASCII text not escaped.</summary>
    public static void FormatLine(IBufferWriter<byte> target, Action<Utf8JsonWriter> members)
    {
        using (var writer = new Utf8JsonWriter(target, Relaxed))
        {
            writer.WriteStartObject();
            members(writer);
            writer.WriteEndObject();
        }

        target.Write("\n"u8);
    }

    public void Dispose()
    {
        _out.Dispose();
        _error.Dispose();
    }

    private void WriteJson(Stream stream, Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>();
        FormatLine(buffer, members);
        Write(stream, buffer.WrittenSpan);
    }

    private void Write(Stream stream, ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            stream.Write(bytes);
            stream.Flush();
        }
    }
}
