using System.Text;

namespace AtSync.App.Conformance.Format;

/// <summary>Reads the JSON patterns of transcripts, once, strictly: what it does not know is a fault of the transcript.</summary>
/// <param name="text">As it stands in the file.</param>
internal sealed class JsonPatternReader(string text)
{
    private int _at;

    public JsonPatternNode ReadWhole()
    {
        var node = Read();
        return _at == text.Length ? node : throw Wrong("more behind the document");
    }

    private JsonPatternNode Read()
    {
        switch (Peek())
        {
            case '{':
                return ReadMembers();
            case '[':
                return ReadItems();
            case '"':
                return new JsonPatternNode.Text(ReadString());
            case '~':
                _at++;
                return new JsonPatternNode.Spelled(Read());
            case '<':
                var end = text.IndexOf('>', _at);
                var part = end < 0 ? default : WireText.Parts(text[_at..(end + 1)]).Single();
                _at = end + 1;
                return part.Name is { } name ? new JsonPatternNode.Named(name, part.Kind) : throw Wrong("a < that begins no name");
            default:
                var from = _at;
                while (_at < text.Length && text[_at] is not (',' or '}' or ']'))
                {
                    _at++;
                }

                return _at > from ? new JsonPatternNode.Plain(text[from.._at]) : throw Wrong("a value is missing");
        }
    }

    private JsonPatternNode.Members ReadMembers()
    {
        var members = new List<(string, bool, JsonPatternNode)>();
        var hasMore = ReadList('}', () =>
        {
            var name = ReadString();
            var isOptional = TryTake('?');
            Take(':');
            members.Add((name, isOptional, Read()));
        });
        return new JsonPatternNode.Members(members, hasMore);
    }

    private JsonPatternNode.Items ReadItems()
    {
        var items = new List<JsonPatternNode>();
        var hasMore = ReadList(']', () => items.Add(Read()));
        return new JsonPatternNode.Items(items, hasMore);
    }

    /// <summary>What stands between brackets; true when it ends with <c>...</c>.</summary>
    private bool ReadList(char end, Action readOne)
    {
        _at++;
        if (TryTake(end))
        {
            return false;
        }

        while (true)
        {
            if (text.AsSpan(_at).StartsWith("..."))
            {
                _at += 3;
                Take(end);
                return true;
            }

            readOne();
            if (TryTake(end))
            {
                return false;
            }

            Take(',');
        }
    }

    /// <summary>The text between quotes, in the escapes of a transcript: JSON's own backslash is written twice, as everywhere in the file.</summary>
    private string ReadString()
    {
        Take('"');
        var content = new StringBuilder();
        while (Peek() != '"')
        {
            // \\" is a quote, \\\\ a backslash of the JSON string.
            if (text.AsSpan(_at).StartsWith("\\\\\""))
            {
                content.Append('"');
                _at += 3;
            }
            else if (text.AsSpan(_at).StartsWith("\\\\\\\\"))
            {
                content.Append("\\\\");
                _at += 4;
            }
            else
            {
                content.Append(text[_at++]);
            }
        }

        _at++;
        return content.ToString();
    }

    private char Peek() => _at < text.Length ? text[_at] : throw Wrong("the document does not end");

    private bool TryTake(char c)
    {
        var isThere = _at < text.Length && text[_at] == c;
        _at += isThere ? 1 : 0;
        return isThere;
    }

    private void Take(char c)
    {
        if (!TryTake(c))
        {
            throw Wrong($"'{c}' is missing");
        }
    }

    private FormatException Wrong(string problem) => new($"JSON pattern, character {_at + 1}: {problem}: {text}");
}
