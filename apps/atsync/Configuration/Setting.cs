using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace AtSync.App.Configuration;

/// <summary>One key of a configuration: where it stands, what it means, what it takes, and how it reaches the settings.</summary>
/// <param name="Path">Its section and name, such as <c>listen.port</c>; a name alone for those beside the sections.</param>
/// <param name="Description">One line for people.</param>
/// <param name="IsHot">A running program takes a changed value; else it needs a restart.</param>
internal abstract record Setting<TSettings>(string Path, string Description, bool IsHot)
{
    private static readonly JsonWriterOptions _relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public const string VariablePrefix = "ATSYNC__";

    public string Section => Path.Contains('.', StringComparison.Ordinal) ? Path[..Path.IndexOf('.', StringComparison.Ordinal)] : "";

    public string Name => Path[(Path.IndexOf('.', StringComparison.Ordinal) + 1)..];

    /// <summary>The environment variable that goes before the file.</summary>
    public string Variable => VariablePrefix + Path.Replace(".", "__", StringComparison.Ordinal).ToUpperInvariant();

    public abstract string Allowed { get; }

    /// <exception cref="FormatException">The value is not allowed.</exception>
    public abstract TSettings Read(TSettings settings, JsonElement value);

    /// <exception cref="FormatException">The text is not allowed.</exception>
    public abstract TSettings Parse(TSettings settings, string text);

    /// <summary><paramref name="to"/> with this key's value of <paramref name="from"/>.</summary>
    public abstract TSettings Copy(TSettings from, TSettings to);

    public abstract void Write(Utf8JsonWriter writer, TSettings settings);

    /// <summary>The value as it would stand in the file: equal values are equal texts.</summary>
    public string Text(TSettings settings)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, _relaxed))
        {
            Write(writer, settings);
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }
}

/// <summary>A key with a kind.</summary>
internal sealed record Setting<TSettings, T>(
    string Path, string Description, SettingKind<T> Kind, Func<TSettings, T> Get, Func<TSettings, T, TSettings> Set, bool IsHot)
    : Setting<TSettings>(Path, Description, IsHot)
{
    public override string Allowed => Kind.Allowed;

    public override TSettings Read(TSettings settings, JsonElement value) => Set(settings, Kind.Read(value));

    public override TSettings Parse(TSettings settings, string text) => Set(settings, Kind.Parse(text));

    public override TSettings Copy(TSettings from, TSettings to) => Set(to, Get(from));

    public override void Write(Utf8JsonWriter writer, TSettings settings) => Kind.Write(writer, Get(settings));
}
