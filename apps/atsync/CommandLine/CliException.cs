namespace AtSync.App.CommandLine;

/// <summary>A failure that the command line itself found; the message says what to do.</summary>
internal sealed class CliException(ExitCode exit, string message, Exception? inner = null) : Exception(message, inner)
{
    public ExitCode Exit { get; } = exit;

    public static CliException Usage(string message) => new(ExitCode.Usage, message);
}
