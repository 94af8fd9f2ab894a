using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using AtSync.Protocol.Grammar;

namespace AtSync.Protocol;

/// <summary>
/// Writes JSON members one after the other, those that are null left out, either typed (<c>"ttl":1000</c>) or all as strings
/// (<c>"ttl":"1000"</c>).
/// </summary>
internal ref struct MemberWriter(IBufferWriter<byte> output, bool isTyped, bool leavesNullsOut = false)
{
    private readonly bool _isTyped = isTyped;
    private readonly bool _leavesNullsOut = leavesNullsOut;
    private VerbWriter _writer = new(output);
    private bool _hasMember;

    public void Begin() => _writer.Byte((byte)'{');

    public void End()
    {
        _writer.Byte((byte)'}');
        _writer.Flush();
    }

    public void Flush() => _writer.Flush();

    public void Text(scoped ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
        {
            Name(name);
            JsonText.String(ref _writer, value);
        }
    }

    public void Number(scoped ReadOnlySpan<byte> name, long? value)
    {
        if (value is { } number)
        {
            Name(name);
            Quote();
            _writer.Number(number);
            Quote();
        }
    }

    public void Flag(scoped ReadOnlySpan<byte> name, bool? value)
    {
        if (value is { } flag)
        {
            Name(name);
            Quote();
            _writer.Flag(flag);
            Quote();
        }
    }

    public void Time(scoped ReadOnlySpan<byte> name, DateTimeOffset? value)
    {
        if (value is { } time)
        {
            Name(name);
            _writer.Byte((byte)'"');
            _writer.Time(time, hasSpace: true);
            _writer.Byte((byte)'"');
        }
    }

    /// <summary>An object in the typed spelling, the JSON text of that object among strings.</summary>
    public void PubKeyHash(string? hash, string? algorithm)
    {
        if (hash is null)
        {
            Text("hashingAlgo"u8, algorithm);
            return;
        }

        Name("pubKeyHash"u8);
        if (_isTyped)
        {
            _writer.Literal("{\"hash\":"u8);
            JsonText.String(ref _writer, hash);
            if (algorithm is not null)
            {
                _writer.Literal(",\"hashingAlgo\":"u8);
                JsonText.String(ref _writer, algorithm);
            }

            _writer.Byte((byte)'}');
            return;
        }

        _writer.Literal("\"{\\\"hash\\\":"u8);
        Nested(hash);
        if (algorithm is not null)
        {
            _writer.Literal(",\\\"hashingAlgo\\\":"u8);
            Nested(algorithm);
        }

        _writer.Literal("}\""u8);
    }

    /// <summary>The object itself in the typed spelling when the base64 holds one, the base64 among strings.</summary>
    public void AppMetadata(string? base64)
    {
        if (base64 is null)
        {
            return;
        }

        if (!_isTyped || !TryDecodeObject(base64, out var json))
        {
            Text("appMetadata"u8, base64);
            return;
        }

        Name("appMetadata"u8);
        Json(json);
    }

    public void Unknown(UnknownMember member)
    {
        if (_hasMember)
        {
            _writer.Byte((byte)',');
        }

        _hasMember = true;
        JsonText.String(ref _writer, member.Name);
        _writer.Byte((byte)':');
        Json(Encoding.UTF8.GetBytes(member.RawJson));
    }

    public void TextOrNull(scoped ReadOnlySpan<byte> name, string? value)
    {
        if (value is null)
        {
            Null(name);
        }

        Text(name, value);
    }

    public void NumberOrNull(scoped ReadOnlySpan<byte> name, long? value)
    {
        if (value is null)
        {
            Null(name);
        }

        Number(name, value);
    }

    /// <summary>A value that is JSON text already.</summary>
    public void Raw(scoped ReadOnlySpan<byte> name, string? json)
    {
        if (json is not null)
        {
            Name(name);
            Json(Encoding.UTF8.GetBytes(json));
        }
    }

    public void List(scoped ReadOnlySpan<byte> name, EquatableList<string>? items)
    {
        if (items is null)
        {
            return;
        }

        Name(name);
        _writer.Byte((byte)'[');
        for (var i = 0; i < items.Count; i++)
        {
            _writer.Literal(i == 0 ? ""u8 : ","u8);
            JsonText.String(ref _writer, items[i]);
        }

        _writer.Byte((byte)']');
    }

    public void Map(scoped ReadOnlySpan<byte> name, EquatableList<KeyValuePair<string, string>>? items)
    {
        if (items is null)
        {
            return;
        }

        Name(name);
        _writer.Byte((byte)'{');
        for (var i = 0; i < items.Count; i++)
        {
            _writer.Literal(i == 0 ? ""u8 : ","u8);
            JsonText.String(ref _writer, items[i].Key);
            _writer.Byte((byte)':');
            JsonText.String(ref _writer, items[i].Value);
        }

        _writer.Byte((byte)'}');
    }

    /// <summary>JSON null where the member must be present (monitor lines).</summary>
    public void Null(scoped ReadOnlySpan<byte> name)
    {
        if (_leavesNullsOut)
        {
            return;
        }

        Name(name);
        _writer.Literal("null"u8);
    }

    /// <summary>The base64 text of a JSON object with its line breaks taken out, or false for anything else.</summary>
    public static bool TryDecodeObject(string base64, out byte[] json)
    {
        json = new byte[Base64.GetMaxDecodedFromUtf8Length(base64.Length) + 3];
        if (!Convert.TryFromBase64String(base64, json, out var written))
        {
            return false;
        }

        json = json[..written];
        try
        {
            var reader = new Utf8JsonReader(json);
            return reader.Read() && reader.TokenType == JsonTokenType.StartObject && reader.TrySkip() && !reader.Read() && System.Text.Unicode.Utf8.IsValid(json);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private void Name(scoped ReadOnlySpan<byte> name)
    {
        _writer.Literal(_hasMember ? ",\""u8 : "\""u8);
        _hasMember = true;
        _writer.Literal(name);
        _writer.Literal("\":"u8);
    }

    private void Quote()
    {
        if (!_isTyped)
        {
            _writer.Byte((byte)'"');
        }
    }

    /// <summary>A JSON string inside a JSON string.</summary>
    private void Nested(string text)
    {
        _writer.Literal("\\\""u8);
        if (JsonText.IsPlain(text))
        {
            _writer.Raw(text);
        }
        else
        {
            var inner = new ArrayBufferWriter<byte>();
            JsonText.WriteString(text, inner);
            JsonText.Inside(ref _writer, inner.WrittenSpan[1..^1]);
        }

        _writer.Literal("\\\""u8);
    }

    /// <summary>Line breaks between JSON tokens are white space there but would end the line of the protocol.</summary>
    private void Json(scoped ReadOnlySpan<byte> json)
    {
        while (json.IndexOfAny((byte)'\n', (byte)'\r') is >= 0 and var at)
        {
            _writer.Literal(json[..at]);
            json = json[(at + 1)..];
        }

        _writer.Literal(json);
    }
}
