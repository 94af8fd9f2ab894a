using System.Collections;
using System.Text;
using System.Text.Json;
using AtSync.App.CommandLine;

namespace AtSync.App.Configuration;

/// <summary>
/// Every key of one configuration file. Reading is strict: a key that is not in the table, a wrong kind or a value out of range is told by its
/// name with what is allowed, and all that is wrong is told at once. Environment variables go before the file.
/// </summary>
internal sealed class SettingTable<TSettings>(TSettings defaults, Func<TSettings, IEnumerable<string>> check, IReadOnlyList<Setting<TSettings>> keys)
{
    private const int FileBytesMax = 1_048_576;

    private static readonly JsonDocumentOptions _lenient = new()
    {
        CommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        AllowDuplicateProperties = false,
    };

    public IReadOnlyList<Setting<TSettings>> Keys => keys;

    public TSettings Defaults => defaults;

    /// <summary>The file, then the environment, checked.</summary>
    /// <exception cref="CliException">Something is wrong; every finding is a line of the message.</exception>
    public TSettings Load(string file, IDictionary environment)
    {
        var settings = LoadUnchecked(file, environment);
        return Unless(check(settings).ToList(), file, settings);
    }

    /// <summary>As <see cref="Load"/>, but how the values go together is not looked at; without a file the environment over the defaults.</summary>
    /// <exception cref="CliException">A key or value is wrong.</exception>
    public TSettings LoadUnchecked(string? file, IDictionary environment)
    {
        var problems = new List<string>();
        var settings = file is null ? defaults : ReadFile(file, problems);
        settings = ReadEnvironment(settings, environment, problems);
        return Unless(problems, file, settings);
    }

