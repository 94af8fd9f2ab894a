using System.Buffers.Text;
using System.Text.Json;

namespace AtSync.Client.Sync;

/// <summary>
/// Reads the answer to a batch: <c>[{"id":1,"response":{"data":"43"}},{"id":2,"response":{"error_code":"AT0016","error_message":"…"}}]</c>. Elements
/// are matched by their id, in any order; one that is missing stays <see cref="BatchAnswerKind.Missing"/>.
/// </summary>
internal static class BatchAnswers
{
    /// <param name="payload">The answer.</param>
    /// <param name="answers">One per command, in order of the ids 1, 2, 3…; filled in. The first answer to an id counts.</param>
    /// <exception cref="AtException"><see cref="AtFault.Network"/>: no answer to a batch at all.</exception>
    public static void Read(ReadOnlySpan<byte> payload, Span<BatchAnswer> answers)
    {
        try
        {
            var reader = new Utf8JsonReader(payload);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray)
            {
                throw Faults.NotTheProtocol("The answer to a batch is no list.");
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
            {
                ReadElement(ref reader, answers);
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Faults.NotTheProtocol("The answer to a batch is not what the protocol says.");
        }
    }

    private static void ReadElement(ref Utf8JsonReader reader, Span<BatchAnswer> answers)
    {
        long? id = null;
        var answer = default(BatchAnswer);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("id"u8))
            {
                reader.Read();
                id = Number(ref reader);
            }
            else if (reader.ValueTextEquals("response"u8))
            {
                reader.Read();
                if (reader.TokenType == JsonTokenType.StartObject)
                {
                    answer = ReadResponse(ref reader);
                }
                else
                {
                    reader.Skip();
                }
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        if (id is >= 1 && id <= answers.Length && answers[(int)id - 1].Kind == BatchAnswerKind.Missing)
        {
            answers[(int)id - 1] = answer;
        }
    }

    private static BatchAnswer ReadResponse(ref Utf8JsonReader reader)
    {
        long? commitId = null;
        long? current = null;
        string? code = null;
        string? message = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("data"u8))
            {
                reader.Read();
                commitId = Number(ref reader);
            }
            else if (reader.ValueTextEquals("error_code"u8))
            {
                reader.Read();
                code = Text(ref reader);
            }
            else if (reader.ValueTextEquals("error_message"u8))
            {
                reader.Read();
                message = Text(ref reader);
            }
            else if (reader.ValueTextEquals("currentCommit"u8))
            {
                reader.Read();
                current = Number(ref reader);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        return code is not null ? new BatchAnswer(BatchAnswerKind.Refused, 0, code, message, current)
            : commitId is { } id ? new BatchAnswer(BatchAnswerKind.Accepted, id, null, null, null)
            : new BatchAnswer(BatchAnswerKind.Empty, 0, null, null, null);
    }

    private static long? Number(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Number when reader.TryGetInt64(out var number):
                return number;
            case JsonTokenType.String when Utf8Parser.TryParse(reader.ValueSpan, out long text, out var used) && used == reader.ValueSpan.Length:
                return text;
            default:
                reader.Skip();
                return null;
        }
    }

    private static string? Text(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            return reader.GetString();
        }

        reader.Skip();
        return null;
    }
}

/// <summary>The answer to one command of a batch.</summary>
/// <param name="Kind">What it says.</param>
/// <param name="CommitId">When accepted; -1 = without a commit.</param>
/// <param name="Code">When refused.</param>
/// <param name="Message">When refused.</param>
/// <param name="CurrentCommit">When refused because the key has moved: where it is now.</param>
internal readonly record struct BatchAnswer(BatchAnswerKind Kind, long CommitId, string? Code, string? Message, long? CurrentCommit);

/// <summary>Kinds of <see cref="BatchAnswer"/>.</summary>
internal enum BatchAnswerKind : byte
{
    /// <summary>The server said nothing of this command.</summary>
    Missing,

    /// <summary>An answer without data: a failure the server keeps to itself.</summary>
    Empty,

    /// <summary>Done.</summary>
    Accepted,

    /// <summary>Refused.</summary>
    Refused,
}
