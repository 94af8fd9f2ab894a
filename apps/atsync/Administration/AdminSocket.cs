using AtSync.App.Hosting;
using AtSync.Server.Administration;
using AtSync.Transport;
using Microsoft.Extensions.Logging;

namespace AtSync.App.Administration;

/// <summary>Lets a running server be administered through <c>admin.sock</c> in its data folder, by its owner only.</summary>
internal static class AdminSocket
{
    /// <summary>Listens as long as the program runs. Where that is not possible the program runs without, and says so.</summary>
    public static void Start(ServerProgram program, DataFolder folder, ILoggerFactory loggerFactory)
    {
        var log = loggerFactory.CreateLogger("AtSync.Administration");
        var administration = new Server.Administration.Administration(new AdministrationOptions
        {
            Host = program.Server,
            Hosting = new ServerHosting(program),
            BackUpOthersAsync = (target, stop) => DataBackup.CopyOthersAsync(folder.Path, target, stop),
        });
        try
        {
            program.Add(LocalSocketListener.Start(
                folder.AdminSocket,
                (stream, stop) => AdminSession.ServeAsync(stream, administration, stop),
                fault => HostingLog.AdministrationFailed(log, fault)));
        }
        catch (NetworkException failure)
        {
            HostingLog.NotAdministered(log, failure.Message);
        }
    }
}
