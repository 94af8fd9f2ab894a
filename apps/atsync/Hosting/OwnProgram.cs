using System.Diagnostics;

namespace AtSync.App.Hosting;

/// <summary>How this program starts itself again: as native executable, as apphost, or as a dll under the <c>dotnet</c> host.</summary>
internal static class OwnProgram
{
    private const string Name = "atsync";

    /// <summary>A command line of this program, not started yet.</summary>
    public static ProcessStartInfo Command(IEnumerable<string> arguments)
    {
        var running = Environment.ProcessPath ?? throw new InvalidOperationException("The system does not say which program this is.");
        var library = Path.Combine(AppContext.BaseDirectory, Name + ".dll");
        var isItself = Path.GetFileNameWithoutExtension(running) == Name;
        // Under "dotnet atsync.dll", "dotnet run" of another project and test hosts, the running program is not this one.
        if (!isItself && !File.Exists(library))
        {
            throw new FileNotFoundException($"'{library}' is missing: the program can't start itself.", library);
        }

        return isItself ? new ProcessStartInfo(running, arguments) : new ProcessStartInfo(DotnetHost(running), [library, .. arguments]);
    }

    private static string DotnetHost(string running)
    {
        if (Path.GetFileNameWithoutExtension(running) == "dotnet")
        {
            return running;
        }

        // <root>/shared/Microsoft.NETCore.App/<version>/ is where the runtime was loaded from.
        var root = Path.GetFullPath(Path.Combine(System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        var host = Path.Combine(root, OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet");
        return File.Exists(host) ? host : "dotnet";
    }
}
