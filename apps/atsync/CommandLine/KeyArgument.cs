using System.CommandLine;

namespace AtSync.App.CommandLine;

/// <summary>Keys on the command line; what a valid key is, the client knows.</summary>
internal static class KeyArgument
{
    public static Argument<string> Required() => new("key")
    {
        Description = "name.namespace (only for yourself), public:name.namespace, or @bob:name.namespace.",
        HelpName = "KEY",
    };
}
