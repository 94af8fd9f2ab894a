using System.CommandLine;
using AtSync.App.Bulk;
using AtSync.App.CommandLine;
using AtSync.App.Drawing;

namespace AtSync.App.Commands;

/// <summary><c>atsync export</c>: the data of the local secondary as lines; equal stores give equal files.</summary>
internal static class ExportCommand
{
    public static Command Build()
    {
        var at = new ClientArguments();
        var file = new Argument<string>("file") { Description = "Where the lines go; - writes to stdout.", HelpName = "FILE.jsonl" };
        var command = new Command("export", "Write own data, opened, as lines that 'import' reads.");
        at.AddTo(command);
        command.Arguments.Add(file);
        return command.With(async (arguments, output, cancellationToken) =>
        {
            var path = arguments.GetRequiredValue(file);
            await using var client = await at.OpenAsync(arguments, output, needsKeys: true, isLive: false, cancellationToken);
            if (path == "-")
            {
                using var stdout = Console.OpenStandardOutput();
                await Exporter.WriteAsync(client, stdout, null, cancellationToken);
                return ExitCode.Done;
            }

            var count = await ProgressView.RunAsync(output, "export", async progress =>
            {
                var written = 0L;
                await NewFile.WriteAsync(
                    path,
                    async stream => written = await Exporter.WriteAsync(client, stream, (done, total) => progress(done, total, $"{done:N0} records"), cancellationToken));
                return written;
            });
            output.Result(
                writer =>
                {
                    writer.WriteNumber("exported"u8, count);
                    writer.WriteString("file"u8, path);
                },
                $"{count:N0} records in {path}");
            return ExitCode.Done;
        });
    }
}