    /// <summary>Reads a file's text; what is wrong is added to <paramref name="problems"/>.</summary>
    public TSettings Read(ReadOnlyMemory<byte> utf8, List<string> problems)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(utf8, _lenient);
        }
        catch (JsonException failure)
        {
            problems.Add($"it is no JSON document: {failure.Message}");
            return defaults;
        }

        using (document)
        {
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                problems.Add("it must be a JSON object");
                return defaults;
            }

            var settings = defaults;
            foreach (var member in document.RootElement.EnumerateObject())
            {
                settings = IsSection(member.Name)
                    ? ReadSection(settings, member, problems)
                    : ReadKey(settings, "", member, problems);
            }

            return settings;
        }
    }

    /// <summary>The settings as a file for people: each key with its meaning as a comment, as the file may have them.</summary>
    public string Document(TSettings settings)
    {
        var text = new StringBuilder("{\n");
        var section = "";
        foreach (var key in keys)
        {
            if (key.Section != section)
            {
                text.Append(section.Length > 0 ? "  },\n" : "").Append(key.Section.Length > 0 ? $"\n  \"{key.Section}\": {{\n" : "\n");
                section = key.Section;
            }

            var indent = section.Length > 0 ? "    " : "  ";
            text.Append(indent).Append("// ").Append(key.Description).Append(key.IsHot ? " [while running]" : "").Append('\n');
            text.Append(indent).Append('"').Append(key.Name).Append("\": ").Append(key.Text(settings)).Append(",\n");
        }

        return text.Append(section.Length > 0 ? "  },\n" : "").Append("}\n").ToString();
    }

    /// <summary>The settings as one JSON object.</summary>
    public void Write(Utf8JsonWriter writer, TSettings settings)
    {
        foreach (var section in keys.GroupBy(key => key.Section))
        {
            if (section.Key.Length > 0)
            {
                writer.WriteStartObject(section.Key);
            }

            foreach (var key in section)
            {
                writer.WritePropertyName(key.Name);
                key.Write(writer, settings);
            }

            if (section.Key.Length > 0)
            {
                writer.WriteEndObject();
            }
        }
    }

    /// <summary>Paths of keys whose values differ.</summary>
    public IEnumerable<Setting<TSettings>> Changed(TSettings before, TSettings after) => keys.Where(key => key.Text(before) != key.Text(after));

    private static TSettings Unless(List<string> problems, string? file, TSettings settings) => problems.Count == 0
        ? settings
        : throw CliException.Usage($"The configuration{(file is null ? "" : $" '{file}'")} can't be used:" + string.Concat(problems.Select(problem => $"\n  {problem}")));

    private TSettings ReadFile(string file, List<string> problems)
    {
        byte[] bytes;
        try
        {
            if (new FileInfo(file) is { Exists: true, Length: > FileBytesMax })
            {
                problems.Add($"it is larger than {FileBytesMax} bytes");
                return defaults;
            }

            bytes = File.ReadAllBytes(file);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            problems.Add(failure.Message);
            return defaults;
        }

        var text = bytes.AsMemory();
        return Read(text.Span.StartsWith(Encoding.UTF8.Preamble) ? text[Encoding.UTF8.Preamble.Length..] : text, problems);
    }

    private TSettings ReadEnvironment(TSettings settings, IDictionary environment, List<string> problems)
    {
        foreach (var (name, value) in environment.Cast<DictionaryEntry>().Select(entry => ((string)entry.Key, entry.Value as string ?? "")).Order())
        {
            if (!name.StartsWith(Setting<TSettings>.VariablePrefix, StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            if (keys.FirstOrDefault(key => key.Variable.Equals(name, StringComparison.OrdinalIgnoreCase)) is not { } known)
            {
                problems.Add($"the environment variable {name} is no key. There are: {Variables(name)}");
                continue;
            }

            try
            {
                settings = known.Parse(settings, value);
            }
            catch (FormatException)
            {
                problems.Add($"the environment variable {name} must be {known.Allowed}, not '{value}'");
            }
        }

        return settings;
    }

    private bool IsSection(string name) => name.Length > 0 && keys.Any(key => key.Section == name);

    private TSettings ReadSection(TSettings settings, JsonProperty section, List<string> problems)
    {
        if (section.Value.ValueKind != JsonValueKind.Object)
        {
            problems.Add($"'{section.Name}' must be an object with the keys {Names(section.Name)}");
            return settings;
        }

        foreach (var member in section.Value.EnumerateObject())
        {
            settings = ReadKey(settings, section.Name, member, problems);
        }

        return settings;
    }

    private TSettings ReadKey(TSettings settings, string section, JsonProperty member, List<string> problems)
    {
        var path = section.Length > 0 ? $"{section}.{member.Name}" : member.Name;
        if (keys.FirstOrDefault(key => key.Path == path) is not { } known)
        {
            problems.Add($"'{path}' is no key. {(section.Length > 0 ? $"In '{section}' there are" : "There are")}: {Names(section)}");
            return settings;
        }

        try
        {
            return known.Read(settings, member.Value);
        }
        catch (FormatException)
        {
            problems.Add($"'{path}' must be {known.Allowed}, not {member.Value.GetRawText()}");
            return settings;
        }
    }

    /// <summary>Those of the section that was meant; else one pattern per section.</summary>
    private string Variables(string wrong)
    {
        var end = wrong.IndexOf("__", Setting<TSettings>.VariablePrefix.Length, StringComparison.Ordinal);
        var meant = end > 0 ? keys.Where(key => key.Section.Length > 0 && key.Variable.StartsWith(wrong[..(end + 2)], StringComparison.OrdinalIgnoreCase)).ToList() : [];
        return string.Join(", ", meant.Count > 0
            ? meant.Select(key => key.Variable)
            : keys.Select(key => key.Section.Length > 0 ? $"{Setting<TSettings>.VariablePrefix}{key.Section.ToUpperInvariant()}__…" : key.Variable).Distinct());
    }

    private string Names(string section) => string.Join(", ", section.Length > 0
        ? keys.Where(key => key.Section == section).Select(key => key.Name)
        : keys.Select(key => key.Section.Length > 0 ? key.Section : key.Name).Distinct());
}
