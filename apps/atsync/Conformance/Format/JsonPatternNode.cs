using System.Text.Json;

namespace AtSync.App.Conformance.Format;

/// <summary>What a JSON value has to be. A closed family.</summary>
internal abstract record JsonPatternNode
{
    private JsonPatternNode()
    {
    }

    /// <summary>Whether the value is that; names it settles are added to <paramref name="found"/>.</summary>
    public abstract bool Matches(JsonElement value, KnownValues known, List<(string Name, string Value)> found);

    /// <summary>A number, <c>true</c>, <c>false</c> or <c>null</c>, as it is spelled.</summary>
    public sealed record Plain(string Spelling) : JsonPatternNode
    {
        public override bool Matches(JsonElement value, KnownValues known, List<(string Name, string Value)> found) =>
            value.ValueKind != JsonValueKind.String && value.GetRawText() == Spelling;
    }

    /// <summary>A string, with names in it or none.</summary>
    public sealed record Text(string Pattern) : JsonPatternNode
    {
        public override bool Matches(JsonElement value, KnownValues known, List<(string Name, string Value)> found)
        {
            if (value.ValueKind != JsonValueKind.String)
            {
                return false;
            }

            var settled = new KnownValues(known.Find);
            if (!TextPattern.Matches(Pattern, value.GetString()!, settled))
            {
                return false;
            }

            foreach (var name in WireText.Parts(Pattern).Select(part => part.Name).OfType<string>())
            {
                found.Add((name, settled.Find(name)!));
            }

            return true;
        }
    }

    /// <summary>Any value of a kind, or the one the name stands for already.</summary>
    public sealed record Named(string Name, string? Kind) : JsonPatternNode
    {
        public override bool Matches(JsonElement value, KnownValues known, List<(string Name, string Value)> found)
        {
            var text = value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
            if (known.Find(Name) is { } settled)
            {
                return text == settled;
            }

            var isOfKind = Kind switch
            {
                null or "any" => true,
                "string" => value.ValueKind == JsonValueKind.String,
                "object" => value.ValueKind == JsonValueKind.Object,
                "array" => value.ValueKind == JsonValueKind.Array,
                "bool" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
                "int" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
                _ => System.Text.RegularExpressions.Regex.IsMatch(text, $"^(?:{KnownValues.PatternOf(Kind)})\\z") && known.Holds(Kind, text),
            };
            if (isOfKind)
            {
                found.Add((Name, text));
            }

            return isOfKind;
        }
    }

    /// <summary>A string that holds JSON.</summary>
    public sealed record Spelled(JsonPatternNode Inner) : JsonPatternNode
    {
        public override bool Matches(JsonElement value, KnownValues known, List<(string Name, string Value)> found)
        {
            if (value.ValueKind != JsonValueKind.String)
            {
                return false;
            }

            try
            {
                using var document = JsonDocument.Parse(value.GetString()!);
                return Inner.Matches(document.RootElement, known, found);
            }
            catch (JsonException)
            {
                return false;
            }
        }
    }

    /// <summary>Items in their order.</summary>
    public sealed record Items(IReadOnlyList<JsonPatternNode> Each, bool HasMore) : JsonPatternNode
    {
        public override bool Matches(JsonElement value, KnownValues known, List<(string Name, string Value)> found)
        {
            if (value.ValueKind != JsonValueKind.Array)
            {
                return false;
            }

            var items = value.EnumerateArray().ToList();
            return (HasMore ? items.Count >= Each.Count : items.Count == Each.Count)
                && Each.Zip(items).All(pair => pair.First.Matches(pair.Second, known, found));
        }
    }

    /// <summary>Members in any order.</summary>
    public sealed record Members(IReadOnlyList<(string Name, bool IsOptional, JsonPatternNode Value)> Each, bool HasMore) : JsonPatternNode
    {
        public override bool Matches(JsonElement value, KnownValues known, List<(string Name, string Value)> found)
        {
            if (value.ValueKind != JsonValueKind.Object)
            {
                return false;
            }

            var left = value.EnumerateObject().ToDictionary(member => member.Name, member => member.Value);
            foreach (var (pattern, isOptional, expected) in Each)
            {
                var name = string.Concat(WireText.Parts(pattern).Select(part => part.Name is null ? part.Literal : known.Find(part.Name) ?? "\0"));
                if (left.Remove(name, out var member))
                {
                    if (!expected.Matches(member, known, found))
                    {
                        return false;
                    }
                }
                else if (!isOptional)
                {
                    return false;
                }
            }

            return HasMore || left.Count == 0;
        }
    }
}
