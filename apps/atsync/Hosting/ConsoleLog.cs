using System.Globalization;
using Microsoft.Extensions.Logging;

namespace AtSync.App.Hosting;

/// <summary>Log lines on stderr: time, level, category, message. stdout stays for results.</summary>
internal sealed class ConsoleLog(LogLevel minimum, TimeProvider timeProvider) : ILoggerFactory
{
    private readonly Lock _gate = new();

    public ILogger CreateLogger(string categoryName) => new Category(this, categoryName);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("Log lines go to stderr only.");

    public void Dispose()
    {
        // stderr is the process's.
    }

    private void Write(LogLevel level, string category, string message, Exception? failure)
    {
        var time = timeProvider.GetUtcNow().ToString("yyyy-MM-dd HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        lock (_gate)
        {
            Console.Error.WriteLine($"{time} {level} {category}: {message}");
            if (failure is not null)
            {
                Console.Error.WriteLine(failure);
            }
        }
    }

    private sealed class Category(ConsoleLog log, string name) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= log.Minimum && logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                log.Write(logLevel, name, formatter(state, exception), exception);
            }
        }
    }

    private LogLevel Minimum { get; } = minimum;
}
