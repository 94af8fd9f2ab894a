using System.CommandLine;

namespace AtSync.App.Commands;

/// <summary>Which server a command is about.</summary>
internal static class DataOption
{
    public static Option<string> Make() => new("--data") { Description = "The server's data folder.", HelpName = "DIR", Required = true };
}
