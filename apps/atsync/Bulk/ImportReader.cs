using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text.Json;
using AtSync.App.CommandLine;
using AtSync.Client;

namespace AtSync.App.Bulk;

/// <summary>
/// Reads lines <c>{"key":…,"value":…}</c> (<c>"encoding":"base64"</c> for bytes, <c>"metadata"</c> with <c>ttl</c>, <c>ttb</c> in milliseconds from now,
/// <c>expiresAt</c>, <c>availableAt</c> as points in time, <c>immutable</c>) as writes, holding no more than one line at a time. Blank lines are passed over.
/// </summary>
internal sealed class ImportReader(Stream source)
{
    /// <summary>A value of 5 MB in which every character is escaped still fits.</summary>
    public const int LineBytesMax = 64 * 1024 * 1024;

    /// <summary>The longest life time, 100 years.</summary>
    private const long SpanMsMax = 36_525L * 24 * 60 * 60 * 1000;

    private static readonly JsonReaderOptions Strict = new() { MaxDepth = 8 };

    /// <summary>Lines read so far, blank ones too.</summary>
    public long Lines { get; private set; }

    /// <summary>Bytes read so far.</summary>
    public long Bytes { get; private set; }

    /// <exception cref="CliException">A line is no such object; the message names the line.</exception>
    public async IAsyncEnumerable<AtWrite> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var input = PipeReader.Create(source, new StreamPipeReaderOptions(bufferSize: 1 << 16, leaveOpen: true));
        try
        {
            while (true)
            {
                var read = await input.ReadAsync(cancellationToken);
                var rest = read.Buffer;
                while (TryTakeLine(ref rest, read.IsCompleted, out var line))
                {
                    Lines++;
                    Bytes += line.Length + 1;
                    if (Parse(line) is { } write)
                    {
                        yield return write;
                    }
                }

                if (rest.Length > LineBytesMax)
                {
                    throw Bad(Lines + 1, $"it is longer than {LineBytesMax} bytes");
                }

                input.AdvanceTo(rest.Start, rest.End);
                if (read.IsCompleted)
                {
                    yield break;
                }
            }
        }
        finally
        {
            await input.CompleteAsync();
        }
    }

    private static bool TryTakeLine(ref ReadOnlySequence<byte> rest, bool isLast, out ReadOnlySequence<byte> line)
    {
        if (rest.PositionOf((byte)'\n') is { } end)
        {
            line = rest.Slice(0, end);
            rest = rest.Slice(rest.GetPosition(1, end));
            return true;
        }

        line = rest;
        if (!isLast || rest.IsEmpty)
        {
            return false;
        }

        rest = rest.Slice(rest.End);
        return true;
    }

    private AtWrite? Parse(ReadOnlySequence<byte> line)
    {
        var reader = new Utf8JsonReader(line, Strict);
        try
        {
            return reader.Read() ? ReadObject(ref reader) : null;
        }
        catch (JsonException) when (IsBlank(line))
        {
            return null;
        }
        catch (JsonException failure)
        {
            throw Bad(Lines, $"it is not valid JSON at byte {failure.BytePositionInLine + 1}, or cut off there");
        }
        catch (FormatException failure)
        {
            throw Bad(Lines, failure.Message);
        }
    }

    private static AtWrite ReadObject(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new FormatException("it is not a JSON object");
        }

        string? key = null;
        string? value = null;
        string? encoding = null;
        PutOptions? options = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = Name(ref reader);
            switch (name)
            {
                case "key":
                    key = Text(ref reader, "key");
                    break;
                case "value":
                    value = Text(ref reader, "value");
                    break;
                case "encoding":
                    encoding = Text(ref reader, "encoding");
                    break;
                case "metadata":
                    options = ReadMetadata(ref reader);
                    break;
                default:
                    throw new FormatException($"it has a member '{name}' (known: key, value, encoding, metadata)");
            }
        }

        if (reader.Read())
        {
            throw new FormatException("something follows the object");
        }

        return new AtWrite(key ?? throw new FormatException("it has no \"key\""), ValueOf(value, encoding), options);
    }

    private static AtValue ValueOf(string? value, string? encoding)
    {
        if (value is null)
        {
            throw new FormatException("it has no \"value\"");
        }

        return encoding switch
        {
            null => AtValue.OfText(value),
            "base64" => AtValue.OfBytes(FromBase64(value)),
            _ => throw new FormatException($"its encoding '{encoding}' is not known (leave it out for text, \"base64\" for bytes)"),
        };
    }

    private static byte[] FromBase64(string value)
    {
        try
        {
            return Convert.FromBase64String(value);
        }
        catch (FormatException)
        {
            throw new FormatException("its value is not base64");
        }
    }

    private static PutOptions? ReadMetadata(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new FormatException("its metadata is not an object");
        }

        var options = new PutOptions();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = Name(ref reader);
            options = name switch
            {
                "ttl" => options with { TimeToLive = Span(ref reader, name) },
                "ttb" => options with { TimeToBirth = Span(ref reader, name) },
                "expiresAt" => options with { ExpiresAt = Time(ref reader, name) },
                "availableAt" => options with { AvailableAt = Time(ref reader, name) },
                "immutable" => options with
                {
                    IsImmutable = reader.TokenType is JsonTokenType.True or JsonTokenType.False ? reader.GetBoolean() : throw new FormatException("its immutable is neither true nor false"),
                },
                _ => throw new FormatException($"its metadata has a member '{name}' (known: ttl, ttb, expiresAt, availableAt, immutable)"),
            };
        }

        return options;
    }

    private static DateTimeOffset Time(ref Utf8JsonReader reader, string name)
    {
        var text = Text(ref reader, name);
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : throw new FormatException($"its {name} '{text}' is no time (write 2026-01-31T12:00:00Z)");
    }

    private static TimeSpan Span(ref Utf8JsonReader reader, string name) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var milliseconds) && milliseconds is >= 0 and <= SpanMsMax
            ? TimeSpan.FromMilliseconds(milliseconds)
            : throw new FormatException($"its {name} is no number of milliseconds from 0 to {SpanMsMax}");

    /// <summary>A member's name, with the reader moved to its value.</summary>
    private static string Name(ref Utf8JsonReader reader)
    {
        var name = Text(ref reader, "member name")!;
        reader.Read();
        return name;
    }

    /// <summary>A string or null.</summary>
    private static string? Text(ref Utf8JsonReader reader, string name)
    {
        if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName or JsonTokenType.Null))
        {
            throw new FormatException($"its {name} is not a string");
        }

        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            throw new FormatException($"its {name} is not valid text (UTF-8)");
        }
    }

    private static bool IsBlank(ReadOnlySequence<byte> line)
    {
        foreach (var part in line)
        {
            if (part.Span.ContainsAnyExcept((byte)' ', (byte)'\t', (byte)'\r'))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>What is wrong with a line, for people.</summary>
    public static CliException Bad(long line, string problem) => CliException.Usage($"Line {line}: {problem.TrimEnd('.')}.");
}
