using System.Text.Json;

namespace AtSync.Protocol.Verbs;

/// <summary>
/// Reads the items of a <see cref="BatchVerb"/> one after the other without building a document. A caller that must not begin what it cannot finish collects
/// the items first: malformed JSON is noticed only where it stands.
/// </summary>
public ref struct BatchReader
{
    private readonly ReadOnlyMemory<byte> _json;
    private Utf8JsonReader _reader;
    private bool _isStarted;
    private bool _isDone;

    /// <summary>Starts before the first item.</summary>
    public BatchReader(ReadOnlyMemory<byte> json)
    {
        _json = json;
        _reader = new Utf8JsonReader(json.Span);
    }

    /// <summary>The item that <see cref="TryRead"/> found.</summary>
    public BatchItem Current { readonly get; private set; }

    /// <summary>
    /// What is wrong with the JSON, once <see cref="TryRead"/> returned false; null at an ordinary end. Malformed JSON closes the connection (AT0011), a
    /// well-formed one of the wrong shape does not (AT0010).
    /// </summary>
    public AtError? Error { readonly get; private set; }

    /// <summary>Moves to the next item; false at the end or at malformed JSON.</summary>
    public bool TryRead()
    {
        if (_isDone)
        {
            return false;
        }

        try
        {
            if (ReadItem())
            {
                return true;
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: half a surrogate pair in an escape.
            Error = new AtError(AtErrorCodes.InternalException, "the batch is not valid JSON", Closes: true);
        }

        _isDone = true;
        return false;
    }

    private bool ReadItem()
    {
        _reader.Read();
        if (!_isStarted)
        {
            _isStarted = true;
            if (_reader.TokenType != JsonTokenType.StartArray)
            {
                return Misshapen("the batch is not an array");
            }

            _reader.Read();
        }

        if (_reader.TokenType == JsonTokenType.EndArray)
        {
            // Throws when something follows.
            _reader.Read();
            return false;
        }

        if (_reader.TokenType != JsonTokenType.StartObject)
        {
            return Misshapen("an item of the batch is not an object");
        }

        long? id = null;
        long? ifCommit = null;
        ReadOnlyMemory<byte>? command = null;
        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            if (_reader.ValueTextEquals("command"u8))
            {
                _reader.Read();
                if (_reader.TokenType != JsonTokenType.String)
                {
                    return Misshapen("the command of a batch item is not a string");
                }

                command = Text();
            }
            else if (_reader.ValueTextEquals("id"u8))
            {
                _reader.Read();
                id = Number();
            }
            else if (_reader.ValueTextEquals("ifCommit"u8))
            {
                _reader.Read();
                ifCommit = Number();
                if (ifCommit is null && _reader.TokenType != JsonTokenType.Null)
                {
                    // A condition that is not understood must not become "unconditional".
                    return Misshapen("ifCommit of a batch item is not a whole number");
                }
            }
            else
            {
                _reader.Read();
                _reader.Skip();
            }
        }

        if (id is null || command is null)
        {
            return Misshapen("a batch item needs a whole number id and a command");
        }

        Current = new BatchItem(id.Value, command.Value, ifCommit);
        return true;
    }

    private readonly long? Number()
    {
        return _reader.TokenType == JsonTokenType.Number && _reader.TryGetInt64(out var number) ? number : null;
    }

    private ReadOnlyMemory<byte> Text()
    {
        if (!_reader.ValueIsEscaped)
        {
            return _json.Slice((int)_reader.TokenStartIndex + 1, _reader.ValueSpan.Length);
        }

        var text = new byte[_reader.ValueSpan.Length];
        return text.AsMemory(0, _reader.CopyString(text));
    }

    private bool Misshapen(string problem)
    {
        Error = new AtError(AtErrorCodes.InternalError, problem);
        return false;
    }
}

/// <summary>One command of a batch.</summary>
/// <param name="Id">Chosen by the client, returned with the response.</param>
/// <param name="Command">The command, UTF-8, JSON escapes resolved; a slice of the batch where it holds none.</param>
/// <param name="IfCommit">
/// Our extension <c>atsync.ifCommit</c>: apply only when the key's latest commit id is this (0 or -1 = the key has no commit); null = unconditional.
/// </param>
public readonly record struct BatchItem(long Id, ReadOnlyMemory<byte> Command, long? IfCommit);
