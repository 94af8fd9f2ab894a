using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace AtSync.App.Configuration;

/// <summary>A kind of value: how it stands in the file, in an environment variable, and what is allowed.</summary>
/// <param name="allowed">What is allowed, in words: the end of "… must be".</param>
/// <param name="fromText">From a text: a variable's, or that of a JSON string.</param>
/// <param name="write">As JSON.</param>
/// <exception cref="FormatException">From <paramref name="fromText"/>: the text is not allowed.</exception>
internal class SettingKind<T>(string allowed, Func<string, T> fromText, Action<Utf8JsonWriter, T> write)
{
    public string Allowed => allowed;

    /// <summary>The JSON kind that is taken from the file.</summary>
    protected virtual bool Takes(JsonValueKind kind) => kind == JsonValueKind.String;

    /// <exception cref="FormatException">Not allowed.</exception>
    public virtual T Read(JsonElement value) => Takes(value.ValueKind) ? Parse(TextOf(value)) : throw new FormatException(value.GetRawText());

    /// <exception cref="FormatException">Not allowed.</exception>
    public virtual T Parse(string text) => fromText(text);

    public void Write(Utf8JsonWriter writer, T value) => write(writer, value);

    private static string TextOf(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
}

/// <summary>The kinds there are.</summary>
internal static class SettingKind
{
    public static SettingKind<string> Text(string allowed = "a text") =>
        new(allowed, text => text, (writer, value) => writer.WriteStringValue(value));

    public static SettingKind<bool> Flag { get; } = new Bare<bool>(
        "true or false",
        [JsonValueKind.True, JsonValueKind.False],
        text => bool.TryParse(text, out var value) ? value : throw new FormatException(text),
        (writer, value) => writer.WriteBooleanValue(value));

    public static SettingKind<long> Number(long min, long max, string unit) => new Bare<long>(
        $"a whole number from {min} to {max}{unit}",
        [JsonValueKind.Number],
        text => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max
            ? value
            : throw new FormatException(text),
        (writer, value) => writer.WriteNumberValue(value));

    public static SettingKind<TimeSpan> Duration(TimeSpan min, TimeSpan max) => new(
        $"a time with its unit (ms, s, m, h or d) from {SettingDuration.Format(min)} to {SettingDuration.Format(max)}, such as \"30s\"",
        text => SettingDuration.TryParse(text, out var value) && value >= min && value <= max ? value : throw new FormatException(text),
        (writer, value) => writer.WriteStringValue(SettingDuration.Format(value)));

    public static SettingKind<T> Choice<T>(params (string Name, T Value)[] choices)
        where T : struct, Enum => new(
        "one of " + string.Join(", ", choices.Select(choice => $"\"{choice.Name}\"")),
        text => choices.Where(choice => choice.Name.Equals(text, StringComparison.OrdinalIgnoreCase)).Select(choice => (T?)choice.Value).FirstOrDefault()
            ?? throw new FormatException(text),
        (writer, value) => writer.WriteStringValue(choices.First(choice => EqualityComparer<T>.Default.Equals(choice.Value, value)).Name));

    public static SettingKind<LogLevel> Level { get; } = Choice(
        ("trace", LogLevel.Trace), ("debug", LogLevel.Debug), ("information", LogLevel.Information), ("warning", LogLevel.Warning),
        ("error", LogLevel.Error), ("critical", LogLevel.Critical), ("none", LogLevel.None));

    /// <summary>A list of texts; a variable holds it as JSON, or with commas between them.</summary>
    public static SettingKind<IReadOnlyList<string>> Texts(string allowed) => new ListOf<string>(
        $"a list of {allowed}, such as [\"…\"]; in a variable also with commas in between",
        item => item.ValueKind == JsonValueKind.String ? item.GetString()! : throw new FormatException(item.GetRawText()),
        text => [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)],
        (writer, item) => writer.WriteStringValue(item));

    /// <summary>A list of objects; a variable holds it as JSON.</summary>
    public static SettingKind<IReadOnlyList<T>> Objects<T>(string allowed, Func<JsonElement, T> read, Action<Utf8JsonWriter, T> write) =>
        new ListOf<T>(allowed, read, text => throw new FormatException(text), write);

    /// <summary>A value that stands in the file without quotation marks.</summary>
    private sealed class Bare<T>(string allowed, JsonValueKind[] kinds, Func<string, T> fromText, Action<Utf8JsonWriter, T> write)
        : SettingKind<T>(allowed, fromText, write)
    {
        protected override bool Takes(JsonValueKind kind) => kinds.Contains(kind);
    }

    private sealed class ListOf<T>(string allowed, Func<JsonElement, T> readItem, Func<string, IReadOnlyList<T>> fromText, Action<Utf8JsonWriter, T> writeItem)
        : SettingKind<IReadOnlyList<T>>(allowed, fromText, (writer, items) =>
        {
            writer.WriteStartArray();
            foreach (var item in items)
            {
                writeItem(writer, item);
            }

            writer.WriteEndArray();
        })
    {
        public override IReadOnlyList<T> Read(JsonElement value) => value.ValueKind == JsonValueKind.Array
            ? [.. value.EnumerateArray().Select(readItem)]
            : throw new FormatException(value.GetRawText());

        public override IReadOnlyList<T> Parse(string text)
        {
            if (!text.TrimStart().StartsWith('['))
            {
                return base.Parse(text);
            }

            try
            {
                using var document = JsonDocument.Parse(text);
                return Read(document.RootElement);
            }
            catch (JsonException failure)
            {
                throw new FormatException(text, failure);
            }
        }
    }
}
