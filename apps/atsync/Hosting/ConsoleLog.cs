using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using AtSync.App.CommandLine;
using AtSync.App.Configuration;
using Microsoft.Extensions.Logging;

namespace AtSync.App.Hosting;

/// <summary>
/// Log lines on stderr, one per event: for people (time, level, category, message) or for machines (a JSON object). stdout stays for results.
/// Level and format may be changed while others write.
/// </summary>
/// <example><c>{"time":"2026-01-01T00:00:00.000Z","level":"warning","category":"AtSync.Server","event":4004,"message":"…","AtSign":"@alice","Max":10}</c></example>
internal sealed class ConsoleLog(LogSettings settings, TimeProvider timeProvider, TextWriter target) : ILoggerFactory
{
    private readonly Lock _gate = new();
    private volatile LogSettings _settings = settings;

    public ConsoleLog(LogLevel minimum, TimeProvider timeProvider)
        : this(new LogSettings { Level = minimum }, timeProvider, Console.Error)
    {
    }

    /// <summary>Other settings, from the next event on.</summary>
    public void Use(LogSettings settings) => _settings = settings;

    public ILogger CreateLogger(string categoryName) => new Category(this, categoryName);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("Log lines go to stderr only.");

    public void Dispose()
    {
        // stderr is the process's.
    }

    private void Write<TState>(LogLevel level, string category, EventId id, TState state, string message, Exception? failure)
    {
        var line = _settings.Format == LogFormat.Json ? Json(level, category, id, state, message, failure) : Text(level, category, message, failure);
        lock (_gate)
        {
            target.WriteLine(line);
        }
    }

    private string Text(LogLevel level, string category, string message, Exception? failure) =>
        OneLine($"{Time("yyyy-MM-dd HH:mm:ss.fff'Z'")} {level} {category}: {message}{(failure is null ? "" : $" | {failure}")}");

    private string Json<TState>(LogLevel level, string category, EventId id, TState state, string message, Exception? failure)
    {
        var line = new ArrayBufferWriter<byte>();
        Output.FormatLine(line, writer =>
        {
            writer.WriteString("time"u8, Time("yyyy-MM-dd'T'HH:mm:ss.fff'Z'"));
            writer.WriteString("level"u8, level.ToString().ToLowerInvariant());
            writer.WriteString("category"u8, category);
            writer.WriteNumber("event"u8, id.Id);
            writer.WriteString("message"u8, message);
            foreach (var (name, value) in state as IReadOnlyList<KeyValuePair<string, object?>> ?? [])
            {
                // The template and what it names are a member each; the names above are taken.
                if (name is not ("{OriginalFormat}" or "time" or "level" or "category" or "event" or "message" or "exception"))
                {
                    WriteValue(writer, name, value);
                }
            }

            if (failure is not null)
            {
                writer.WriteString("exception"u8, failure.ToString());
            }
        });
        return Encoding.UTF8.GetString(line.WrittenSpan).TrimEnd('\n');
    }

    private static void WriteValue(Utf8JsonWriter writer, string name, object? value)
    {
        switch (value)
        {
            case null:
                writer.WriteNull(name);
                break;
            case bool flag:
                writer.WriteBoolean(name, flag);
                break;
            case int or long:
                writer.WriteNumber(name, Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            default:
                writer.WriteString(name, Convert.ToString(value, CultureInfo.InvariantCulture));
                break;
        }
    }

    private string Time(string format) => timeProvider.GetUtcNow().ToString(format, CultureInfo.InvariantCulture);

    /// <summary>What peers chose must not look like another event, nor reach a terminal as a command.</summary>
    private static string OneLine(string text) =>
        text.Any(char.IsControl) ? string.Concat(text.ReplaceLineEndings(" ").Select(character => char.IsControl(character) ? '?' : character)) : text;

    private sealed class Category(ConsoleLog log, string name) : ILogger
    {
        // What the framework tells below a warning is for its own developers; it comes with "trace".
        private readonly bool _isForeign = name.StartsWith("Microsoft.", StringComparison.Ordinal);

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel)
        {
            var least = log._settings.Level;
            return logLevel != LogLevel.None && logLevel >= least && (!_isForeign || logLevel >= LogLevel.Warning || least == LogLevel.Trace);
        }

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                log.Write(logLevel, name, eventId, state, formatter(state, exception), exception);
            }
        }
    }
}
