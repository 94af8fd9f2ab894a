using System.CommandLine;
using AtSync.App.Administration;
using AtSync.App.CommandLine;
using AtSync.App.Drawing;
using AtSync.Server.Administration;

namespace AtSync.App.Commands;

/// <summary><c>atsync backup</c>: everything in a data folder, while it is in use.</summary>
internal static class BackupCommand
{
    public static Command Build()
    {
        var data = DataOption.Make();
        var folder = new Argument<string>("folder") { Description = "A new folder; readable by its owner only.", HelpName = "FOLDER" };
        return new Command("backup", "Copy everything that a server keeps to a new folder, while it runs or while it does not.") { folder, data }.With(
            async (arguments, output, cancellationToken) =>
            {
                var path = Path.GetFullPath(arguments.GetRequiredValue(folder));
                if (DataBackup.IsOfDirectoryAlone(arguments.GetRequiredValue(data)))
                {
                    var addresses = await DataBackup.OfDirectoryAsync(arguments.GetRequiredValue(data), path, cancellationToken);
                    Tell(output, path, addresses.Files, addresses.Bytes);
                    return ExitCode.Done;
                }

                var answer = await ProgressView.RunAsync(output, "backup", progress => AdminCall.RunAsync(
                    arguments.GetRequiredValue(data),
                    new AdminRequest(AdminCommand.BackUp, Path: path),
                    static _ => { },
                    (done, total) => progress(done, total, $"{Sizes.Text(done)} of {Sizes.Text(total)}"),
                    cancellationToken));
                Tell(output, path, answer.GetProperty("files"u8).GetInt32(), answer.GetProperty("bytes"u8).GetInt64());
                return ExitCode.Done;
            });
    }

    private static void Tell(Output output, string path, int files, long bytes) => output.Result(
        writer =>
        {
            writer.WriteString("backup"u8, path);
            writer.WriteNumber("files"u8, files);
            writer.WriteNumber("bytes"u8, bytes);
        },
        $"Backed up to '{path}': {files} files, {Sizes.Text(bytes)}.");
}
